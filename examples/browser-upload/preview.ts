import type { Artifact } from "isofact"
import { fileName, h } from "./dom.ts"
import { bytes, ending, kindOf } from "./format.ts"
import { explain } from "./problems.ts"
import { createProblem } from "./progress-panel.ts"
import { fileAddress, isServed } from "./service-worker.ts"

export interface Preview {
  readonly element: HTMLElement
  show(artifact: Artifact, path: string): void
  /** Says why there is nothing to see. */
  clear(text: string): void
}

/** Of a text so much is read. */
const TEXT_BYTES = 64 * 1024

/** One file as it looks: an image, a sound, a film or the beginning of a text. */
export function createPreview(label: string): Preview {
  const element = h("section", { class: "preview", "aria-label": label })
  let leave = new AbortController()
  const restart = () => {
    leave.abort()
    leave = new AbortController()
    return leave.signal
  }
  return {
    element,
    clear(text) {
      restart()
      element.replaceChildren(h("p", { class: "quiet nothing" }, text))
    },
    async show(artifact, path) {
      const signal = restart()
      const stage = h("div", { class: "stage" })
      element.replaceChildren(stage, createCaption(artifact, path))
      try {
        const shown = await createView(artifact, path, signal)
        if (!signal.aborted) stage.replaceChildren(shown)
      } catch (error) {
        const problem = explain(error)
        if (!signal.aborted && problem !== undefined) stage.replaceChildren(createProblem(problem))
      }
    },
  }
}

async function createView(artifact: Artifact, path: string, signal: AbortSignal): Promise<HTMLElement> {
  const kind = kindOf(path)
  if (kind === "other")
    return h(
      "p",
      { class: "quiet nothing" },
      `${ending(path) || "These"} files cannot be shown here. Save it to open it elsewhere.`,
    )
  if (kind === "text") return createText(artifact, path, signal)
  const src = await addressOf(artifact, path, signal)
  const unreadable = () =>
    view.replaceWith(h("p", { class: "quiet nothing" }, `This browser cannot show it. It may not be what its name says.`))
  const view =
    kind === "image"
      ? h("img", { src, alt: path, onerror: unreadable })
      : h(kind, { src, controls: true, preload: "metadata", "aria-label": path, onerror: unreadable })
  return view
}

/** Its address at the service worker, so that films are read by ranges; else the whole file, until it leaves the screen. */
async function addressOf(artifact: Artifact, path: string, signal: AbortSignal): Promise<string> {
  if (isServed()) return fileAddress(artifact.name, path)
  const blob = await artifact.getEntry(path).blob({ signal })
  const type = ending(path) === "SVG" ? "image/svg+xml" : ""
  const url = URL.createObjectURL(new Blob([blob], { type }))
  signal.addEventListener("abort", () => URL.revokeObjectURL(url))
  return url
}

async function createText(artifact: Artifact, path: string, signal: AbortSignal): Promise<HTMLElement> {
  const entry = artifact.getEntry(path)
  const size = entry.size ?? 0
  const stream = await entry.stream({ signal, range: { start: 0, end: Math.min(size, TEXT_BYTES) } })
  const text = await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text()
  const rest = size > TEXT_BYTES && h("p", { class: "quiet" }, `The first ${bytes(TEXT_BYTES)} of ${bytes(size)}.`)
  return h("div", { class: "text", tabindex: 0, role: "region", "aria-label": `Text of ${path}` }, h("pre", {}, text), rest)
}

function createCaption(artifact: Artifact, path: string): HTMLElement {
  const { size = 0 } = artifact.getEntry(path)
  const complaint = h("div", {})
  const save = async () => {
    try {
      saveBlob(await artifact.getEntry(path).blob(), path.slice(path.lastIndexOf("/") + 1))
    } catch (error) {
      const problem = explain(error)
      if (problem !== undefined) complaint.replaceChildren(createProblem(problem))
    }
  }
  return h(
    "div",
    { class: "preview-caption" },
    h("div", {}, fileName(path), h("span", { class: "quiet" }, [ending(path), bytes(size)].filter(Boolean).join(", "))),
    h("button", { type: "button", onclick: () => void save() }, "Save file"),
    complaint,
  )
}

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  h("a", { href: url, download: name }).click()
  // The browser takes its time to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
