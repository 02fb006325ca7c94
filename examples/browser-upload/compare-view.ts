import { type Artifact, diffManifests } from "isofact"
import { byName, collectionOf, openVersion, pathsOf, versionOf } from "./catalog.ts"
import { fileName, h } from "./dom.ts"
import { bytes, count, files } from "./format.ts"
import { createPreview } from "./preview.ts"
import { versionHash } from "./router.ts"
import { createVirtualList } from "./virtual-list.ts"

type Change = "added" | "removed" | "changed" | "same"

interface Row {
  readonly path: string
  readonly change: Change
  readonly from: number | undefined
  readonly to: number | undefined
}

const names: Record<Change, string> = { added: "Added", removed: "Removed", changed: "Changed", same: "Same" }
type Choice = "changes" | Change

/** Two versions of an artifact side by side: which files came, went, changed and stayed. */
export async function createCompareView(fromName: string, toName: string): Promise<HTMLElement> {
  const [from, to] = await Promise.all([openVersion(fromName), openVersion(toName)])
  const rows = compare(from, to)
  const amount = (change: Change) => rows.filter((row) => row.change === change).length
  const before = createPreview(`In ${from.name}`)
  const after = createPreview(`In ${to.name}`)
  let shown: readonly Row[] = []
  const list = createVirtualList({
    label: "Files",
    rowHeight: 36,
    fill: (item, index) => fillRow(item, shown[index]!),
    onSelect: (index) => show(shown[index]!),
  })
  const show = ({ path, change }: Row) => {
    if (change === "added") before.clear(`Not in ${versionOf(from.name)}.`)
    else before.show(from, path)
    if (change === "removed") after.clear(`Not in ${versionOf(to.name)}.`)
    else after.show(to, path)
  }
  const choose = (choice: Choice) => {
    shown = rows.filter(({ change }) => (choice === "changes" ? change !== "same" : change === choice))
    list.setCount(shown.length)
    list.refresh()
    list.element.dataset.empty = String(shown.length === 0)
    before.clear(shown.length === 0 ? "No such files." : "Choose a file to see it in both versions.")
    after.clear("")
  }
  const changed = rows.length - amount("same")
  choose(changed > 0 ? "changes" : "same")
  return h(
    "div",
    { class: "compare" },
    createHead(from, to, changed),
    createChoices(changed, amount, choose),
    h(
      "div",
      { class: "browser" },
      h("div", { class: "files" }, list.element),
      h("div", { class: "pair" }, createSide(from, before.element), createSide(to, after.element)),
    ),
  )
}

function compare(from: Artifact, to: Artifact): Row[] {
  const diff = diffManifests(from.manifest, to.manifest)
  const rows: Row[] = [
    ...diff.added.map(({ path, size }): Row => ({ path, change: "added", from: undefined, to: size })),
    ...diff.removed.map(({ path, size }): Row => ({ path, change: "removed", from: size, to: undefined })),
    ...diff.changed.map(({ path, from: old, to: next }): Row => ({ path, change: "changed", from: old.size, to: next.size })),
  ]
  const touched = new Set(rows.map(({ path }) => path))
  for (const path of pathsOf(to)) {
    const { size } = to.getEntry(path)
    if (!touched.has(path)) rows.push({ path, change: "same", from: size, to: size })
  }
  return rows.sort((a, b) => byName(a.path, b.path))
}

function createHead(from: Artifact, to: Artifact, changed: number): HTMLElement {
  const title = `${collectionOf(to.name)} ${versionOf(from.name)} and ${versionOf(to.name)}`
  const text = changed === 0 ? "Both hold the same files." : `${files(changed)} ${changed === 1 ? "differs" : "differ"}.`
  return h(
    "header",
    { class: "version-header" },
    h("a", { class: "back always", href: versionHash(to.name) }, to.name),
    h("h1", { tabindex: -1 }, title),
    h("p", { class: "quiet" }, text),
  )
}

function createChoices(changed: number, amount: (change: Change) => number, choose: (choice: Choice) => void): HTMLElement {
  const choices: readonly (readonly [Choice, string, number])[] = [
    ["changes", "All changes", changed],
    ...(["added", "removed", "changed", "same"] as const).map((change) => [change, names[change], amount(change)] as const),
  ]
  const initial: Choice = changed > 0 ? "changes" : "same"
  const radios = choices.map(([value, label, number]) =>
    h(
      "label",
      { class: "choice", "data-change": value },
      h("input", { type: "radio", name: "changes", value, checked: value === initial, onchange: () => choose(value) }),
      h("span", {}, label, " ", h("b", {}, count(number))),
    ),
  )
  return h("fieldset", { class: "choices" }, h("legend", { class: "unseen" }, "Show files that are"), ...radios)
}

function createSide(artifact: Artifact, preview: HTMLElement): HTMLElement {
  return h("div", { class: "pair-side" }, h("h2", {}, versionOf(artifact.name)), preview)
}

function fillRow(item: HTMLElement, { path, change, from, to }: Row): void {
  const isResized = change === "changed" && from !== to
  const size = isResized ? `${bytes(from ?? 0)} to ${bytes(to ?? 0)}` : bytes(to ?? from ?? 0)
  item.append(
    h("span", { class: "change", "data-change": change }, names[change]),
    fileName(path),
    h("span", { class: "size" }, size),
  )
}
