import { make } from "./dom.ts"

/** Layers of boxes and masks, by kind and name, and which of them are to be seen. Tells with the event `change`. */
export class Layers extends EventTarget {
  readonly element = make("fieldset", { className: "layers", hidden: true }, make("legend", {}, "Over the pictures"))
  readonly #hidden = new Set<string>()
  readonly #known = new Set<string>()

  isShown(kind: "boxes" | "mask", name: string): boolean {
    return !this.#hidden.has(`${kind} ${name}`)
  }

  /** A picture has such a layer. */
  add(kind: "boxes" | "mask", name: string): void {
    const layer = `${kind} ${name}`
    if (this.#known.has(layer)) return
    this.#known.add(layer)
    const input = make("input", { type: "checkbox", checked: true, onchange: () => this.#turn(layer, input.checked) })
    this.element.append(make("label", {}, input, ` ${layer}`))
    this.element.hidden = false
  }

  #turn(layer: string, isShown: boolean): void {
    if (isShown) this.#hidden.delete(layer)
    else this.#hidden.add(layer)
    this.dispatchEvent(new Event("change"))
  }
}
