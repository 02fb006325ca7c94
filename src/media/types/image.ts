import { pythonRepr } from "../python-repr.ts"
import { constType, sorted } from "./const.ts"
import { isDictionary } from "./list.ts"
import { type ColumnType, invalidType } from "./type.ts"

type Ids = readonly (number | string)[]
type Names = ReadonlyMap<string, string>

/** What a column of images is known to hold: the classes of each layer of boxes and masks, by the layer's name. */
export interface ImageLayers {
  readonly boxLayers?: ReadonlyMap<string, Ids> | undefined
  readonly boxScoreKeys?: readonly string[] | undefined
  readonly maskLayers?: ReadonlyMap<string, Ids> | undefined
  readonly boxClassMaps?: ReadonlyMap<string, Names> | undefined
  readonly maskClassMaps?: ReadonlyMap<string, Names> | undefined
  readonly classMap?: Names | undefined
}

export interface ImageType extends ColumnType {
  readonly layers: Required<{ [K in keyof ImageLayers]: NonNullable<ImageLayers[K]> }>
}

export function imageType(layers: ImageLayers = {}): ImageType {
  const all: ImageType["layers"] = {
    boxLayers: sortedLayers(layers.boxLayers),
    boxScoreKeys: sorted(layers.boxScoreKeys ?? []) as string[],
    maskLayers: sortedLayers(layers.maskLayers),
    boxClassMaps: layers.boxClassMaps ?? new Map(),
    maskClassMaps: layers.maskClassMaps ?? new Map(),
    classMap: layers.classMap ?? new Map(),
  }
  const params = {
    box_layers: constType(all.boxLayers),
    box_score_keys: constType(all.boxScoreKeys, true),
    mask_layers: constType(all.maskLayers),
    box_class_maps: constType(all.boxClassMaps),
    mask_class_maps: constType(all.maskClassMaps),
    class_map: constType(all.classMap),
  }
  const self: ImageType = {
    name: "image-file",
    layers: all,
    toJson: (entryOf) => ({
      wb_type: "image-file",
      params: Object.fromEntries(Object.entries(params).map(([name, type]) => [name, type.toJson(entryOf)])),
    }),
    assign(value) {
      const { logType, columnType } = (value ?? {}) as { logType?: string; columnType?: () => ColumnType }
      return logType === "image-file" && columnType !== undefined ? self.assignType(columnType.call(value)) : invalidType
    },
    assignType(type) {
      if (type.name !== "image-file") return invalidType
      const next = imageType(merge(all, (type as ImageType).layers))
      return String(next) === String(self) ? self : next
    },
    toString: () =>
      `Image-file(${Object.entries(params)
        .map(([name, { value }]) => `${name}:${pythonRepr(value)}`)
        .join(", ")})`,
  }
  return self
}

function merge(one: ImageType["layers"], other: ImageType["layers"]): ImageLayers {
  return {
    boxLayers: mergeMaps(one.boxLayers, other.boxLayers, (a, b) => [...a, ...b]),
    boxScoreKeys: [...one.boxScoreKeys, ...other.boxScoreKeys],
    maskLayers: mergeMaps(one.maskLayers, other.maskLayers, (a, b) => [...a, ...b]),
    boxClassMaps: mergeMaps(one.boxClassMaps, other.boxClassMaps, mergeNames),
    maskClassMaps: mergeMaps(one.maskClassMaps, other.maskClassMaps, mergeNames),
    classMap: mergeNames(one.classMap, other.classMap),
  }
}

/** A name that is there stays. */
const mergeNames = (one: Names, other: Names): Names => new Map([...other, ...one])

function mergeMaps<T>(one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>, join: (a: T, b: T) => T): Map<string, T> {
  const merged = new Map(one)
  for (const [name, value] of other) merged.set(name, one.has(name) ? join(one.get(name)!, value) : value)
  return merged
}

const sortedLayers = (layers: ReadonlyMap<string, Ids> | undefined): Map<string, Ids> =>
  new Map(Array.from(layers ?? [], ([name, ids]) => [name, sorted(ids) as (number | string)[]]))

/** Reads the parameters that tables of W&B carry; older ones have fewer. */
export function readImageType(params: Readonly<Record<string, unknown>>): ImageType {
  const value = (name: string): unknown => {
    const type = params[name]
    return isDictionary(type) && isDictionary(type.params) ? type.params.val : undefined
  }
  const map = <T>(name: string, read: (inner: unknown) => T): Map<string, T> => {
    const found = value(name)
    return new Map(isDictionary(found) ? Object.entries(found).map(([key, inner]) => [key, read(inner)]) : [])
  }
  const ids = (found: unknown): Ids => (Array.isArray(found) ? (found as Ids) : [])
  const names = (found: unknown): Names =>
    new Map(isDictionary(found) ? Object.entries(found).map(([id, name]) => [id, String(name)]) : [])
  return imageType({
    boxLayers: map("box_layers", ids),
    boxScoreKeys: ids(value("box_score_keys")).map(String),
    maskLayers: map("mask_layers", ids),
    boxClassMaps: map("box_class_maps", names),
    maskClassMaps: map("mask_class_maps", names),
    classMap: names(value("class_map")),
  })
}
