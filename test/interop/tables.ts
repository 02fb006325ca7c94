/** Tables of every type in both directions: what Python writes, isofact writes byte for byte, and each reads the other's. */

import { join } from "node:path"
import { Api, Artifact, init } from "isofact"
import { type Image, JoinedTable as Joined, type JoinedTable, NdArray, PartitionedTable, PyFloat, Table } from "isofact/media"
import { wandb } from "../../src/wandb/wandb.ts"
import type { Group, Peer } from "./group.ts"
import { checkRandom } from "./random-tables.ts"
import { checkSeen } from "./server.ts"
import { ENTITY, type Host, startHost } from "./wire-host.ts"
import { type PythonOptions, runPeer } from "./wire-python.ts"

interface Facts {
  readonly plain: Record<string, [size: number, digest: string]>
}

const day = new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))

/** The tables of wire_tables.py. */
const plain = (): Record<string, Table> => ({
  kinds: new Table({
    columns: ["int", "float", "text", "bool", "date", "list", "object"],
    data: [[1, 2.5, "ä☃😀\n\"'\\", true, day, [1, 2], { b: 1, a: ["x", null] }], Array(7).fill(null)],
  }),
  numbers: new Table({
    columns: ["n"],
    data: [0, -1, 1e300, 1e-7, 123456789012345680n, 2n ** 60n, 0.1, 1e16, -0, 1.5e-5].map((n) => [n]),
  }),
  infinite: new Table({ columns: ["n"], data: [[Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [Number.NaN]] }),
  typed: new Table({ columns: ["n", "t"], data: [[1, "a"]], dtype: [Number, String], optional: [false, true] }),
  mixed: new Table({ columns: ["x"], data: [[1], ["a"], [null]], allowMixedTypes: true }),
  empty: new Table({ columns: [], data: [] }),
  untouched: new Table({ columns: ["a", "b"], data: [] }),
  embedding: new Table({ columns: ["v"], data: [[new Float64Array([1.5, 2.5])], [new Float64Array([3.5, 4.5])]] }),
  inner: new Table({ columns: ["t"], data: [[new Table({ columns: ["x"], data: [[1]] })]] }),
  incremental: new Table({ columns: ["a"], data: [[1]], logMode: "INCREMENTAL" }),
})

const mixedLists = [[[1, "a", null]], [["b", 2, [3]]]]

export async function checkTables({ python, dir }: Peer, group: Group, seed: number): Promise<void> {
  await using host = await startHost(dir)
  const start = (name: string): PythonOptions => ({
    ...{ python, to: host, dir: join(dir, name) },
    env: { INTEROP_LISTS: JSON.stringify(mixedLists) },
    expect: [/Using experimental arg/],
  })
  const { plain: theirs } = await runPeer<Facts>(group, "tables-log", start("tables-log"))
  const draft = await logOurs(host)
  for (const name of Object.keys(plain())) {
    const { size, digest } = draft.manifest.get(`${name}.table.json`)!
    group.same([size, digest], theirs?.[name], `${name}: the file`)
  }
  await readTheirs(group, host)
  await runPeer(group, "tables-read", start("tables-read"))
  await logAgain(group, host)
  await runPeer(group, "tables-again", start("tables-again"))
  await checkRandom(group, host, start, seed)
  checkSeen(group, host)
}

async function logOurs({ url, key }: Host): Promise<Artifact> {
  const registry = wandb({ apiKey: key, baseUrl: url, entity: ENTITY, project: "garden" })
  await using run = await init({ registry, entity: ENTITY, project: "garden" })
  const draft = new Artifact("tables-isofact", "dataset")
  for (const [name, table] of Object.entries(plain())) await draft.add(table, name)
  const species = new Table({
    columns: ["id", "name"],
    data: [
      ["a", "ara"],
      ["b", "bee-eater"],
    ],
  })
  species.setPk("id")
  const seen = new Table({
    columns: ["who", "row"],
    data: [
      ["a", species.indexRef(0)],
      ["b", species.indexRef(1)],
    ],
  })
  seen.setFk("who", species, "id")
  const arrays = [0, 1].map((row) => [new NdArray(new Float32Array([row, row + 1, row + 2, row + 3]), [2, 2])])
  await draft.add(species, "species")
  await draft.add(seen, "seen")
  await draft.add(new Table({ columns: ["m"], data: arrays }), "arrays")
  await draft.add(new Table({ columns: ["l"], data: mixedLists }), "lists")
  for (const part of [0, 1]) await draft.add(new Table({ columns: ["n"], data: [[part]] }), `parts/${part}`)
  await draft.add(new PartitionedTable("parts"), "all")
  await draft.add(new Joined(species, "seen.table.json", ["id", "who"]), "joined")
  await run.logArtifact(draft)
  return draft
}

async function readTheirs(group: Group, { url, key }: Host): Promise<void> {
  const registry = wandb({ apiKey: key, baseUrl: url })
  const artifact = await new Api({ registry, entity: ENTITY, project: "garden" }).artifact("tables-python:latest")
  const get = async (name: string) => (await artifact.get(name)) as Table
  for (const [name, table] of Object.entries(plain())) {
    const found = await get(name)
    group.same(found.columns, table.columns, `${name}: columns, read by isofact`)
    if (name !== "inner") group.same(await cells(found), await cells(table), `${name}: rows, read by isofact`)
  }
  const [inner] = await (await get("inner")).getColumn("t")
  group.same(await cells(inner as Table), [[1]], "the inner table")
  const seen = await get("seen")
  group.same(await seen.foreignTable("who")?.getColumn("name"), ["ara", "bee-eater"], "what keys lead to")
  group.same((await get("species")).primaryKey, "id", "the primary key")
  group.same(await (await get("rows")).getColumn("row"), [0, 1], "indexes")
  const [, , last] = await (await get("arrays")).getColumn("m")
  group.same(
    (last as NdArray).toArray(),
    [
      [2, 3],
      [4, 5],
    ],
    "arrays",
  )
  const rows = await Array.fromAsync(((await artifact.get("all")) as PartitionedTable).iterrows(), ([, row]) => row)
  group.same(rows, [[0], [1]], "parts")
  const { table1, joinKey } = (await artifact.get("joined")) as JoinedTable
  group.same(
    [(table1 as Table).columns, joinKey],
    [
      ["id", "name"],
      ["id", "who"],
    ],
    "joined",
  )
}

/** Python's images, moved on to another artifact: one as it is, and a table of them that has grown. */
async function logAgain(group: Group, { url, key }: Host): Promise<void> {
  const registry = wandb({ apiKey: key, baseUrl: url })
  await using run = await init({ registry, entity: ENTITY, project: "garden" })
  const artifact = await run.useArtifact("tables-python:latest")
  const image = (await artifact.get("image")) as Image
  group.same([image.caption, image.logType], ["an ara", "image-file"], "an image of Python's")
  group.same([...(await image.blob().then((blob) => blob.bytes())).subarray(1, 4)], [0x50, 0x4e, 0x47], "its file")
  const photos = (await artifact.get("photos")) as Table
  const [photo] = await photos.getColumn("photo")
  ;(await photos.load()).addData(3, photo)
  const draft = new Artifact("tables-again", "dataset")
  await draft.add(photos, "photos")
  await draft.add(image, "image")
  const bytes = [...draft.manifest.entries.values()].filter(({ ref }) => ref === undefined)
  group.same(
    bytes.map(({ path }) => path),
    // The names of an image's classes are written anew, in Python too.
    ["media/classes/085ce2a6dfd2641a3ce72c4594d25091_cls.classes.json", "photos.table.json"],
    "what is stored anew",
  )
  await run.logArtifact(draft)
}

/** Rows as they are in a file. */
async function cells(table: Table): Promise<unknown> {
  const text = (value: unknown): unknown => {
    if (typeof value === "bigint") return Number(value)
    if (value instanceof PyFloat) return value.value
    if (value instanceof Date) return value.getTime()
    if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array)
    return value === undefined || Number.isNaN(value) ? null : value
  }
  const rows = await Array.fromAsync(table.iterrows(), ([, row]) => row.map(text))
  return rows.map((row) => row.map((cell) => (typeof cell === "number" && !Number.isFinite(cell) ? String(cell) : cell)))
}
