import type { Call } from "../call.ts"
import type { Html } from "./html.ts"
import type { Links } from "./links.ts"

/** One look at one page, by somebody who is signed in. */
export interface Visit {
  readonly call: Call
  readonly request: Request
  readonly links: Links
  readonly query: URLSearchParams
}

export interface Crumb {
  readonly label: string
  readonly href: string
}

export interface Page {
  readonly title: string
  /** From the top down, the page itself left out. */
  readonly crumbs: readonly Crumb[]
  readonly body: Html
  /** Default 200. */
  readonly status?: number | undefined
}

/** A page, another address to go to, or bytes as they are; undefined: there is nothing at that address, or nothing this visitor may see. */
export type Answer = Page | { readonly redirect: string } | Response | undefined
