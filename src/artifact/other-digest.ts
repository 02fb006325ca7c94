import { readHashed } from "../bytes/hash-stream.ts"
import { verifiedStream } from "../bytes/verified.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { createWasmHasher } from "../digest/hash-wasm.ts"
import type { CallOptions, Content, Directory, Hasher } from "../ports.ts"

/** Entries that say `alg: "XXH128"`. Only W&B's own servers hold such versions; they can be read, not made. @module */

let engine: Hasher | undefined

const xxh128 = () => (engine ??= createWasmHasher("xxh128"))

/** The same bytes, read as a stream that errors at its end with `DigestMismatchError` unless they are what `entry` says. */
export function selfProving(entry: Entry, content: Content): Content {
  const { stability, size, name } = content
  const expected = { digest: entry.digest as Digest, size: entry.size }
  return {
    stability,
    size,
    name,
    stream: (options = {}) =>
      options.range === undefined
        ? verifiedStream(content, expected, xxh128(), { signal: options.signal, label: entry.path })
        : content.stream(options),
  }
}

/** Whether the file at the entry's path is right; undefined when there is none. */
export async function matchesFile(entry: Entry, directory: Directory, options: CallOptions): Promise<boolean | undefined> {
  const content = await directory.open(entry.path, options)
  if (content === undefined) return undefined
  return (await readHashed(content, xxh128(), { signal: options.signal })).digest === entry.digest
}
