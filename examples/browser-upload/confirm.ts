import type { Artifact } from "isofact"
import { h } from "./dom.ts"
import { bytes, files } from "./format.ts"

/** Asks before a version is deleted. The safe answer has the focus, and the focus goes back to where it was. */
export function confirmDeletion({ name, fileCount, size, aliases }: Artifact): Promise<boolean> {
  const labels =
    aliases.length > 1
      ? ` Its aliases ${aliases.join(", ")} go too.`
      : aliases.length === 1
        ? ` Its alias ${aliases[0]} goes too.`
        : ""
  const text = `${files(fileCount)}, ${bytes(size)}.${labels} Files that other versions share stay. This cannot be undone.`
  const keep = h("button", { type: "submit", value: "keep", autofocus: true }, "Keep it")
  const remove = h("button", { class: "danger", type: "submit", value: "delete" }, `Delete ${name}`)
  const dialog = h(
    "dialog",
    { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "confirm-title" }, `Delete ${name}?`),
      h("p", { id: "confirm-text" }, text),
      h("div", { class: "actions" }, keep, remove),
    ),
  )
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "delete")
    })
  })
}
