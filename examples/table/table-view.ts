import type { MediaObject } from "isofact"
import { JoinedTable, PartitionedTable, Table } from "isofact/media"
import { showCell } from "./cells.ts"
import { make, problem } from "./dom.ts"
import { Layers } from "./layers.ts"

/** Rows that are read and shown at a time. */
const PAGE = 12

/** A table of any kind, with the layers of its pictures to choose from. */
export async function showTable(object: MediaObject | undefined): Promise<HTMLElement> {
  if (object instanceof JoinedTable) {
    const { table1, table2, joinKey } = object
    const lead = make("p", {}, `Two tables, joined by ${[joinKey].flat().join(" and ")}`)
    const parts = [table1, table2].map((part) => (typeof part === "string" ? problem(`No table: ${part}`) : showTable(part)))
    return make("div", {}, lead, ...(await Promise.all(parts)))
  }
  if (object instanceof Table) return rowsView(object.columns, (range) => object.iterrows(range), typesOf(object))
  if (object instanceof PartitionedTable) {
    for await (const part of object.parts()) return rowsView(part.columns, (range) => object.iterrows(range), typesOf(part))
    return make("p", {}, "This table has no parts.")
  }
  return problem(`No table, but ${object === undefined ? "nothing" : object.logType}`)
}

const typesOf = ({ columnTypes }: Table): string[] => Array.from(columnTypes.values(), String)

type ReadRows = (range: { start: number; end: number }) => AsyncIterable<[unknown, readonly unknown[]]>

function rowsView(columns: readonly string[], read: ReadRows, types: readonly string[]): HTMLElement {
  const layers = new Layers()
  const heads = columns.map((name, at) => make("th", { scope: "col", title: types[at] ?? "" }, name))
  const body = make("tbody")
  const table = make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Row"), ...heads)), body)
  const more = make("button", { type: "button", onclick: () => void readMore() }, "More rows")
  const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Rows" }, table)
  const view = make("section", {}, layers.element, scroll, more)
  let count = 0

  async function readMore(): Promise<void> {
    more.disabled = true
    view.querySelector(":scope > .problem")?.remove()
    // One more than is shown tells whether there are more.
    const rows: (readonly unknown[])[] = []
    try {
      for await (const [, row] of read({ start: count, end: count + PAGE + 1 })) rows.push(row)
    } catch (error) {
      view.append(problem(error))
    }
    for (const row of rows.slice(0, PAGE)) {
      const cells = row.map((cell) => make("td", {}, showCell(cell, layers)))
      body.append(make("tr", {}, make("th", { scope: "row" }, String(count++)), ...cells))
    }
    more.disabled = false
    more.hidden = rows.length <= PAGE
  }

  void readMore()
  return view
}
