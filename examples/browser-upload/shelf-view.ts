import type { Artifact } from "isofact"
import { type Shelf, versionOf } from "./catalog.ts"
import { h, setText } from "./dom.ts"
import { bytes, date, files } from "./format.ts"
import { versionHash } from "./router.ts"
import type { Upload } from "./upload.ts"

/** More than so many versions of one artifact are folded away. */
const VERSIONS_SHOWN = 4

export interface ShelfView {
  show(shelves: readonly Shelf[]): void
  showWork(upload: Upload | undefined): void
  mark(version: string | undefined): void
}

/** The list of everything that is stored, and the way back to logging. */
export function createShelfView(place: HTMLElement): ShelfView {
  const work = h("span", { class: "work" })
  const log = h("a", { class: "log-link", href: "#/" }, h("span", {}, "Log a folder"), work)
  const list = h("div", { class: "collections" })
  const unfolded = new Set<string>()
  let marked: string | undefined
  place.append(log, list)

  const mark = (version: string | undefined) => {
    marked = version
    log.toggleAttribute("aria-current", version === undefined)
    for (const link of list.querySelectorAll("a")) {
      if (link.dataset.version === version) link.setAttribute("aria-current", "page")
      else link.removeAttribute("aria-current")
    }
  }
  const show = (shelves: readonly Shelf[]) => {
    const sections = shelves.map((shelf) => createSection(shelf, unfolded, () => show(shelves)))
    const empty = h("p", { class: "shelf-empty quiet" }, "Nothing is stored yet. The first folder you log appears here.")
    list.replaceChildren(h("h2", { class: "shelf-title" }, "Stored here"), ...(sections.length > 0 ? sections : [empty]))
    mark(marked)
  }
  return {
    show,
    mark,
    showWork(upload) {
      const state = upload?.state()
      const text =
        state === undefined || state.is === "finished"
          ? ""
          : state.is === "running"
            ? `${state.step === "hash" ? "Reading" : "Storing"} ${Math.floor(state.reading.share * 100)} %`
            : state.is === "failed"
              ? "Stopped"
              : "Paused"
      setText(work, text)
    },
  }
}

function createSection({ name, type, versions }: Shelf, unfolded: Set<string>, again: () => void): HTMLElement {
  const isFolded = versions.length > VERSIONS_SHOWN + 1 && !unfolded.has(name)
  const shown = isFolded ? versions.slice(0, VERSIONS_SHOWN) : versions
  const unfold = () => {
    unfolded.add(name)
    again()
  }
  return h(
    "section",
    { class: "collection", "aria-label": name },
    h("h3", {}, h("span", { class: "collection-name", title: name }, name), h("span", { class: "quiet" }, type)),
    h("ul", {}, ...shown.map((version) => h("li", {}, createLink(version)))),
    isFolded && h("button", { class: "link", type: "button", onclick: unfold }, `All ${versions.length} versions`),
  )
}

function createLink(version: Artifact): HTMLElement {
  const { name, aliases, fileCount, size, createdAt } = version
  return h(
    "a",
    { href: versionHash(name), "data-version": name },
    h("span", { class: "version-head" }, h("b", {}, versionOf(name)), ...aliases.map(createChip)),
    h("span", { class: "quiet" }, `${files(fileCount)}, ${bytes(size)}, ${date(createdAt)}`),
  )
}

export const createChip = (alias: string): HTMLElement => h("span", { class: "chip" }, alias)
