import type { Artifact } from "isofact"
import { byName, collectionOf, openVersion, pathsOf, type Shelf, versionOf } from "./catalog.ts"
import { confirmDeletion } from "./confirm.ts"
import { fileName, h, setText } from "./dom.ts"
import { bytes, count, ending, files, time } from "./format.ts"
import { createPreview } from "./preview.ts"
import { explain } from "./problems.ts"
import { createProblem } from "./progress-panel.ts"
import { compareHash } from "./router.ts"
import { createZipButton } from "./save-zip.ts"
import { createChip } from "./shelf-view.ts"
import { createThumbnail } from "./thumbnails.ts"
import { createVirtualList } from "./virtual-list.ts"

export interface VersionViewOptions {
  readonly shelves: readonly Shelf[]
  /** The version is gone; what it leaves behind is to be tidied. */
  onDeleted(name: string): void
}

/** One version: what it is, its files, one of them as it looks, and what can be done with it. */
export async function createVersionView(name: string, options: VersionViewOptions): Promise<HTMLElement> {
  const artifact = await openVersion(name)
  const notes = h("div", { class: "notes" })
  return h(
    "div",
    { class: "version" },
    createHead(artifact),
    h(
      "div",
      { class: "toolbar" },
      createZipButton(artifact, notes),
      createCompare(artifact, options.shelves),
      createDelete(artifact, notes, options),
    ),
    notes,
    createBrowser(artifact),
  )
}

function createHead(artifact: Artifact): HTMLElement {
  const { name, aliases, type, fileCount, size, createdAt, description } = artifact
  return h(
    "header",
    { class: "version-header" },
    h("a", { class: "back", href: "#/" }, "All artifacts"),
    h(
      "div",
      { class: "version-title" },
      h("h1", { tabindex: -1 }, collectionOf(name), " ", h("span", { class: "version-number" }, versionOf(name))),
      aliases.length > 0 && h("div", { class: "chips", role: "group", "aria-label": "Aliases" }, ...aliases.map(createChip)),
    ),
    h("p", { class: "quiet" }, `${type}, ${files(fileCount)}, ${bytes(size)}, logged ${time(createdAt)}`),
    description !== null && h("p", { class: "description" }, description),
  )
}

function createCompare({ name }: Artifact, shelves: readonly Shelf[]): HTMLElement | undefined {
  const others = shelves.find(({ versions }) => versions.some((version) => version.name === name))?.versions ?? []
  if (others.length < 2) return undefined
  const choices = others
    .filter((version) => version.name !== name)
    .map((version) => h("option", { value: version.name }, versionOf(version.name)))
  const select = h("select", { id: "compare-with" }, h("option", { value: "" }, "Choose…"), ...choices)
  select.addEventListener("change", () => {
    if (select.value !== "") location.hash = inOrder(select.value, name)
  })
  return h("span", { class: "compare-control" }, h("label", { for: "compare-with" }, "Compare with"), select)
}

/** The older first, so that what is called added came later. */
function inOrder(one: string, other: string): string {
  return byName(one, other) < 0 ? compareHash(other, one) : compareHash(one, other)
}

function createDelete(artifact: Artifact, notes: HTMLElement, { onDeleted }: VersionViewOptions): HTMLElement {
  const remove = async () => {
    if (!(await confirmDeletion(artifact))) return
    try {
      await artifact.delete({ deleteAliases: true })
      onDeleted(artifact.name)
    } catch (error) {
      const problem = explain(error)
      if (problem !== undefined) notes.replaceChildren(createProblem(problem))
    }
  }
  return h("button", { class: "danger", type: "button", onclick: () => void remove() }, "Delete")
}

function createBrowser(artifact: Artifact): HTMLElement {
  const all = pathsOf(artifact)
  let paths = all
  const preview = createPreview("Preview")
  const found = h("p", { class: "quiet found", role: "status" })
  const list = createVirtualList({
    label: `Files of ${artifact.name}`,
    rowHeight: 44,
    onSelect: (index) => preview.show(artifact, paths[index]!),
    fill(item, index, signal) {
      const path = paths[index]!
      const entry = artifact.getEntry(path)
      item.append(
        createThumbnail(path, () => entry.blob({ signal }), signal),
        fileName(path),
        h("span", { class: "kind" }, ending(path)),
        h("span", { class: "size" }, bytes(entry.size ?? 0)),
      )
    },
  })
  const filter = h("input", {
    type: "search",
    id: "filter",
    placeholder: "Part of a name",
    autocomplete: "off",
    spellcheck: "false",
  })
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase()
    paths = wanted === "" ? all : all.filter((path) => path.toLowerCase().includes(wanted))
    setText(found, wanted === "" ? "" : `${count(paths.length)} of ${files(all.length)}`)
    list.setCount(paths.length)
    list.refresh()
  })
  list.setCount(paths.length)
  preview.clear(all.length === 0 ? "This version has no files." : "Choose a file to see it.")
  const search = h("div", { class: "search" }, h("label", { for: "filter" }, "Find a file"), filter, found)
  return h("div", { class: "browser" }, h("div", { class: "files" }, search, list.element), preview.element)
}
