import { h } from "./dom.ts"
import { ending, kindOf } from "./format.ts"

/** Decoded at once: each takes the memory of a whole picture for a moment. */
const DECODED_AT_ONCE = 3
const EDGE_PX = 128

interface Job {
  readonly signal: AbortSignal
  run(): Promise<void>
}

const queue: Job[] = []
let running = 0

/**
 * A small picture of an image, or a tile with the ending of the name. It is read when its turn comes, decoded no larger than shown, and
 * forgotten when `signal` says that it left the screen.
 */
export function createThumbnail(path: string, open: () => Promise<Blob>, signal: AbortSignal): HTMLElement {
  const tile = h("span", { class: "thumb", "aria-hidden": "true" }, ending(path).slice(0, 5) || "FILE")
  if (kindOf(path) === "image") {
    tile.classList.add("waiting")
    enqueue({ signal, run: () => paint(tile, path, open, signal) })
  }
  return tile
}

async function paint(tile: HTMLElement, path: string, open: () => Promise<Blob>, signal: AbortSignal): Promise<void> {
  try {
    const blob = await open()
    if (signal.aborted) return
    tile.replaceChildren(ending(path) === "SVG" ? await drawn(blob) : await decoded(blob))
  } catch {
    // Not the picture that its name says. The tile keeps saying what it is called.
    tile.classList.add("broken")
  } finally {
    tile.classList.remove("waiting")
  }
}

async function decoded(blob: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(blob, { resizeWidth: EDGE_PX * Math.min(2, devicePixelRatio), resizeQuality: "medium" })
  const canvas = h("canvas", { width: bitmap.width, height: bitmap.height })
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap)
  return canvas
}

/** Vector pictures have no pixels to decode; the address is given back as soon as it has been read. */
async function drawn(blob: Blob): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([blob], { type: "image/svg+xml" }))
  const image = h("img", { src: url, alt: "" })
  try {
    await image.decode()
  } finally {
    URL.revokeObjectURL(url)
  }
  return image
}

function enqueue(job: Job): void {
  queue.push(job)
  next()
}

function next(): void {
  while (running < DECODED_AT_ONCE) {
    const job = queue.shift()
    if (job === undefined) return
    if (job.signal.aborted) continue
    running += 1
    job.run().finally(() => {
      running -= 1
      next()
    })
  }
}
