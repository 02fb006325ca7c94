type Attribute = string | number | boolean | undefined | ((event: Event) => void)
export type Child = Node | string | undefined | false

/** An element with attributes, listeners (`onclick`, …) and children. Text is always text, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value))
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`index.html has no element "${id}"`)
  return element
}

/** Sets text only when it differs, so that screen readers and layout are left in peace. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** A file name that is cut in the middle, where names of one series are alike: its end stays readable. */
export function fileName(path: string): HTMLElement {
  const cut = path.length > 16 ? path.length - 9 : path.length
  const parts = [h("span", { class: "stem" }, path.slice(0, cut)), h("span", { class: "tail" }, path.slice(cut))]
  return h("span", { class: "file-name", title: path }, h("bdi", {}, ...parts))
}

/** Moves the focus to what has taken the place of the focused control. */
export function focusOn(element: HTMLElement | null): void {
  if (element === null) return
  if (!element.matches("a, button, input, select, textarea, [tabindex]")) element.tabIndex = -1
  element.focus({ preventScroll: true })
}

const announcements = { last: 0, timer: 0 }
const QUIET_MS = 4000

/** Tells screen readers. At most one message in four seconds, the latest; `now` is for what ends something. */
export function announce(text: string, now = false): void {
  clearTimeout(announcements.timer)
  const wait = now ? 0 : Math.max(0, announcements.last + QUIET_MS - Date.now())
  announcements.timer = window.setTimeout(() => {
    announcements.last = Date.now()
    byId("live").textContent = text
  }, wait)
}
