import { h } from "./dom.ts"

export interface VirtualListOptions {
  /** For screen readers. */
  readonly label: string
  /** CSS pixels, the gap included. */
  readonly rowHeight: number
  /** Fill the width with columns of at least so many pixels. Default: one column. */
  readonly columnWidth?: number | undefined
  /** Fills an item; `signal` is aborted when the item leaves the screen. */
  fill(item: HTMLElement, index: number, signal: AbortSignal): void
  /** Makes it a list to choose from, by click and arrow keys. */
  onSelect?: ((index: number) => void) | undefined
}

export interface VirtualList {
  readonly element: HTMLElement
  setCount(count: number): void
  /** Fills what is on screen anew. */
  refresh(): void
  select(index: number): void
}

interface Shown {
  readonly element: HTMLElement
  readonly leave: AbortController
}

const OVERSCAN_ROWS = 3
let lists = 0

/** A list of any length of which only what is on screen exists. */
export function createVirtualList(options: VirtualListOptions): VirtualList {
  const { rowHeight, columnWidth, onSelect } = options
  const id = `list-${++lists}`
  const shown = new Map<number, Shown>()
  const sheet = h("div", { class: "sheet", role: "presentation" })
  const role = onSelect === undefined ? "list" : "listbox"
  const element = h("div", { class: "virtual-list", tabindex: 0, role, "aria-label": options.label, id }, sheet)
  let count = 0
  let columns = 1
  let selected = -1

  const place = (item: HTMLElement, index: number) => {
    item.style.insetInlineStart = `${((index % columns) * 100) / columns}%`
    item.style.inlineSize = `${100 / columns}%`
    item.style.transform = `translateY(${Math.floor(index / columns) * rowHeight}px)`
    item.setAttribute("aria-setsize", String(count))
  }
  const create = (index: number): Shown => {
    const leave = new AbortController()
    const item = h("div", {
      class: "item",
      id: `${id}-${index}`,
      role: onSelect ? "option" : "listitem",
      "aria-posinset": index + 1,
    })
    item.style.blockSize = `${rowHeight}px`
    if (onSelect !== undefined) item.setAttribute("aria-selected", String(index === selected))
    place(item, index)
    options.fill(item, index, leave.signal)
    item.dataset.index = String(index)
    return { element: item, leave }
  }
  const drop = (index: number) => {
    const { element: item, leave } = shown.get(index)!
    leave.abort()
    item.remove()
    shown.delete(index)
  }
  const draw = () => {
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN_ROWS) * columns
    const rows = Math.ceil(element.clientHeight / rowHeight) + 2 * OVERSCAN_ROWS
    const end = Math.min(count, first + rows * columns)
    for (const index of [...shown.keys()]) if (index < first || index >= end) drop(index)
    const fresh: HTMLElement[] = []
    for (let index = first; index < end; index++) {
      if (shown.has(index)) continue
      const one = create(index)
      shown.set(index, one)
      fresh.push(one.element)
    }
    sheet.append(...fresh)
  }
  const layout = () => {
    columns = columnWidth === undefined ? 1 : Math.max(1, Math.floor(element.clientWidth / columnWidth))
    sheet.style.blockSize = `${Math.ceil(count / columns) * rowHeight}px`
    for (const [index, { element: item }] of shown) place(item, index)
    draw()
  }
  const select = (index: number) => {
    shown.get(selected)?.element.setAttribute("aria-selected", "false")
    selected = index
    const top = Math.floor(index / columns) * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight - element.clientHeight
    draw()
    shown.get(index)?.element.setAttribute("aria-selected", "true")
    element.setAttribute("aria-activedescendant", `${id}-${index}`)
    onSelect?.(index)
  }
  const steps = (): Readonly<Record<string, number>> => ({
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: Math.floor(element.clientHeight / rowHeight) * columns,
    PageUp: -Math.floor(element.clientHeight / rowHeight) * columns,
    Home: -count,
    End: count,
  })

  element.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true })
  new ResizeObserver(layout).observe(element)
  if (onSelect !== undefined) {
    element.addEventListener("click", ({ target }) => {
      const item = (target as Element).closest<HTMLElement>(".item")
      if (item?.dataset.index !== undefined) select(Number(item.dataset.index))
    })
    element.addEventListener("keydown", (event) => {
      const step = steps()[event.key]
      if (step === undefined || count === 0) return
      event.preventDefault()
      select(Math.min(count - 1, Math.max(0, selected + step)))
    })
  }

  return {
    element,
    select,
    setCount(next) {
      count = next
      if (selected >= count) selected = -1
      layout()
    },
    refresh() {
      for (const index of [...shown.keys()]) drop(index)
      layout()
    },
  }
}
