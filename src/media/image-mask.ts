import { InvalidArgumentError } from "../errors.ts"
import type { MediaSource } from "../ports.ts"
import { type ClassLabels, labelEntries } from "./classes.ts"
import { type MediaFile, type MediaInput, madeFile, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { mediaObject } from "./json-shape.ts"
import { NdArray, type TypedArray } from "./ndarray.ts"
import { encodePixels } from "./pixels.ts"
import { pythonObjectType } from "./types/infer.ts"
import type { ColumnType } from "./types/type.ts"

/** Numbers of classes, from 0 to 255, in rows from the top. */
export type MaskData = NdArray | { readonly data: TypedArray; readonly width: number; readonly height: number }

export interface MaskSet {
  readonly maskData?: MaskData | undefined
  /** In place of `maskData`: a grey image whose values are numbers of classes. */
  readonly path?: MediaInput | undefined
  /** Default `class_1` and so on, of the numbers that occur. W&B keeps none for a `path`. */
  readonly classLabels?: ClassLabels | undefined
}

/** A layer over an image that tells what each pixel shows. */
export class ImageMask extends FileMedia {
  readonly logType = "mask"
  /** Of a mask that was given as data. */
  readonly labels: ReadonlyMap<number, string> | undefined
  protected readonly folder = "media/images/mask"

  constructor({ maskData, path, classLabels }: MaskSet, stored?: MediaFile) {
    const array = maskData === undefined ? undefined : arrayOf(maskData)
    super(stored ?? fileOf(array, path))
    if (array !== undefined)
      this.labels = new Map(classLabels === undefined ? defaultLabels(array) : labelEntries(classLabels, "classLabels"))
  }

  static async read(json: unknown, source: MediaSource): Promise<ImageMask> {
    return new ImageMask({}, storedFile(source, mediaObject(json, "mask"), "mask"))
  }

  override columnType(): ColumnType {
    return pythonObjectType("ImageMask")
  }
}

function fileOf(array: NdArray | undefined, path: MediaInput | undefined): MediaFile {
  if (array === undefined) {
    if (path !== undefined) return userFile(path, () => ".mask.png")
    throw new InvalidArgumentError(
      "maskData",
      "A mask needs maskData, the number of a class for each pixel, or path, a file of such",
    )
  }
  const [height, width] = array.shape
  const data = Uint8Array.from(array.data as Iterable<number | bigint>, Number)
  return madeFile(() => encodePixels({ data, width: width!, height: height!, channels: 1 }, "png"), ".mask.png")
}

function arrayOf(maskData: MaskData): NdArray {
  const array = maskData instanceof NdArray ? maskData : new NdArray(maskData.data, [maskData.height, maskData.width])
  const isClass = (value: number | bigint) => Number.isInteger(Number(value)) && value >= 0 && value <= 255
  if (array.shape.length === 2 && Array.prototype.every.call(array.data, isClass)) return array
  throw new InvalidArgumentError("maskData", "maskData must be an array of rows and columns with whole numbers from 0 to 255")
}

function defaultLabels({ data }: NdArray): [number, string][] {
  const ids = [...new Set(Array.from(data as Iterable<number | bigint>, Number))].sort((a, b) => a - b)
  return ids.map((id) => [id, `class_${id}`])
}
