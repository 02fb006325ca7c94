type Property = string | number | boolean | ((event: Event) => void)

/** An element with properties (`className`, `onclick`, `ariaLabel`, …) and children. Text is always text, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Readonly<Record<string, Property>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

export function find<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`index.html has no element "${id}"`)
  return element as E
}

/** What went wrong, said where it was expected. isofact's messages name the way out. */
export const problem = (error: unknown): HTMLElement =>
  make("p", { className: "problem", role: "alert" }, error instanceof Error ? error.message : String(error))
