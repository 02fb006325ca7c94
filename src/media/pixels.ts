import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import { NdArray, type TypedArray } from "./ndarray.ts"

/** Rows of pixels from the top, each of 1 (grey), 2, 3 (red, green, blue) or 4 (and alpha) bytes. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray
  readonly width: number
  readonly height: number
  readonly channels: number
}

/** What holds pixels: an `ImageData`, an `ImageBitmap`, a canvas, a video or image element, an array of rows and columns, a typed array. */
export type PixelSource =
  | NdArray
  | { readonly data: TypedArray; readonly width: number; readonly height: number; readonly channels?: number | undefined }
  | { readonly width: number; readonly height: number }

/** Whether it holds pixels rather than a file. */
export function isPixelSource(source: unknown): source is PixelSource {
  if (source instanceof NdArray) return true
  return typeof source === "object" && source !== null && "width" in source && "height" in source && !(source instanceof Blob)
}

/** @throws UnsupportedError where a canvas is needed to read them and there is none */
export function pixelsOf(source: PixelSource): Pixels {
  if (source instanceof NdArray) return arrayPixels(source)
  if ("data" in source) {
    const { data, width, height, channels = data.length / (width * height) } = source
    return arrayPixels(new NdArray(data, [height, width, channels]))
  }
  return drawnPixels(source)
}

function arrayPixels({ data, shape }: NdArray): Pixels {
  const [height, width, channels = 1] = shape.length === 3 && shape[2] === 1 ? shape.slice(0, 2) : shape
  if (shape.length < 2 || shape.length > 3 || ![1, 3, 4].includes(channels)) {
    throw new InvalidArgumentError(
      "source",
      `Pixels are an array of [height, width] or [height, width, 1, 3 or 4 channels], found [${shape.join(", ")}]`,
    )
  }
  return { data: toBytes(data), width: width!, height: height!, channels }
}

/** As numpy's `astype(uint8)`: without what stands behind the point, and by 256 around. */
function toBytes(data: TypedArray): Uint8Array | Uint8ClampedArray {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return data
  return Uint8Array.from(data as Iterable<number | bigint>, (value) => Number(value))
}

interface Context2D {
  drawImage(source: unknown, x: number, y: number): void
  getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray }
  putImageData(data: ImageData, x: number, y: number): void
}

/** A canvas is asked itself if it is one of pixels; anything else is drawn onto one. */
function drawnPixels(source: { readonly width: number; readonly height: number }): Pixels {
  const { width, height } = source
  const own = (source as { getContext?(kind: string): Context2D | null }).getContext?.("2d")
  const context = own ?? newCanvas(width, height)?.context
  if (context === undefined) {
    throw new UnsupportedError(
      "There is no canvas here to read these pixels from; pass an ImageData, or bytes with width and height",
    )
  }
  if (context !== own) context.drawImage(source, 0, 0)
  return { data: context.getImageData(0, 0, width, height).data, width, height, channels: 4 }
}

/** Undefined where there is none, or none that can be drawn on. */
function newCanvas(width: number, height: number): { canvas: OffscreenCanvas; context: Context2D } | undefined {
  if (typeof OffscreenCanvas === "undefined") return undefined
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext("2d") as unknown as Context2D | null
  return context === null ? undefined : { canvas, context }
}

export type ImageFormat = "png" | "jpg" | "jpeg" | "bmp"

/** Pixels as a file. PNG and BMP are the same bytes everywhere; JPEG is left to the browser. @throws UnsupportedError where there is none */
export async function encodePixels(pixels: Pixels, format: ImageFormat): Promise<Uint8Array> {
  if (format === "png") {
    const { encode } = await import("fast-png")
    return encode({ ...pixels, depth: 8 })
  }
  if (format === "bmp") return encodeBmp(pixels)
  const { width, height } = pixels
  const drawing = newCanvas(width, height)
  if (drawing === undefined) {
    throw new UnsupportedError('There is nothing here that encodes JPEG; leave fileType out for "png", or pass an encoded file')
  }
  drawing.context.putImageData(new ImageData(toRgba(pixels), width, height), 0, 0)
  return new Uint8Array(await (await drawing.canvas.convertToBlob({ type: "image/jpeg" })).arrayBuffer())
}

function toRgba({ data, width, height, channels }: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels
    rgba[pixel * 4] = data[from]!
    rgba[pixel * 4 + 1] = data[from + (channels > 1 ? 1 : 0)]!
    rgba[pixel * 4 + 2] = data[from + (channels > 1 ? 2 : 0)]!
    // JPEG has no alpha, and Python leaves it out.
    rgba[pixel * 4 + 3] = 255
  }
  return rgba
}

const BMP_HEADER = 54

/** 24 bits without compression: rows from the bottom, each padded to four bytes, blue first. */
function encodeBmp(pixels: Pixels): Uint8Array {
  const { width, height } = pixels
  const rgba = toRgba(pixels)
  const stride = Math.ceil((width * 3) / 4) * 4
  const file = new Uint8Array(BMP_HEADER + stride * height)
  const view = new DataView(file.buffer)
  view.setUint16(0, 0x424d)
  view.setUint32(2, file.length, true)
  view.setUint32(10, BMP_HEADER, true)
  view.setUint32(14, 40, true)
  view.setInt32(18, width, true)
  view.setInt32(22, height, true)
  view.setUint16(26, 1, true)
  view.setUint16(28, 24, true)
  view.setUint32(34, stride * height, true)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = ((height - 1 - row) * width + column) * 4
      file.set([rgba[from + 2]!, rgba[from + 1]!, rgba[from]!], BMP_HEADER + row * stride + column * 3)
    }
  }
  return file
}
