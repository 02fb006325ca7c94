import { Audio, FileMedia, Html, Image, NdArray, TableIndex, Video } from "isofact/media"
import { make, problem } from "./dom.ts"
import type { Layers } from "./layers.ts"
import { showPicture } from "./picture.ts"

/** A cell as its kind is looked at. What has a file is read from the artifact when somebody asks for it; pictures at once. */
export function showCell(cell: unknown, layers: Layers): Node | string {
  if (cell === null || cell === undefined) return make("span", { className: "nothing", ariaLabel: "nothing" }, "–")
  if (cell instanceof Image) return showPicture(cell, layers)
  if (cell instanceof Audio) return later(cell, "Play", (blob) => player("audio", blob))
  if (cell instanceof Video) return later(cell, "Play", (blob) => player("video", blob))
  if (cell instanceof Html) return later(cell, "Show page", pageView)
  if (cell instanceof FileMedia) return later(cell, "Get file", fileLink)
  if (cell instanceof TableIndex) return `row ${cell.index}`
  if (cell instanceof NdArray) return `array of ${cell.shape.join(" × ")}`
  if (cell instanceof Date) return cell.toISOString()
  if (typeof cell === "object") return make("code", {}, jsonText(cell))
  return String(cell)
}

/** A button that becomes what the file is shown by. */
function later(media: FileMedia, label: string, show: (blob: Blob) => Promise<Node> | Node): HTMLElement {
  const { caption } = media
  const load = async () => {
    button.disabled = true
    button.replaceWith(await media.blob().then(show).catch(problem))
  }
  const button = make("button", { type: "button", onclick: () => void load() }, label)
  return make("div", { className: "medium" }, button, caption === undefined ? "" : make("p", {}, caption))
}

const player = (tag: "audio" | "video", blob: Blob) => make(tag, { controls: true, autoplay: true, src: URL.createObjectURL(blob) })

/** Whoever wrote the artifact wrote the page: in a sandbox it can run nothing, and reach nothing of this origin. */
async function pageView(blob: Blob): Promise<Node> {
  const frame = make("iframe", { title: "Page", srcdoc: await blob.text() })
  frame.sandbox.value = ""
  return frame
}

const fileLink = (blob: Blob) => make("a", { href: URL.createObjectURL(blob), download: "file" }, `File of ${blob.size} bytes`)

function jsonText(cell: object): string {
  const text = JSON.stringify(cell, (_, value) => (typeof value === "bigint" ? String(value) : value)) ?? ""
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
