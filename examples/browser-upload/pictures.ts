import { fileName, h, setText } from "./dom.ts"
import type { Folder } from "./folder.ts"
import { files } from "./format.ts"
import { createThumbnail } from "./thumbnails.ts"
import { createVirtualList } from "./virtual-list.ts"

export interface Pictures {
  readonly element: HTMLElement
  /** Shows the folder as far as it is read. */
  show(folder: Folder): void
  clear(): void
}

/** The files of a folder as small pictures, as many as fit on the screen at a time. */
export function createPictures(): Pictures {
  let folder: Folder | undefined
  const caption = h("h2", { class: "caption" })
  const list = createVirtualList({
    label: "Files of the folder",
    rowHeight: 136,
    columnWidth: 108,
    fill(item, index, signal) {
      const found = folder?.files[index]
      if (found === undefined) return
      const { path, file } = found
      item.append(
        h(
          "div",
          { class: "picture" },
          createThumbnail(path, async () => file, signal),
          fileName(path),
        ),
      )
    },
  })
  const element = h("section", { class: "pictures", hidden: true, "aria-label": "Pictures" }, caption, list.element)
  return {
    element,
    show(next) {
      const isSorted = folder === next && element.dataset.files === String(next.files.length)
      folder = next
      element.hidden = next.files.length === 0
      element.dataset.files = String(next.files.length)
      setText(caption, files(next.files.length))
      list.setCount(next.files.length)
      // Reading ends with the files in order.
      if (isSorted) list.refresh()
    },
    clear() {
      folder = undefined
      element.hidden = true
      list.setCount(0)
    },
  }
}
