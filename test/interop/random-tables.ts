/** Random columns: what type Python finds, isofact finds; and what isofact writes of them, Python reads. */

import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Artifact, init } from "isofact"
import { Table } from "../../src/media/index.ts"
import { pythonJson } from "../../src/media/python-json.ts"
import { unknownType } from "../../src/media/types/infer.ts"
import { type ColumnType, invalidType } from "../../src/media/types/type.ts"
import { optionalType } from "../../src/media/types/union.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import type { Group } from "./group.ts"
import { ENTITY, type Host } from "./wire-host.ts"
import { type PythonOptions, runPeer } from "./wire-python.ts"

type Value = null | boolean | number | string | Value[] | { [name: string]: Value }

const COLUMNS = 10_000
const TABLES = 60

/** Mulberry32: the same values for the same seed everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export async function checkRandom(group: Group, host: Host, start: (name: string) => PythonOptions, seed: number): Promise<void> {
  const random = createRandom(seed)
  const columns = Array.from({ length: COLUMNS }, () => column(random, Math.floor(random() * 5) + 1))
  const tables = Array.from({ length: TABLES }, () => table(random))
  const options = start("tables-random")
  mkdirSync(options.dir, { recursive: true })
  writeFileSync(join(options.dir, "columns.json"), pythonJson(columns))
  const loggable = await logTables(host, tables)
  writeFileSync(join(options.dir, "tables.json"), pythonJson(loggable))
  const { types } = await runPeer<{ types: (object | null)[] }>(group, "tables-random", options)
  columns.forEach((values, at) => {
    group.same(typeOf(values), types?.[at], `the type of ${JSON.stringify(values).slice(0, 300)}`)
  })
  group.note(`${COLUMNS} columns, ${Object.keys(loggable).length} tables`)
}

function typeOf(values: readonly Value[]): object | null {
  let type: ColumnType = optionalType(unknownType)
  for (const value of values) {
    type = type.assign(value)
    if (type === invalidType) return null
  }
  return plain(type.toJson(() => ({ path: "", digest: "" as never })))
}

const plain = (json: unknown): object =>
  JSON.parse(JSON.stringify(json, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value)))

/** Those of the tables that take all their rows, by their names. */
async function logTables({ url, key }: Host, tables: readonly Value[][][]): Promise<Record<string, Value[][]>> {
  const registry = wandb({ apiKey: key, baseUrl: url })
  await using run = await init({ registry, entity: ENTITY, project: "garden" })
  const draft = new Artifact("tables-random", "dataset")
  const logged: Record<string, Value[][]> = {}
  for (const [at, data] of tables.entries()) {
    const columns = data[0]!.map((_, index) => `c${index}`)
    // Half of them row by row, as they come.
    const made = at % 2 === 0 ? attempt(() => new Table({ columns, data })) : await Table.from(data, { columns })
    const entry = made && (await draft.add(made, `t${at}`).catch(() => undefined))
    if (entry !== undefined) logged[`t${at}`] = data
  }
  await run.logArtifact(draft)
  return logged
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function table(random: () => number): Value[][] {
  const rows = Math.floor(random() * 8) + 1
  const columns = Array.from({ length: Math.floor(random() * 5) + 1 }, () => column(random, rows))
  return Array.from({ length: rows }, (_, row) => columns.map((values) => values[row]!))
}

/** Values that are mostly of one kind. */
function column(random: () => number, rows: number): Value[] {
  const kind = pick(random, kinds)
  return Array.from({ length: rows }, () => {
    const chance = random()
    return chance < 0.1 ? null : chance < 0.13 ? pick(random, kinds)(random, 2) : kind(random, 2)
  })
}

type Kind = (random: () => number, depth: number) => Value

const texts = ["", "a", "ünï ☃", "\ud83d\ude00", "it's", '"quoted"', "\u0000\n\u007f", "None", "[", "], ["]
const kinds: readonly Kind[] = [
  (random) => random() < 0.5,
  (random) => Math.floor(random() * 2000) - 1000,
  (random) => (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20),
  (random) => pick(random, texts),
  (random, depth) => {
    const inner = pick(random, kinds)
    return depth === 0 ? [] : Array.from({ length: Math.floor(random() * 3) }, () => inner(random, depth - 1))
  },
  (random, depth) => (depth === 0 ? {} : { a: pick(random, kinds)(random, depth - 1) }),
  (random, depth) => (depth === 0 ? {} : { b: random(), "ü'": pick(random, texts) }),
]

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!
