import { checkExpected, readChunks } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Content, HashState, PutOptions, UploadRequest } from "../ports.ts"
import type { Context } from "./context.ts"

export interface Part {
  readonly start: number
  readonly end: number
  readonly digest: Digest
}

const partBytes = 100 * 1024 * 1024
const maxParts = 10_000
const partUnit = 4096

/** protocol.md 3.5. */
export function partSizeOf(size: number): number {
  return size < partBytes * maxParts ? partBytes : Math.ceil(size / maxParts / partUnit) * partUnit
}

/**
 * The MD5 of each part, and of the whole unless the content is frozen, reading once. Rejects with `DigestMismatchError` when the whole is
 * not what was announced.
 */
export async function hashParts(
  { hasher, partBytes: length }: Context,
  content: Content,
  { path, digest, size }: UploadRequest & { readonly size: number },
  { signal }: PutOptions,
): Promise<Part[]> {
  const step = length ?? partSizeOf(size)
  const whole = content.stability === "frozen" ? undefined : await hasher.create()
  const parts: Part[] = []
  let start = 0
  let position = 0
  let state: HashState | undefined
  const endPart = async () => {
    if (state === undefined) return
    parts.push({ start, end: position, digest: await state.digest() })
    start = position
    state = undefined
  }
  await readChunks(content.stream({ signal }), signal, async (chunk) => {
    await whole?.update(chunk)
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + start + step - position)
      state ??= await hasher.create()
      await state.update(piece)
      at += piece.byteLength
      position += piece.byteLength
      if (position === start + step) await endPart()
    }
  })
  await endPart()
  checkExpected(path, { digest, size }, { digest: (await whole?.digest()) ?? digest, size: position })
  return parts
}
