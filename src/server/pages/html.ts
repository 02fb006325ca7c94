/** Markup that is ready to be sent. Only {@link html} makes it, so whatever is in one has been escaped once, and only once. */
export interface Html {
  readonly markup: string
  readonly [made]: true
}

/** What may stand in a template: text and numbers are escaped, lists are joined, and nothing is shown for `undefined`, `null` and `false`. */
export type Piece = Html | string | number | undefined | null | false | readonly Piece[]

const made: unique symbol = Symbol("html")

/**
 * A template whose every value is escaped, for element content and for attributes in double quotes. Addresses that somebody else
 * wrote must pass `webAddress` first: no escaping makes `javascript:` harmless.
 */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { markup: texts.reduce((markup, text, at) => markup + render(pieces[at - 1]) + text), [made]: true }
}

function render(piece: Piece): string {
  if (piece === undefined || piece === null || piece === false) return ""
  if (typeof piece === "string" || typeof piece === "number") return escapeText(String(piece))
  return made in piece ? piece.markup : piece.map(render).join("")
}

const entities: { readonly [char: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char]!)
}

/** The address as it may stand in a link, or undefined: only the web's own schemes do nothing but open a page. */
export function webAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined
}
