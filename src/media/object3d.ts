import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { MediaSource } from "../ports.ts"
import { type MediaFile, madeFile, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { captionOf, mediaObject } from "./json-shape.ts"
import { NdArray } from "./ndarray.ts"
import { isDictionary } from "./types/list.ts"
import { mediaType } from "./types/media-type.ts"
import { shapeOf } from "./types/ndarray.ts"
import type { ColumnType } from "./types/type.ts"

/** Rows of x, y, z; of x, y, z and a category from 1 to 14; or of x, y, z, red, green, blue. */
export type Points = NdArray | readonly (readonly number[])[]

export interface Box3D {
  /** Eight of them, each x, y, z. */
  readonly corners: readonly (readonly number[])[]
  readonly label?: string | undefined
  /** Red, green, blue, from 0 to 255. */
  readonly color?: readonly number[] | undefined
  readonly score?: number | undefined
}

/** Points with boxes and arrows among them. */
export interface PointCloud {
  readonly type: "lidar/beta"
  readonly points?: Points | undefined
  readonly boxes?: readonly Box3D[] | undefined
  readonly vectors?: readonly { readonly start: readonly number[]; readonly end: readonly number[] }[] | undefined
}

export interface Object3DOptions {
  readonly caption?: string | undefined
}

/** Points in space: a list of them, a scene, or a file that ends in `.pts.json`. */
export class Object3D extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("object3D-file")
  readonly logType = "object3D-file"
  protected readonly folder = "media/object3D"

  /** @throws UnsupportedError for meshes (obj, gltf, glb, babylon, stl), which W&B does not keep in artifacts: add them with addFile */
  constructor(source: Points | PointCloud | string | URL | Blob, { caption }: Object3DOptions = {}, stored?: MediaFile) {
    super(stored ?? fileOf(source), caption)
  }

  static async read(json: unknown, source: MediaSource): Promise<Object3D> {
    const object = mediaObject(json, "object3D-file")
    return new Object3D([], { caption: captionOf(object) }, storedFile(source, object, "object3D-file"))
  }
}

function fileOf(source: Points | PointCloud | string | URL | Blob): MediaFile {
  if (Array.isArray(source) || source instanceof NdArray) return pointsFile(() => pointList(source as Points))
  if (isDictionary(source)) return pointsFile(() => scene(source as unknown as PointCloud))
  const file = userFile(source as string | URL | Blob, () => ".pts.json")
  if (file.name === undefined || file.name.endsWith(".pts.json")) return file
  throw new UnsupportedError(
    "W&B keeps no 3D objects in artifacts but point clouds, files that end in .pts.json; add a mesh with addFile",
  )
}

function pointsFile(make: () => unknown): MediaFile {
  const text = compactJson(make())
  return madeFile(() => new TextEncoder().encode(text), ".pts.json")
}

function scene({ type, points = [], boxes = [], vectors = [] }: PointCloud): unknown {
  if (type !== "lidar/beta")
    throw new InvalidArgumentError("source", 'A scene of points is of the type "lidar/beta", which is the only one there is')
  return { type, vectors, points: isEmpty(points) ? [] : pointList(points), boxes }
}

const isEmpty = (points: Points) => !(points instanceof NdArray) && points.length === 0

function pointList(points: Points): unknown {
  const [, width, more] = shapeOf(points) ?? []
  const isEven = points instanceof NdArray || points.every((point) => Array.isArray(point) && point.length === width)
  if (more === undefined && isEven && [3, 4, 6].includes(width!)) return points
  throw new InvalidArgumentError(
    "source",
    "Points are rows of 3 numbers (x, y, z), of 4 (and a category from 1 to 14) or of 6 (and red, green, blue)",
  )
}

/** JSON without spaces, numbers of arrays of floats as floats: what Python makes of numpy's. */
function compactJson(value: unknown): string {
  if (value instanceof NdArray) {
    const isFloat = value.data instanceof Float32Array || value.data instanceof Float64Array
    const [rows = 0] = value.shape
    return `[${Array.from({ length: rows }, (_, at) => `[${Array.from(value.at(at).data as Float64Array, (item) => numberText(item, isFloat))}]`)}]`
  }
  if (typeof value === "number") return numberText(value, false)
  if (Array.isArray(value)) return `[${value.map(compactJson)}]`
  if (isDictionary(value)) {
    return `{${Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${JSON.stringify(key)}:${compactJson(item)}`)}}`
  }
  return JSON.stringify(value)
}

function numberText(value: number | bigint, isFloat: boolean): string {
  if (typeof value === "number" && !Number.isFinite(value))
    return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
  const isWhole = typeof value === "bigint" || Number.isInteger(value)
  if (typeof value === "bigint" || (isWhole && !isFloat)) return String(value)
  const exponent = Number(value.toExponential().split("e")[1])
  if (exponent < -5 || exponent >= 16) return value.toExponential()
  return `${Object.is(value, -0) ? "-" : ""}${value}${isWhole ? ".0" : ""}`
}
