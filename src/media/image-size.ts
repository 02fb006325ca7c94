import { imageSize } from "image-size"
import { readAll } from "../bytes/hash-stream.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content } from "../ports.ts"

/** Where formats tell their size, but for photographs with much before it. */
const HEAD = 64 * 1024

export interface ImageSize {
  readonly width: number
  readonly height: number
  /** `"png"`, `"jpg"`, … */
  readonly type: string
}

/** What the beginning of an image's file says. @throws InvalidArgumentError when it is no image */
export async function sizeOfImage(content: Content, { signal }: CallOptions = {}): Promise<ImageSize> {
  const size = content.size ?? Number.POSITIVE_INFINITY
  for (let end = HEAD; ; end *= 16) {
    const found = measure(await readAll(content, { signal, ...(end < size && { range: { start: 0, end } }) }))
    if (found !== undefined) return found
    if (end >= size)
      throw new InvalidArgumentError("source", `${content.name ?? "The source"} is no image of a format that is known here`)
  }
}

function measure(bytes: Uint8Array): ImageSize | undefined {
  try {
    const { width, height, type } = imageSize(bytes)
    return { width, height, type: type ?? "" }
  } catch {
    return undefined
  }
}
