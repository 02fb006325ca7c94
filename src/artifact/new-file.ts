import { oneOf } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { entryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content } from "../ports.ts"
import { checkPolicy, commitAdditions, type Policy } from "./add.ts"
import { checkCall } from "./call.ts"
import { ArtifactFileWriter } from "./file-writer.ts"
import type { ArtifactState } from "./state.ts"

export interface NewFileOptions extends CallOptions {
  /** `"x"` refuses a name that is taken, `"w"` replaces it. Default `"x"`. */
  readonly mode?: "x" | "w" | undefined
  /** Accepted for symmetry with `addFile`; what is written through the stream cannot change under it either way. */
  readonly policy?: Policy | undefined
}

export function newFile(state: ArtifactState, name: string, options: NewFileOptions = {}): ArtifactFileWriter {
  const { mode = "x", signal } = checkCall(options, { mode: oneOf("x", "w"), policy: checkPolicy })
  const path = entryPath(name)
  const refuseTaken = () => {
    if (mode === "w" || state.requireChangeable("newFile").get(path) === undefined) return
    throw new InvalidArgumentError("name", `"${path}" is in the artifact already; pass mode: "w" to replace it`, { path })
  }
  refuseTaken()
  state.requireChangeable("newFile")
  const encoder = new TextEncoder()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const pipe = writable.getWriter()
  const source: Content = { stability: "once", name: path, stream: () => readable }
  const staged = state.platform.stage().take(source, { owner: state, keep: true, signal })
  // Whoever writes or closes hears of a failure; nobody may be listening here yet.
  staged.catch((reason) => pipe.abort(reason).catch(() => undefined))
  return new ArtifactFileWriter({
    async write(chunk) {
      try {
        await pipe.write(typeof chunk === "string" ? encoder.encode(chunk) : checkBytes(chunk))
      } catch (error) {
        // A stream whose write fails is over, and does not call abort.
        await pipe.abort(error)
        throw error
      }
    },
    async close() {
      await pipe.close()
      const result = await staged
      refuseTaken()
      commitAdditions(state, [{ path, source, staged: result }], { overwrite: true, skipCache: false })
    },
    async abort(reason) {
      await pipe.abort(reason)
      await staged.catch(() => undefined)
    },
  })
}

/** A file that `write` fills; when it fails, nothing of it stays. */
export async function writeFile(
  state: ArtifactState,
  name: string,
  write: (file: ArtifactFileWriter) => unknown,
  options: NewFileOptions | undefined,
): Promise<Entry> {
  const file = newFile(state, name, options)
  try {
    await write(file)
    await file.close()
  } catch (error) {
    await file.abort(error).catch(() => undefined)
    throw error
  }
  return state.requireManifest().get(entryPath(name))!
}

function checkBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk)
  throw new InvalidArgumentError("chunk", `A file takes bytes or text, not ${chunk === null ? "null" : typeof chunk}`)
}
