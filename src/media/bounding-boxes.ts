import { InvalidArgumentError } from "../errors.ts"
import type { MediaDraft, MediaSource } from "../ports.ts"
import { type ClassLabels, labelEntries } from "./classes.ts"
import { Media } from "./media.ts"
import { isDictionary } from "./types/list.ts"

/** Where a box is, in fractions of the image, or with `domain: "pixel"` in pixels. */
export type BoxPosition =
  | { readonly minX: number; readonly maxX: number; readonly minY: number; readonly maxY: number }
  | { readonly middle: readonly [x: number, y: number]; readonly width: number; readonly height: number }

export interface Box {
  readonly position: BoxPosition
  /** Which of the classes it shows. */
  readonly classId?: number | undefined
  readonly boxCaption?: string | undefined
  /** By their names, as in `{ confidence: 0.9 }`. */
  readonly scores?: Readonly<Record<string, number>> | undefined
  /** `"pixel"`; absent for fractions. */
  readonly domain?: string | undefined
}

export interface BoxSet {
  readonly boxData: readonly Box[]
  /** Default `class_1` and so on, of the ids that occur. */
  readonly classLabels?: ClassLabels | undefined
}

/** A layer of boxes over an image. */
export class BoundingBoxes2D extends Media {
  readonly logType = "bounding-boxes"
  readonly boxes: readonly Box[]
  readonly labels: ReadonlyMap<number, string>

  /** @throws InvalidArgumentError naming the box that is none */
  constructor({ boxData, classLabels }: BoxSet) {
    super()
    if (!Array.isArray(boxData)) throw new InvalidArgumentError("boxData", "boxData must be a list of boxes")
    boxData.forEach(checkBox)
    this.boxes = boxData
    this.labels = new Map(classLabels === undefined ? defaultLabels(boxData) : labelEntries(classLabels, "classLabels"))
  }

  static async read(json: unknown, _?: MediaSource): Promise<BoundingBoxes2D> {
    return BoundingBoxes2D.of(json)
  }

  /** Of the list that an image carries for a layer. */
  static of(json: unknown): BoundingBoxes2D {
    if (!Array.isArray(json)) throw new InvalidArgumentError("boxData", "The boxes of an image are no list")
    const boxData = json.map(readBox)
    // Others write boxes of no class; what classes there are, the image knows.
    const isWhole = boxData.every(({ classId }) => classId !== undefined)
    return new BoundingBoxes2D({ boxData, ...(!isWhole && { classLabels: {} }) })
  }

  async toJson(_: MediaDraft): Promise<unknown> {
    return this.boxes.map(({ classId, boxCaption, ...box }) => ({
      ...Object.fromEntries(Object.entries(box).filter(([, value]) => value !== undefined)),
      ...(classId !== undefined && { class_id: classId }),
      ...(boxCaption !== undefined && { box_caption: boxCaption }),
    }))
  }
}

function readBox(json: unknown): Box {
  if (!isDictionary(json)) throw new InvalidArgumentError("boxData", "A box of an image is no object")
  const { class_id: classId, box_caption: boxCaption, ...box } = json
  return { ...box, ...(classId !== undefined && { classId }), ...(boxCaption !== undefined && { boxCaption }) } as unknown as Box
}

function checkBox(box: unknown, at: number): void {
  const fail = (problem: string) => {
    throw new InvalidArgumentError("boxData", `boxData[${at}] ${problem}`)
  }
  const { position, scores, classId, boxCaption } = (isDictionary(box) ? box : {}) as Readonly<Record<string, unknown>>
  if (!isPosition(position)) fail("needs a position: { minX, maxX, minY, maxY } or { middle: [x, y], width, height }")
  if (scores !== undefined && !(isDictionary(scores) && Object.values(scores).every((score) => typeof score === "number"))) {
    fail("has scores that are no numbers by name")
  }
  if (classId !== undefined && !Number.isSafeInteger(classId)) fail("has a classId that is no whole number")
  if (boxCaption !== undefined && typeof boxCaption !== "string") fail("has a boxCaption that is no string")
}

function isPosition(position: unknown): boolean {
  if (!isDictionary(position)) return false
  const has = (...names: string[]) => names.every((name) => typeof position[name] === "number")
  const { middle } = position
  return has("minX", "maxX", "minY", "maxY") || (Array.isArray(middle) && middle.length === 2 && has("width", "height"))
}

function defaultLabels(boxes: readonly Box[]): [number, string][] {
  const ids = boxes.map(({ classId }) => classId)
  if (ids.includes(undefined)) {
    throw new InvalidArgumentError("boxData", "Every box needs a classId, unless classLabels say what the classes are")
  }
  return [...new Set(ids as number[])].sort((a, b) => a - b).map((id) => [id, `class_${id}`])
}
