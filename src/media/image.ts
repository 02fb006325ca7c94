import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, MediaDraft, MediaSource } from "../ports.ts"
import { BoundingBoxes2D, type BoxSet } from "./bounding-boxes.ts"
import { type Class, Classes } from "./classes.ts"
import {
  extensionOf,
  isReference,
  type MediaFile,
  type MediaInput,
  madeFile,
  type PlacedFile,
  referenceFile,
  storedFile,
  userFile,
} from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { ImageMask, type MaskSet } from "./image-mask.ts"
import type { ImageSize } from "./image-size.ts"
import { captionOf, mediaObject, numberOf } from "./json-shape.ts"
import { encodePixels, type ImageFormat, isPixelSource, type PixelSource, type Pixels, pixelsOf } from "./pixels.ts"
import { type ImageLayers, imageType } from "./types/image.ts"
import { isDictionary } from "./types/list.ts"
import type { ColumnType } from "./types/type.ts"

export interface ImageOptions {
  readonly caption?: string | undefined
  /** Images of the same number are shown together. */
  readonly grouping?: number | undefined
  /** What the numbers in boxes and masks stand for, besides what these say themselves. */
  readonly classes?: Classes | readonly Class[] | undefined
  /** Layers of boxes by name. */
  readonly boxes?: Readonly<Record<string, BoundingBoxes2D | BoxSet>> | undefined
  /** Layers of masks by name. */
  readonly masks?: Readonly<Record<string, ImageMask | MaskSet>> | undefined
  /** What pixels are written as. Default `"png"`. */
  readonly fileType?: ImageFormat | undefined
}

/** What an image is made of, where it is not made of a source. */
interface Measured {
  readonly file: MediaFile
  readonly format?: string | undefined
  readonly size?: Pick<ImageSize, "width" | "height"> | undefined
}

const formats: readonly string[] = ["png", "jpg", "jpeg", "bmp"]

/** A picture: a file, an address, or pixels of a canvas, an `ImageData` or an array; with boxes and masks over it. */
export class Image extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ imageType()
  readonly logType = "image-file"
  readonly grouping: number | undefined
  readonly classes: Classes | undefined
  readonly boxes: ReadonlyMap<string, BoundingBoxes2D>
  readonly masks: ReadonlyMap<string, ImageMask>
  protected readonly folder = "media/images"
  #measured: Measured

  /** @param source another `Image` lends its pixels, classes and caption, as in Python, and not its boxes and masks */
  constructor(source: MediaInput | PixelSource | Image, options: ImageOptions = {}, stored?: Measured) {
    const other = source instanceof Image ? source : undefined
    const measured =
      stored ?? (other === undefined ? measuredOf(source as MediaInput | PixelSource, options.fileType) : other.#measured)
    super(measured.file, other === undefined ? options.caption : other.caption)
    this.#measured = measured
    this.grouping = options.grouping ?? other?.grouping
    this.boxes = layersOf(options.boxes, "boxes", (set) => (set instanceof BoundingBoxes2D ? set : new BoundingBoxes2D(set)))
    this.masks = layersOf(options.masks, "masks", (set) => (set instanceof ImageMask ? set : new ImageMask(set)))
    this.classes = this.#allClasses(options.classes) ?? other?.classes
  }

  static async read(json: unknown, source: MediaSource, options: CallOptions = {}): Promise<Image> {
    const object = mediaObject(json, "image-file")
    const { classes, masks, boxes, format, width, height } = object
    const file = storedFile(source, object, "image-file")
    const found = isDictionary(classes) && typeof classes.path === "string" ? await source.get(classes.path, options) : undefined
    const readMasks = async () => {
      const read: [string, ImageMask][] = []
      for (const [name, mask] of Object.entries(isDictionary(masks) ? masks : {}))
        read.push([name, await ImageMask.read(mask, source)])
      return Object.fromEntries(read)
    }
    const size = typeof width === "number" && typeof height === "number" ? { width, height } : undefined
    return new Image(
      "",
      {
        caption: captionOf(object),
        grouping: numberOf(object.grouping),
        classes: found instanceof Classes ? found : undefined,
        boxes: Object.fromEntries(
          Object.entries(isDictionary(boxes) ? boxes : {}).map(([name, set]) => [name, BoundingBoxes2D.of(set)]),
        ),
        masks: await readMasks(),
      },
      { file, format: typeof format === "string" ? format : undefined, size },
    )
  }

  /** Pixels; undefined before an image that was made of a file is added. */
  get width(): number | undefined {
    return this.#measured.size?.width
  }

  get height(): number | undefined {
    return this.#measured.size?.height
  }

  /** What its file ends with: `"png"`. */
  get format(): string | undefined {
    return this.#measured.format
  }

  override async toJson(draft: MediaDraft): Promise<Record<string, unknown>> {
    const { grouping, classes, boxes, masks } = this
    if (classes === undefined && boxes.size + masks.size > 0) {
      throw new InvalidArgumentError("classes", "An image with boxes or masks needs classes, or classLabels in each of them")
    }
    return {
      ...(await super.toJson(draft)),
      ...(grouping && { grouping }),
      ...(classes !== undefined && { classes: await addClasses(classes, draft) }),
      ...(boxes.size > 0 && { boxes: await layerJson(boxes, draft) }),
      ...(masks.size > 0 && { masks: await layerJson(masks, draft) }),
    }
  }

  override columnType(): ColumnType {
    const { boxes, masks, classes } = this
    const labelled = [...masks].flatMap(([name, { labels }]) => (labels === undefined ? [] : [[name, labels] as const]))
    const names = (labels: ReadonlyMap<number, string>) => new Map(Array.from(labels, ([id, name]) => [String(id), name]))
    const layers: ImageLayers = {
      boxLayers: new Map(Array.from(boxes, ([name, { labels }]) => [name, [...labels.keys()]])),
      boxScoreKeys: [...boxes.values()].flatMap((set) => set.boxes.flatMap(({ scores = {} }) => Object.keys(scores))),
      maskLayers: new Map(Array.from(masks, ([name, { labels }]) => [name, [...(labels?.keys() ?? [])]])),
      boxClassMaps: new Map(Array.from(boxes, ([name, { labels }]) => [name, names(labels)])),
      maskClassMaps: new Map(labelled.map(([name, labels]) => [name, names(labels)])),
      classMap: new Map(classes?.classSet.map(({ id, name }) => [String(id), name])),
    }
    return imageType(layers)
  }

  /** Of boxes, masks and the classes themselves, of which the last to name an id decides. */
  #allClasses(classes: Classes | readonly Class[] | undefined): Classes | undefined {
    const all = new Map<number | string, string>()
    for (const layer of [...this.boxes.values(), ...this.masks.values()])
      for (const [id, name] of layer.labels ?? []) all.set(id, name)
    const own = classes === undefined || classes instanceof Classes ? classes : new Classes(classes)
    for (const { id, name } of own?.classSet ?? []) all.set(id, name)
    return all.size === 0 ? undefined : new Classes(Array.from(all, ([id, name]) => ({ id, name })))
  }

  protected override async details({ path, content }: PlacedFile, draft: MediaDraft): Promise<Record<string, unknown>> {
    if (this.#measured.size === undefined && content !== undefined) {
      const { sizeOfImage } = await import("./image-size.ts")
      const { width, height } = await sizeOfImage(content, draft)
      this.#measured = { ...this.#measured, size: { width, height } }
    }
    const { format = extensionOf(path), size } = this.#measured
    return { format, ...size }
  }
}

