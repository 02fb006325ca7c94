import { announce, focusOn, h, setText } from "./dom.ts"
import { bytes, duration, files } from "./format.ts"
import { bytesLine, filesLine, paceLine, type Reading } from "./meter.ts"
import type { Problem } from "./problems.ts"
import { versionHash } from "./router.ts"
import type { Step, Summary, Upload, UploadState } from "./upload.ts"

export interface ProgressPanel {
  readonly element: HTMLElement
  show(state: UploadState): void
}

const stepNames: Record<Step, string> = { hash: "Read and check", store: "Store" }
const headings: Record<UploadState["is"], (name: string) => string> = {
  running: (name) => `Logging ${name}`,
  pausing: (name) => `Pausing ${name}…`,
  paused: (name) => `${name} is paused`,
  failed: (name) => `${name} has stopped`,
  finished: () => "Logged",
}

/** How far logging is, and the buttons to hold it. */
export function createProgressPanel(upload: Upload, onDone: () => void): ProgressPanel {
  const heading = h("h1", { tabindex: -1 })
  const steps = { hash: createStepRow("hash"), store: createStepRow("store") }
  const list = h("ol", { class: "steps" }, steps.hash.element, steps.store.element)
  const note = h("div", { class: "note" })
  const hold = h("button", { type: "button" })
  const cancel = h("button", { type: "button" }, "Give up")
  const actions = h("div", { class: "actions" }, hold, cancel)
  const element = h("section", { class: "panel progress", "aria-label": "Logging" }, heading, list, note, actions)
  let was: UploadState["is"] | undefined

  hold.addEventListener("click", () => (upload.state().is === "running" ? upload.pause() : upload.start()))
  cancel.addEventListener("click", () => {
    cancel.disabled = true
    void upload.cancel().then(onDone)
  })

  const showReading = (state: Exclude<UploadState, { is: "finished" }>) => {
    const { is, step, reading } = state
    for (const name of ["hash", "store"] as const) {
      const isDone = name === "hash" && step === "store"
      steps[name].show(
        isDone ? "done" : name === step ? is : "waiting",
        isDone ? undefined : name === step ? reading : undefined,
        upload,
      )
    }
    setText(hold, is === "running" || is === "pausing" ? "Pause" : is === "failed" ? "Try again" : "Go on")
    hold.disabled = is === "pausing"
    hold.classList.toggle("primary", is === "paused" || is === "failed")
    cancel.hidden = is === "running" || is === "pausing"
    if (is === "running") announce(`${stepNames[step]}: ${Math.round(reading.share * 10) * 10} percent. ${paceLine(reading)}`)
  }
  const enter = (state: UploadState) => {
    setText(heading, headings[state.is](upload.details.name))
    element.dataset.state = state.is
    if (state.is === "finished") {
      const hadFocus = element.contains(document.activeElement)
      element.replaceChildren(...createSummary(state.summary, heading, onDone))
      if (hadFocus) focusOn(heading)
    } else if (state.is === "failed") note.replaceChildren(createProblem(state.problem))
    else
      note.replaceChildren(
        state.is === "paused" ? h("p", {}, "What is stored stays stored. You may close this page and go on later.") : "",
      )
    // A problem is an alert and tells itself.
    if (state.is !== "running" && state.is !== "failed") announce(sentenceOf(state, upload.details.name), true)
  }
  return {
    element,
    show(state) {
      if (state.is !== was) enter(state)
      was = state.is
      if (state.is !== "finished") showReading(state)
    },
  }
}

/** A failure with its way out. */
export function createProblem({ title, advice, detail }: Problem): HTMLElement {
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("h3", {}, title),
    h("p", {}, advice),
    detail !== undefined && detail !== advice && h("details", {}, h("summary", {}, "Details"), h("p", { class: "detail" }, detail)),
  )
}

function createStepRow(step: Step) {
  const bar = h("progress", { max: 1, value: 0, "aria-labelledby": `step-${step}` })
  const amount = h("span", { class: "amount" })
  const size = h("span", { class: "amount" })
  const pace = h("span", { class: "pace" })
  const element = h(
    "li",
    {},
    h("div", { class: "step-head" }, h("span", { id: `step-${step}`, class: "step-name" }, stepNames[step]), amount),
    bar,
    h("div", { class: "step-foot" }, size, pace),
  )
  return {
    element,
    show(state: "waiting" | "done" | UploadState["is"], reading: Reading | undefined, { folder }: Upload) {
      element.dataset.state = state
      bar.value = state === "done" ? 1 : (reading?.share ?? 0)
      setText(amount, reading ? filesLine(reading) : state === "done" ? files(folder.files.length) : "")
      setText(size, reading ? bytesLine(reading) : state === "done" ? bytes(folder.bytes) : "")
      setText(pace, reading && state === "running" ? paceLine(reading) : "")
    },
  }
}

function createSummary(summary: Summary, heading: HTMLElement, onDone: () => void): HTMLElement[] {
  const { name, unchanged, filesStored, filesThere, seconds } = summary
  setText(heading, unchanged ? `Nothing has changed since ${name}` : `${name} is logged`)
  const rows: readonly (readonly [string, string])[] = unchanged
    ? [["Files", `${files(filesThere)}, ${bytes(summary.bytes)}`]]
    : [
        ["Stored now", files(filesStored)],
        ...(filesThere > 0 ? [["Stored before", files(filesThere)] as const] : []),
        ["Size", bytes(summary.bytes)],
        ["Time", duration(seconds)],
      ]
  const facts = rows.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))
  return [
    heading,
    h("dl", { class: "facts" }, ...facts),
    h(
      "div",
      { class: "actions" },
      h("a", { class: "button primary", href: versionHash(name) }, `Open ${name}`),
      h("button", { type: "button", onclick: onDone }, "Log another folder"),
    ),
  ]
}

function sentenceOf(state: UploadState, name: string): string {
  if (state.is !== "finished") return headings[state.is](name)
  const { summary } = state
  if (summary.unchanged) return `Nothing has changed since ${summary.name}.`
  return `${summary.name} is logged: ${files(summary.filesStored)} stored now, ${files(summary.filesThere)} stored before.`
}
