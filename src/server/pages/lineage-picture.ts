import { visible } from "./format.ts"
import { type Html, html } from "./html.ts"

export interface Node {
  /** Unlike that of any other node of the picture. */
  readonly key: string
  readonly kind: "run" | "version"
  readonly label: string
  readonly detail: string
  readonly href: string
  readonly isCurrent: boolean
}

export interface Column {
  readonly nodes: readonly Node[]
  /** From and to, by key. */
  readonly edges: readonly (readonly [from: string, to: string])[]
  /** Whether there is more than is drawn. */
  readonly hasMore: boolean
}

interface Point {
  readonly x: number
  readonly y: number
}

const box = { width: 180, height: 46 }
const gap = { x: 48, y: 14 }
const margin = 6
/** Characters that fit into a box. */
const room = 21

/**
 * Runs and versions from left to right as time went, as SVG: each box a link. It has no style of its own, so that the style sheet
 * colours it.
 */
export function drawLineage(title: string, all: readonly Column[]): Html {
  const columns = all.filter(({ nodes }) => nodes.length > 0)
  const rows = Math.max(...columns.map(({ nodes, hasMore }) => nodes.length + (hasMore ? 1 : 0)))
  const width = columns.length * (box.width + gap.x) - gap.x + 2 * margin
  const height = rows * (box.height + gap.y) - gap.y + 2 * margin
  const places = new Map(columns.flatMap((column, at) => placeColumn(column, at, height)))
  const edges = all.flatMap((column) => column.edges)
  const boxes = columns.flatMap(({ nodes }) => nodes).map((node) => drawNode(node, places.get(node.key)!))
  return html`<div class="scroll picture" role="region" aria-label="${title}" tabindex="0">
<svg role="group" aria-labelledby="lineage-title lineage-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title id="lineage-title">${title}</title>
<desc id="lineage-desc">${describe(columns)}</desc>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${edges.map((edge) => drawEdge(edge, places))}
${boxes}
${columns.map((column, at) => column.hasMore && drawMore(placeOf(column, at, column.nodes.length, height)))}
</svg></div>`
}

function placeColumn(column: Column, at: number, height: number): [string, Point][] {
  return column.nodes.map((node, row) => [node.key, placeOf(column, at, row, height)])
}

/** The upper left corner of a box. Columns are centred. */
function placeOf({ nodes, hasMore }: Column, at: number, row: number, height: number): Point {
  const rows = nodes.length + (hasMore ? 1 : 0)
  const top = (height - (rows * (box.height + gap.y) - gap.y)) / 2
  return { x: margin + at * (box.width + gap.x), y: top + row * (box.height + gap.y) }
}

function drawEdge([from, to]: readonly [string, string], places: ReadonlyMap<string, Point>): Html | undefined {
  const [start, end] = [places.get(from), places.get(to)]
  if (start === undefined || end === undefined) return undefined
  const [x1, y1] = [start.x + box.width, start.y + box.height / 2]
  const [x2, y2] = [end.x, end.y + box.height / 2]
  const bend = (x2 - x1) / 2
  return html`<path class="edge" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" marker-end="url(#arrow)"/>
`
}

function drawNode({ kind, label, detail, href, isCurrent }: Node, { x, y }: Point): Html {
  const word = kind === "run" ? "Run" : "Version"
  const corner = kind === "run" ? box.height / 2 : 5
  const inset = kind === "run" ? 20 : 13
  return html`<a href="${href}" class="node ${kind}"${isCurrent && html` aria-current="true"`}>
<title>${`${word} ${visible(label)} (${visible(detail)})`}</title>
<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="${corner}"/>
<text x="${x + inset}" y="${y + 20}">${shorten(label)}</text>
<text class="detail" x="${x + inset}" y="${y + 36}">${shorten(`${kind === "run" ? "run" : "version"} · ${detail}`)}</text>
</a>
`
}

function drawMore({ x, y }: Point): Html {
  return html`<text class="detail" x="${x + 13}" y="${y + 20}">and more …</text>`
}

/** The end of a name tells more than its middle: the version is there. */
function shorten(text: string): string {
  const chars = Array.from(visible(text))
  if (chars.length <= room) return chars.join("")
  return [...chars.slice(0, room - 9), "…", ...chars.slice(-8)].join("")
}

function describe(columns: readonly Column[]): string {
  const names = columns.map(({ nodes }) => nodes.map(({ kind, label }) => `${kind} ${visible(label)}`).join(", "))
  return `From left to right: ${names.join("; then ")}.`
}
