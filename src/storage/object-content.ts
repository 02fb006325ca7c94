import { checkRange, pullStream } from "../bytes/streams.ts"
import { isArtifactError, StorageError } from "../errors.ts"
import type { Content } from "../ports.ts"
import type { ObjectInfo, Objects } from "./object-port.ts"

/** Times in a row that a read may break off without having brought a byte. */
const MAX_BREAKS = 3

interface Known extends Pick<ObjectInfo, "key" | "size"> {
  /** Left out where nobody writes the object again. */
  readonly etag?: string | undefined
}

/**
 * An object as content. A read that breaks off goes on where it was, from the same bytes or not at all. Nothing is open before the first
 * pull.
 */
export function createObjectContent(objects: Objects, { key, size, etag }: Known, name?: string | undefined): Content {
  const changed = () =>
    new StorageError(`"${key}" in ${objects.name} was changed or removed while it was read; read it again`, { path: key })
  return {
    stability: "frozen",
    size,
    name,
    version: etag,
    stream({ range, signal } = {}) {
      checkRange(range)
      const end = Math.min(range?.end ?? size, size)
      let at = range?.start ?? 0
      let breaks = 0
      let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
      const open = async () => {
        const stream = await objects.open(key, { range: { start: at, end }, etag, signal })
        if (stream === undefined) throw changed()
        return stream.getReader()
      }
      const pull = async () => {
        while (at < end) {
          try {
            reader ??= await open()
            const { done, value } = await reader.read()
            if (done) throw new StorageError(`"${key}" in ${objects.name} ends at byte ${at} instead of ${end}`, { path: key })
            at += value.byteLength
            breaks = 0
            return value
          } catch (error) {
            // What `open` rejects with was tried often enough.
            if (reader === undefined || signal?.aborted || ++breaks > MAX_BREAKS) throw readFailure(error, key, objects.name)
            reader = undefined
          }
        }
        return undefined
      }
      return pullStream({ pull, close: () => reader?.cancel() }, signal)
    },
    async bytes({ signal } = {}) {
      const found = await objects.read(key, { etag, signal })
      if (found === undefined) throw changed()
      return found.bytes
    },
  }
}

function readFailure(error: unknown, key: string, store: string): unknown {
  if (isArtifactError(error)) return error
  return new StorageError(
    `Reading "${key}" in ${store} broke off and could not be resumed`,
    { operation: "read", path: key },
    { cause: error },
  )
}
