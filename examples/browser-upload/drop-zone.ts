import { h } from "./dom.ts"
import { takeDrop } from "./folder.ts"

type Parts = Awaited<ReturnType<typeof takeDrop>>

/** Where a folder comes in: by drop, anywhere on the page, or by one of two pickers. */
export function createDropZone(onParts: (parts: Promise<Parts>) => void): HTMLElement {
  const input = h("input", {
    type: "file",
    webkitdirectory: true,
    multiple: true,
    class: "unseen",
    tabindex: -1,
    "aria-label": "Folder",
  })
  input.addEventListener("change", () => {
    if (input.files === null || input.files.length === 0) return
    onParts(Promise.resolve([...input.files]))
    input.value = ""
  })
  const pick = () => {
    // Only a handle can be kept for a reload; browsers without them get the plain input.
    if (window.showDirectoryPicker === undefined) input.click()
    else onParts(window.showDirectoryPicker({ id: "log" }).then((handle) => [handle]))
  }
  return h(
    "div",
    { class: "drop-zone" },
    h("h1", {}, "Log a folder"),
    h("p", { class: "lead" }, "Drop a folder of pictures, or any files, anywhere on this page."),
    h("button", { class: "primary", type: "button", onclick: pick }, "Choose a folder"),
    input,
    h("p", { class: "fine" }, "Files stay in this browser. Nothing is sent anywhere."),
  )
}

/** Takes folders dropped anywhere, so that nobody opens a picture by missing the mark. */
export function acceptDrops(onParts: (parts: Promise<Parts>) => void): void {
  let depth = 0
  const mark = (change: number) => {
    depth = Math.max(0, depth + change)
    document.body.classList.toggle("dragging", depth > 0)
  }
  const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false
  addEventListener("dragenter", (event) => holdsFiles(event) && mark(1))
  addEventListener("dragleave", (event) => holdsFiles(event) && mark(-1))
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy"
  })
  addEventListener("drop", (event) => {
    mark(-depth)
    if (!holdsFiles(event) || event.dataTransfer === null) return
    event.preventDefault()
    onParts(takeDrop(event.dataTransfer))
  })
}
