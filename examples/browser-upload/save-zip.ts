import type { Artifact } from "isofact"
import { zipArtifact } from "isofact/zip"
import { announce, h, setText } from "./dom.ts"
import { bytes } from "./format.ts"
import { saveBlob } from "./preview.ts"
import { explain } from "./problems.ts"
import { createProblem } from "./progress-panel.ts"
import { isServed, zipAddress } from "./service-worker.ts"

const zipName = ({ name }: Artifact) => `${name.replace(":", "-")}.zip`

/** A button that saves a version as a zip file, made while it is written: to a file that was picked, by the service worker, or in memory. */
export function createZipButton(artifact: Artifact, notes: HTMLElement): HTMLElement {
  const button = h("button", { type: "button" }, "Download zip")
  const note = h("p", { class: "quiet", role: "status" })
  const work = async () => {
    button.disabled = true
    notes.replaceChildren(note)
    try {
      setText(note, await save(artifact, (text) => setText(note, text)))
      announce(note.textContent, true)
    } catch (error) {
      const problem = explain(error)
      notes.replaceChildren(...(problem === undefined ? [] : [createProblem(problem)]))
    } finally {
      button.disabled = false
    }
  }
  button.addEventListener("click", () => void work())
  return button
}

/** What to say of it in the end. */
async function save(artifact: Artifact, tell: (text: string) => void): Promise<string> {
  const name = zipName(artifact)
  let told = 0
  const onProgress = ({ bytesDone }: { readonly bytesDone: number }) => {
    if (Date.now() - told < 200) return
    told = Date.now()
    tell(`Zipping: ${bytes(bytesDone)} of ${bytes(artifact.size)}`)
  }
  if (window.showSaveFilePicker !== undefined) {
    const handle = await window.showSaveFilePicker({ suggestedName: name })
    // A file that fails on the way is closed without having changed.
    await zipArtifact(artifact, { onProgress }).pipeTo(await handle.createWritable())
    return `${handle.name} is saved.`
  }
  if (isServed()) {
    await downloadServed(artifact)
    return `${name} is on its way: your browser shows how far it is.`
  }
  const body = zipArtifact(artifact, { onProgress }) as ReadableStream<Uint8Array<ArrayBuffer>>
  saveBlob(await new Response(body).blob(), name)
  return `${name} is saved.`
}

/** In a frame of its own: an answer that is an error must not take this page's place. */
async function downloadServed({ name }: Artifact): Promise<void> {
  const frame = h("iframe", { hidden: true, title: "Download", src: zipAddress(name) })
  const failed = new Promise<string>((resolve) => {
    frame.addEventListener("load", () => resolve(frame.contentDocument?.body.textContent ?? ""))
  })
  const started = new Promise<undefined>((resolve) => setTimeout(resolve, 1500, undefined))
  document.body.append(frame)
  const complaint = await Promise.race([failed, started])
  if (complaint) throw new Error(complaint)
  setTimeout(() => frame.remove(), 60_000)
}
