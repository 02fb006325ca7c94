import { h } from "./dom.ts"
import { count } from "./format.ts"
import type { Session } from "./session.ts"

/** Offers to go on with what a reload has interrupted: with one click where the folder is known, else by dropping it again. */
export function createResumePanel(session: Session, onContinue: () => void, onDiscard: () => void): HTMLElement {
  const { details, filesStored, filesTotal, folderName, handle } = session
  const stored = `${count(filesStored)} of ${count(filesTotal)} files are stored.`
  const how =
    handle === undefined
      ? `Drop the folder “${folderName}” again, or choose it, to go on. Nothing is stored twice.`
      : "Going on reads the folder again and stores only what is missing."
  return h(
    "section",
    { class: "panel resume", "aria-labelledby": "resume-heading" },
    h("h2", { id: "resume-heading" }, `${details.name} is not finished`),
    h("p", {}, `${stored} ${how}`),
    h("progress", { max: filesTotal || 1, value: filesStored, "aria-label": "Files stored" }),
    h(
      "div",
      { class: "actions" },
      handle !== undefined &&
        h("button", { class: "primary", type: "button", onclick: onContinue }, `Continue logging ${details.name}`),
      h("button", { type: "button", onclick: onDiscard }, "Forget it"),
    ),
  )
}
