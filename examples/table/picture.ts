import type { Box, Image, ImageMask } from "isofact/media"
import { make, problem } from "./dom.ts"
import type { Layers } from "./layers.ts"

const EDGE = 320
/** As it is in the file: the grey of a mask is a number, not a colour. */
const plain: ImageBitmapOptions = { premultiplyAlpha: "none", colorSpaceConversion: "none" }

/** A picture with its boxes and masks drawn over it, as far as their layers are to be seen. */
export function showPicture(image: Image, layers: Layers): HTMLElement {
  const canvas = make("canvas", { role: "img", ariaLabel: describe(image) })
  const figure = make("figure", {}, canvas, image.caption === undefined ? "" : make("figcaption", {}, image.caption))
  for (const name of image.boxes.keys()) layers.add("boxes", name)
  for (const name of image.masks.keys()) layers.add("mask", name)
  open(image, canvas, layers)
    .then(() => figure.classList.add("drawn"))
    .catch((error) => figure.replaceChildren(problem(error)))
  return figure
}

async function open(image: Image, canvas: HTMLCanvasElement, layers: Layers): Promise<void> {
  const picture = await createImageBitmap(await image.blob())
  const masks = new Map<string, OffscreenCanvas>()
  for (const [name, mask] of image.masks) masks.set(name, await paintMask(mask, namesOf(image)))
  const scale = EDGE / Math.max(picture.width, picture.height)
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  const context = canvas.getContext("2d")!
  // A picture of a few pixels shows its pixels.
  context.imageSmoothingEnabled = scale < 4

  const draw = () => {
    const { width, height } = canvas
    context.drawImage(picture, 0, 0, width, height)
    for (const [name, mask] of masks) if (layers.isShown("mask", name)) context.drawImage(mask, 0, 0, width, height)
    for (const [name, { boxes }] of image.boxes)
      if (layers.isShown("boxes", name)) for (const box of boxes) drawBox(context, box, namesOf(image), scale)
  }
  draw()
  layers.addEventListener("change", draw)
}

const namesOf = ({ classes }: Image): ReadonlyMap<number, string> =>
  new Map(classes?.classSet.map(({ id, name }) => [Number(id), name]))

/** The same for the same class, far from that of the next. */
const colorOf = (classId: number): string => `hsl(${(classId * 137.5 + 205) % 360} 75% 34%)`

/** Each class in its colour; 0 without a name is no class. */
async function paintMask(mask: ImageMask, names: ReadonlyMap<number, string>): Promise<OffscreenCanvas> {
  const bitmap = await createImageBitmap(await mask.blob(), plain)
  const painted = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = painted.getContext("2d", { willReadFrequently: true })!
  context.drawImage(bitmap, 0, 0)
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height)
  context.clearRect(0, 0, bitmap.width, bitmap.height)
  const colors = new Map<number, readonly number[]>()
  const rgbaOf = (classId: number): readonly number[] => {
    if (classId === 0 && !names.has(0)) return [0, 0, 0, 0]
    context.fillStyle = colorOf(classId)
    context.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data
    return [red, green, blue, 110]
  }
  for (let at = 0; at < pixels.data.length; at += 4) {
    const classId = pixels.data[at]!
    if (!colors.has(classId)) colors.set(classId, rgbaOf(classId))
    pixels.data.set(colors.get(classId)!, at)
  }
  context.putImageData(pixels, 0, 0)
  return painted
}

function drawBox(context: CanvasRenderingContext2D, box: Box, names: ReadonlyMap<number, string>, scale: number): void {
  const { width, height } = context.canvas
  const [x, y] = box.domain === "pixel" ? [scale, scale] : [width, height]
  const { left, top, wide, high } = cornersOf(box)
  const area = [left * x, top * y, wide * x, high * y] as const
  const color = colorOf(box.classId ?? 0)
  context.strokeStyle = color
  context.lineWidth = 2
  context.strokeRect(...area)
  const text = labelOf(box, names)
  context.font = "12px system-ui, sans-serif"
  const labelWidth = context.measureText(text).width + 8
  const labelLeft = Math.min(Math.max(area[0] - 1, 0), Math.max(width - labelWidth, 0))
  const labelTop = area[1] >= 17 ? area[1] - 17 : Math.min(area[1] + area[3], height - 17)
  context.fillStyle = color
  context.fillRect(labelLeft, labelTop, labelWidth, 17)
  context.fillStyle = "#fff"
  context.fillText(text, labelLeft + 4, labelTop + 13)
}

function cornersOf({ position }: Box): { left: number; top: number; wide: number; high: number } {
  if ("minX" in position) {
    const { minX, maxX, minY, maxY } = position
    return { left: minX, top: minY, wide: maxX - minX, high: maxY - minY }
  }
  const { middle, width, height } = position
  return { left: middle[0] - width / 2, top: middle[1] - height / 2, wide: width, high: height }
}

function labelOf({ classId, boxCaption, scores = {} }: Box, names: ReadonlyMap<number, string>): string {
  const name = boxCaption ?? (classId === undefined ? "" : (names.get(classId) ?? `class ${classId}`))
  return [name, ...Object.values(scores)].join(" ").trim()
}

/** For those who do not see it. */
function describe(image: Image): string {
  const names = namesOf(image)
  const boxes = [...image.boxes.values()].flatMap((layer) => layer.boxes.map((box) => labelOf(box, names)))
  return [image.caption || "Picture", ...(boxes.length > 0 ? [`with ${boxes.join(", ")}`] : [])].join(" ")
}