function measuredOf(source: MediaInput | PixelSource, fileType: ImageFormat = "png"): Measured {
  if (isReference(source)) {
    const file = referenceFile(source)
    return { file, format: file.name!.split(".").at(-1) }
  }
  if (!isPixelSource(source)) {
    const file = userFile(
      source as MediaInput,
      async (content) => `.${(await (await import("./image-size.ts")).sizeOfImage(content)).type}`,
    )
    return { file, format: file.name === undefined ? undefined : extensionOf(file.name) }
  }
  if (!formats.includes(fileType)) throw new InvalidArgumentError("fileType", `fileType must be one of ${formats.join(", ")}`)
  // Now: a canvas shows something else the next moment.
  const pixels: Pixels = pixelsOf(source)
  const copy = { ...pixels, data: pixels.data.slice() }
  return {
    file: madeFile(() => encodePixels(copy, fileType), `.${fileType}`),
    format: fileType,
    size: { width: pixels.width, height: pixels.height },
  }
}

function layersOf<From, To>(
  layers: Readonly<Record<string, From>> | undefined,
  argument: string,
  make: (set: From) => To,
): Map<string, To> {
  if (layers !== undefined && !isDictionary(layers))
    throw new InvalidArgumentError(argument, `${argument} must be an object: layers by their names`)
  return new Map(Object.entries(layers ?? {}).map(([name, set]) => [name, make(set)]))
}

async function addClasses(classes: Classes, draft: MediaDraft): Promise<unknown> {
  const { path, digest } = await draft.add(classes, `media/classes/${classes.fileId()}_cls`)
  return { type: "classes-file", path, digest }
}

async function layerJson(
  layers: ReadonlyMap<string, BoundingBoxes2D | ImageMask>,
  draft: MediaDraft,
): Promise<Record<string, unknown>> {
  const json: Record<string, unknown> = {}
  for (const [name, layer] of layers) json[name] = await layer.toJson(draft)
  return json
}
