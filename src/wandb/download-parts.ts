import { checkRange, pullStream } from "../bytes/streams.ts"
import type { ReadOptions } from "../ports.ts"
import { type DownloadSource, download } from "./download.ts"
import type { Http } from "./http.ts"

/** How files come down that are long enough for it. */
export interface Parts {
  /** Of each. */
  readonly bytes: number
  /** How many more of them may be held in memory, by all downloads of a client together. */
  left: number
}

/** Further connections hardly make one file faster, and each one holds a part. */
const partsAhead = 3

interface Part {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  readonly isAhead: boolean
}

/**
 * A long remote file as a stream, of which a few parts come at once: one connection alone is rarely as fast as the line, and a server that
 * hands out a part leaves it to the reader to hash the whole. A store that knows nothing of parts is asked for all that is left.
 */
export function downloadInParts(
  http: Http,
  source: DownloadSource & { readonly size: number },
  parts: Parts,
  { range, signal }: ReadOptions = {},
): ReadableStream<Uint8Array> {
  checkRange(range)
  const end = Math.min(range?.end ?? source.size, source.size)
  let position = range?.start ?? 0
  let takesRanges = true
  const opened: Part[] = []

  const open = (isAhead: boolean) => {
    const start = position
    position = takesRanges ? Math.min(start + parts.bytes, end) : end
    const onWhole = () => {
      takesRanges = false
    }
    const part = { range: { start, end: position }, signal }
    const stream = download(http, { ...source, onWhole }, part, isAhead ? parts.bytes : 0)
    if (isAhead) parts.left--
    opened.push({ reader: stream.getReader(), isAhead })
  }
  const close = async (part: Part, reason?: unknown) => {
    if (part.isAhead) parts.left++
    await part.reader.cancel(reason)
  }
  const pull = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      if (opened.length === 0 && position < end) open(false)
      const [part] = opened
      if (part === undefined) return undefined
      const { done, value } = await part.reader.read()
      // Only now is it known whether the store takes ranges.
      while (takesRanges && position < end && opened.length <= partsAhead && parts.left > 0) open(true)
      if (!done) return value
      opened.shift()
      await close(part)
    }
  }
  const cancel = (reason: unknown) => Promise.all(opened.splice(0).map((part) => close(part, reason)))
  return pullStream({ pull, cancel }, signal)
}
