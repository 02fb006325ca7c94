import type { Json } from "../../core/json.ts"
import { type Html, html } from "./html.ts"
import { printJson } from "./print-json.ts"

/** Control and direction marks, which could make a name read as another one. The two joiners that some scripts need are left alone. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu

/** A name that others chose: kept apart from the text around it whatever its direction, with nothing unseen in it. */
export function name(text: string): Html {
  return html`<bdi>${visible(text)}</bdi>`
}

/** The same for places that hold text only: titles, labels. */
export function visible(text: string): string {
  return text.replace(unseen, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}

/** `1.5 MB`: decimal, as W&B counts. */
export function size(bytes: number | undefined): Html | string {
  if (bytes === undefined) return "unknown"
  const units = ["B", "kB", "MB", "GB", "TB", "PB"]
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  // What is nearly a thousand would be rounded up to one.
  const [shown, unit] = value >= 999.5 && step < units.length - 1 ? [1, units[step + 1]] : [value, units[step]]
  const text = `${shown >= 100 || step === 0 ? Math.round(shown) : shown.toFixed(1)} ${unit}`
  return html`<span class="number" title="${count(bytes)} bytes">${text}</span>`
}

export function count(value: number): string {
  return value.toLocaleString("en-US")
}

/** `1 file`, `2 files`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `23 Nov 2026, 19:22`, with zone and seconds where a mouse points. Everything a server says is UTC. */
export function time(iso: string): Html {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return html`${iso}`
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`
  const full = date.toISOString()
  return html`<time datetime="${full}" title="${full.slice(0, 19).replace("T", " ")} UTC">${day}, ${full.slice(11, 16)}</time>`
}

/** `90 days`, `36 hours`. */
export function duration(seconds: number): string {
  const units = { day: 86_400, hour: 3600, minute: 60, second: 1 }
  const [noun, length] = Object.entries(units).find(([, length]) => seconds % length === 0)!
  return counted(seconds / length, noun)
}

const maxLeaf = 400
/** Longer places are not gone into: each of what is there would repeat them. */
const maxPlace = 1000

/** A value of JSON by its place in the whole: `model.layers[3]`. */
export interface Leaf {
  readonly key: string
  readonly value: Json
}

/** The members of an object down to what has none, lists of plain values whole; `limit` of them at most. */
export function flatten(whole: Json, limit: number): Leaf[] {
  const leaves: Leaf[] = []
  const visit = (key: string, value: Json): void => {
    if (leaves.length >= limit) return
    const inner = isPlain(value) || key.length > maxPlace ? [] : Object.entries(value as object)
    if (inner.length === 0 && key !== "") leaves.push({ key, value })
    for (const [part, child] of inner) visit(join(key, part, Array.isArray(value)), child)
  }
  visit("", whole)
  return leaves
}

function isPlain(value: Json): boolean {
  if (typeof value !== "object" || value === null) return true
  return Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)
}

/** Names that hold what joins names are quoted, so that no two places read the same. */
function join(key: string, part: string, isIndex: boolean): string {
  if (isIndex) return `${key}[${part}]`
  if (part === "" || /[.[\]"]/.test(part)) return `${key}[${JSON.stringify(part)}]`
  return key === "" ? part : `${key}.${part}`
}

/** A value as a page shows it. */
export function showJson(value: Json): string {
  const text = typeof value === "string" ? value : printJson(value, maxLeaf)
  return text.length > maxLeaf ? `${text.slice(0, maxLeaf)}…` : text
}
