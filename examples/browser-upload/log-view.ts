import { announce, focusOn, h, setText } from "./dom.ts"
import { acceptDrops, createDropZone } from "./drop-zone.ts"
import { type Folder, readFolder, type takeDrop } from "./folder.ts"
import { bytes, files } from "./format.ts"
import { createLogForm, suggestName } from "./log-form.ts"
import { createPictures } from "./pictures.ts"
import { emptyFolder, explain, explainRoom, noPermission, type Problem } from "./problems.ts"
import { createProblem, createProgressPanel, type ProgressPanel } from "./progress-panel.ts"
import { createResumePanel } from "./resume-panel.ts"
import { type Details, endSession, loadSession, type Session } from "./session.ts"
import { roomLeft } from "./storage.ts"
import { createUpload, type Upload } from "./upload.ts"

type Parts = Awaited<ReturnType<typeof takeDrop>>

export interface LogView {
  readonly element: HTMLElement
  /** What is being logged, for the rest of the page. */
  upload(): Upload | undefined
}

const fresh: Details = { name: "", type: "dataset", description: "", aliases: [] }

/** From an empty page to a logged version. `onLogged` is called when there is a new one, `onWork` when logging gets on. */
export async function createLogView(on: { logged(): void; work(): void; attention(): void }): Promise<LogView> {
  const side = h("div", { class: "side" })
  const pictures = createPictures()
  const element = h("div", { class: "log" }, side, pictures.element)
  let session: Session | undefined = await loadSession().catch(() => undefined)
  let upload: Upload | undefined
  let panel: ProgressPanel | undefined
  let reading: AbortController | undefined
  const isWorking = () => upload !== undefined && ["running", "pausing"].includes(upload.state().is)

  const show = (state: string, ...children: (HTMLElement | undefined)[]) => {
    const hadFocus = side.contains(document.activeElement)
    element.dataset.state = state
    side.replaceChildren(...children.filter((child) => child !== undefined))
    if (hadFocus) focusOn(side.querySelector("h1, h2"))
  }
  const warnBusy = () => {
    const text = `${upload?.details.name} is being logged. Pause it, or wait, before you drop another folder.`
    side.querySelector(".warning")?.remove()
    side.append(h("p", { class: "warning", role: "alert" }, text))
  }
  const showEmpty = (problem?: Problem) => {
    upload = undefined
    pictures.clear()
    const resume = session && createResumePanel(session, () => void resumeByHandle(), discard)
    show(
      "empty",
      problem && createProblem(problem),
      resume,
      createDropZone((parts) => void read(parts)),
    )
    on.work()
  }
  const discard = async () => {
    session = undefined
    await endSession()
    showEmpty()
  }
  const showReading = (stop: AbortController) => {
    const line = h("p", { class: "lead" }, "Opening…")
    const cancel = h("button", { type: "button", onclick: () => stop.abort() }, "Cancel")
    const panel = h(
      "section",
      { class: "panel" },
      h("h1", { tabindex: -1 }, "Reading the folder"),
      line,
      h("div", { class: "actions" }, cancel),
    )
    show("reading", panel)
    return (folder: Folder) => {
      setText(line, `${folder.name}: ${files(folder.files.length)}, ${bytes(folder.bytes)} so far`)
      pictures.show(folder)
    }
  }
  const read = async (taking: Promise<Parts>, then: (folder: Folder) => void = showReady) => {
    on.attention()
    if (isWorking()) return warnBusy()
    // What has stopped is gone on with by logging the folder that was dropped in its place.
    if (upload !== undefined) session = await loadSession().catch(() => undefined)
    upload = undefined
    on.work()
    reading?.abort()
    const stop = new AbortController()
    reading = stop
    try {
      const parts = await taking
      const tell = showReading(stop)
      pictures.clear()
      const folder = await readFolder(parts, tell, stop.signal)
      if (stop === reading) folder.files.length === 0 ? showEmpty(emptyFolder) : then(folder)
    } catch (error) {
      if (stop === reading) showEmpty(explain(error))
    }
  }
  const showReady = (folder: Folder) => {
    pictures.show(folder)
    const given = session?.details ?? { ...fresh, name: suggestName(folder.name) }
    const form = createLogForm(
      given,
      (details) => begin(folder, details),
      () => showEmpty(),
    )
    const left = folder.leftOut > 0 && h("p", { class: "quiet" }, `${files(folder.leftOut)} of the operating system left out.`)
    const facts = h("p", { class: "lead" }, `${files(folder.files.length)}, ${bytes(folder.bytes)}`)
    const warning = h("div", {})
    const again =
      session &&
      h("p", { class: "quiet" }, `To go on with ${session.details.name}, keep its name. What is stored is not stored again.`)
    const panel = h(
      "section",
      { class: "panel" },
      h("h1", { tabindex: -1 }, folder.name),
      facts,
      left || "",
      again ?? "",
      warning,
      form.element,
    )
    show("ready", panel)
    focusOn(panel.querySelector("h1"))
    announce(`${folder.name}: ${files(folder.files.length)}, ${bytes(folder.bytes)}. Name it and log it.`, true)
    void roomLeft().then((room) => {
      const text = explainRoom(folder.bytes, room)
      if (text !== undefined) warning.append(h("p", { class: "warning" }, text))
    })
  }
  const begin = (folder: Folder, details: Details) => {
    pictures.show(folder)
    const earlier = session?.details.name === details.name ? session : undefined
    upload = createUpload(folder, details, changed, earlier)
    session = undefined
    panel = createProgressPanel(upload, () => showEmpty())
    show("logging", panel.element)
    upload.start()
  }
  const changed = () => {
    if (upload === undefined) return
    panel?.show(upload.state())
    if (!isWorking()) side.querySelector(":scope > .warning")?.remove()
    on.work()
    if (upload.state().is === "finished") on.logged()
  }
  const resumeByHandle = async () => {
    const { handle, details } = session ?? {}
    if (handle === undefined || details === undefined) return
    const permission = (await handle.queryPermission?.({ mode: "read" })) ?? "granted"
    const asked = permission === "granted" ? permission : await handle.requestPermission?.({ mode: "read" }).catch(() => "denied")
    if (asked === "granted") await read(Promise.resolve([handle]), (folder) => begin(folder, details))
    else showEmpty(noPermission)
  }

  acceptDrops((parts) => void read(parts))
  showEmpty()
  return { element, upload: () => upload }
}
