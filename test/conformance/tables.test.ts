/** spec/api.md, "Methods": add and get; spec/media.md: tables, as Python writes and reads them. */
import { Api, Artifact, type InitOptions, type Registry } from "isofact"
import { describe, expect, test } from "vitest"
import {
  type Classes,
  Image,
  JoinedTable,
  NdArray,
  numberType,
  PartitionedTable,
  PyFloat,
  Table,
  TableIndex,
} from "../../src/media/index.ts"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { flip, fresh, hasher, refusal, spoiled } from "./fresh.ts"

type Start = ReturnType<typeof fresh>["start"]

const logged = async (start: Start, objects: Readonly<Record<string, Table | JoinedTable | PartitionedTable>>, name = "birds") => {
  const draft = new Artifact(name, "dataset")
  for (const [path, object] of Object.entries(objects)) await draft.add(object, path)
  return (await start({} as InitOptions)).logArtifact(draft)
}

const loggedText = async (text: string, path = "t.table.json") => {
  const { start } = fresh()
  const draft = new Artifact("birds", "dataset")
  await draft.addFile(new Blob([text]), { name: path })
  return (await start()).logArtifact(draft)
}

const readBack = async (table: Table): Promise<Table> => {
  const { start } = fresh()
  return (await (await logged(start, { t: table })).get("t")) as Table
}

describe("a table is written as Python writes it", () => {
  const day = new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))
  test.each<[string, () => Table | PartitionedTable, number, string]>([
    [
      "numbers and text",
      () =>
        new Table({
          columns: ["a", "b"],
          data: [
            [1, "x"],
            [2.5, null],
          ],
        }),
      395,
      "CSrOgOQc5xdP3AupUd2BAg==",
    ],
    ["objects", () => new Table({ data: [{ a: 1, b: "x" }, { a: 2.5 }] }), 395, "CSrOgOQc5xdP3AupUd2BAg=="],
    ["other scripts", () => new Table({ columns: ["ü"], data: [["é😀"]] }), 299, "UCehvJZXwwPzZWeZP2JOrg=="],
    ["dates", () => new Table({ columns: ["ts"], data: [[day]] }), 287, "Lp1PSbDQN6/P03VsV79/lA=="],
    ["mixed", () => new Table({ columns: ["x"], data: [[1], ["a"]], allowMixedTypes: true }), 274, "8a1uWvrwfdK7IGzWOJuADA=="],
    ["lists", () => new Table({ columns: ["v"], data: [[[1, 2, 3]]] }), 340, "txVR6vtaaVDHT0IaZFx98w=="],
    ["nothing", () => new Table({ columns: [] }), 164, "eboNrUug2Xb+XhhE93I8Qw=="],
    ["parts", () => new PartitionedTable("dataset_parts"), 61, "uo/SjoAO+O7pcSfg+yhlDg=="],
  ])("%s", async (_, make, size, digest) => {
    expect(await new Artifact("birds", "dataset").add(make(), "t")).toMatchObject({ size, digest })
  })

  test("rows that come one by one make the same file", async () => {
    async function* rows() {
      yield { a: 1, b: "x" }
      yield [2.5, null]
    }
    const table = await Table.from(rows())
    expect(table.length).toBeUndefined()
    const entry = await new Artifact("birds", "dataset").add(table, "t")
    expect(entry).toMatchObject({ size: 395, digest: "CSrOgOQc5xdP3AupUd2BAg==" })
    expect(table.length).toBe(2)
    expect((await refusal("INVALID_ARGUMENT", table.toObjects())).message).toContain("read already")
  })

  test("whole numbers are floats when they say so", async () => {
    const table = new Table({ columns: ["a"], data: [[new PyFloat(1)]] })
    expect(await (await readText(table)).includes('"data": [[1.0]]')).toBe(true)
  })
})

const readText = async (table: Table) => {
  const { start } = fresh()
  return (await logged(start, { t: table })).getEntry("t.table.json").text()
}

describe("what was written is read", () => {
  test("cells of every kind", async () => {
    const rows = [
      [1, "ä\ud83d\ude00\u0000", true, new Date(1234), [1, [2]], { a: { b: "c" } }, 2n ** 70n, Number.POSITIVE_INFINITY],
      [null, null, null, null, null, null, null, null],
      [-1.5e300, "", false, new Date(0), [3, [4]], { a: { b: "" } }, 3n, Number.NEGATIVE_INFINITY],
    ]
    const columns = ["number", "text", "bool", "date", "list", "object", "big", "infinite"]
    const table = new Table({ columns, data: rows })
    const read = await readBack(table)
    expect(read.columns).toEqual(columns)
    expect((await read.load()).data).toEqual(rows.map((row) => row.map((cell) => (cell === 3n ? 3 : cell))))
    expect([...read.columnTypes].map(String)).toEqual([...table.columnTypes].map(String))
  })

  test("what JavaScript has besides is what Python would have there", async () => {
    const table = new Table({
      columns: ["set", "map", "typed"],
      data: [[new Set([1]), new Map([["a", 1]]), new Uint8Array([1, 2])]],
    })
    expect(await (await readBack(table)).toObjects()).toEqual([{ set: [1], map: { a: 1 }, typed: [1, 2] }])
  })

  test("arrays of a size are in a file beside it, and small ones in the rows", async () => {
    const [one, two] = [new NdArray(new Float32Array([1, 2, 3, 4]), [2, 2]), new NdArray(new Float32Array([5, 6, 7, 8.5]), [2, 2])]
    const { start } = fresh()
    const artifact = await logged(start, {
      t: new Table({
        columns: ["m", "v"],
        data: [
          [one, new Float32Array([1, 2])],
          [two, new Float32Array([3, 4])],
        ],
      }),
    })
    const paths = [...artifact.manifest.entries.keys()]
    expect(paths).toContainEqual(expect.stringMatching(/^media\/serialized_data\/[0-9a-f]{20}\.npz$/))
    const read = (await artifact.get("t")) as Table
    expect(await read.getColumn("v")).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(await read.getColumn("m")).toEqual([one, two])
    expect(await read.getColumn("m", { start: 1 })).toEqual([two])
  })

  test("a damaged file beside it is refused", async () => {
    const { store, changes } = spoiled(createMemoryBlobStore({ hasher }))
    const { start } = fresh({ blobs: store })
    const [array, image] = [new NdArray(new Float32Array(4), [2, 2]), new Image(new NdArray(new Uint8Array(4), [2, 2]))]
    const artifact = await logged(start, { t: new Table({ columns: ["m", "i"], data: [[array, image]] }) })
    const [arrays, picture] = ["media/serialized_data/", "media/images/"].map(
      (folder) => [...artifact.manifest.entries.values()].find(({ path }) => path.startsWith(folder))!,
    )
    changes.set(picture!.digest, flip)
    const [found] = (await ((await artifact.get("t")) as Table).getColumn("i")) as [Image]
    await refusal("DIGEST_MISMATCH", found.blob())
    changes.set(arrays!.digest, flip)
    await refusal("DIGEST_MISMATCH", ((await artifact.get("t")) as Table).load())
  })

  test("a range of rows", async () => {
    const read = await readBack(new Table({ columns: ["n"], data: Array.from({ length: 5000 }, (_, n) => [n]) }))
    const found: unknown[] = []
    for await (const [index, [n]] of read.iterrows({ start: 2998, end: 3001 })) found.push([index.index, n])
    expect(found).toEqual([
      [2998, 2998],
      [2999, 2999],
      [3000, 3000],
    ])
    expect(read.length).toBeUndefined()
    expect(await read.getIndex()).toHaveLength(5000)
    expect(read.length).toBe(5000)
  })

  test("whatever a string looks like, rows are told apart", async () => {
    const data = ["], [", '"], ["', "\\", '\\"], [', "]]}", "[["].flatMap((text) => [
      [text, [text, [text]]],
      [`${text}${text}`, [text, [text]]],
    ])
    const table = new Table({ columns: ["a", "b"], data })
    expect((await (await readBack(table)).load()).data).toEqual(data)
  })

  test("members in another order, and without spaces", async () => {
    const text = JSON.stringify({
      data: [
        [1, "a"],
        [2, "b"],
      ],
      columns: ["n", "t"],
      _type: "table",
      nrows: 2,
    })
    const table = (await (await loggedText(text)).get("t")) as Table
    expect(await table.toObjects()).toEqual([
      { n: 1, t: "a" },
      { n: 2, t: "b" },
    ])
  })

  test("a table within a table", async () => {
    const inner = new Table({ columns: ["x"], data: [[1]] })
    const read = await readBack(new Table({ columns: ["t"], data: [[inner]] }))
    const [cell] = await read.getColumn("t")
    expect(await (cell as Table).toObjects()).toEqual([{ x: 1 }])
  })
})

describe("tables that belong together", () => {
  test("keys and indexes lead to the other table", async () => {
    const { start } = fresh()
    const species = new Table({
      columns: ["id", "name"],
      data: [
        ["a", "ara"],
        ["b", "bee-eater"],
      ],
    })
    species.setPk("id")
    const seen = new Table({ columns: ["who", "row"] })
    seen.addData("a", species.indexRef(0))
    seen.addData("b", species.indexRef(1))
    seen.setFk("who", species, "id")
    const artifact = await logged(start, { seen })
    const read = (await artifact.get("seen")) as Table
    expect(await read.toObjects()).toEqual([
      { who: "a", row: 0 },
      { who: "b", row: 1 },
    ])
    expect(read.foreignTable("who")?.primaryKey).toBe("id")
    expect(await read.foreignTable("row")?.getColumn("name")).toEqual(["ara", "bee-eater"])
    await refusal(
      "INVALID_ARGUMENT",
      Promise.try(() => species.indexRef(2)),
    )
  })

  test("joined tables, by objects and by paths", async () => {
    const { start } = fresh()
    const left = new Table({ columns: ["id"], data: [["a"]] })
    const right = new Table({ columns: ["id"], data: [["b"]] })
    const artifact = await logged(start, { left, j: new JoinedTable("left.table.json", right, "id") })
    const joined = (await artifact.get("j")) as JoinedTable
    expect(joined.joinKey).toBe("id")
    expect(await (joined.table1 as Table).getColumn("id")).toEqual(["a"])
    expect(await (joined.table2 as Table).getColumn("id")).toEqual(["b"])
    const draft = new Artifact("birds", "dataset")
    await refusal("INVALID_ARGUMENT", draft.add(new JoinedTable("none.table.json", right, "id"), "j"))
  })

  test("the parts of a partitioned table follow each other", async () => {
    const { start } = fresh()
    const part = (...numbers: number[]) => new Table({ columns: ["n"], data: numbers.map((n) => [n]) })
    const artifact = await logged(start, { all: new PartitionedTable("parts"), "parts/1": part(1, 2), "parts/2": part(3) })
    const all = (await artifact.get("all")) as PartitionedTable
    const rows: unknown[] = []
    for await (const [index, [n]] of all.iterrows({ start: 1 })) rows.push([index.index, n])
    expect(rows).toEqual([
      [1, 2],
      [2, 3],
    ])
  })

  test("a table that was logged and did not change is a reference elsewhere", async () => {
    const { start } = fresh()
    const first = await logged(start, { t: new Table({ columns: ["n"], data: [[1]] }) }, "first")
    const table = (await first.get("t")) as Table
    const second = await logged(start, { u: table }, "second")
    expect(second.manifest.get("u.table.json")?.ref).toMatch(/^wandb-artifact:\/\//)
    const through = (await second.get("u")) as Table
    expect(await through.toObjects()).toEqual([{ n: 1 }])
    ;(await through.load()).addData(2)
    const third = await logged(start, { v: through }, "third")
    expect(third.manifest.get("v.table.json")?.ref).toBeUndefined()
    expect(await ((await third.get("v")) as Table).getColumn("n")).toEqual([1, 2])
  })
})

describe("a table changes", () => {
  test("columns are added, computed and cast", async () => {
    const table = new Table({ columns: ["n"], data: [[1], [2]] })
    table.addColumn("t", ["a", "b"])
    await table.addComputedColumns((index, { n }) => ({ twice: (n as number) * 2, index }))
    table.cast("twice", Number, { optional: true })
    expect(await table.toObjects()).toEqual([
      { n: 1, t: "a", twice: 2, index: 0 },
      { n: 2, t: "b", twice: 4, index: 1 },
    ])
    table.addData(3, "c", null, 2)
    expect(table.length).toBe(3)
    expect(table.columnTypes.get("t")).toMatchObject({ name: "string" })
  })

  test.each<[string, (table: Table) => unknown, string]>([
    ["too few cells", (table) => table.addData(1), "expects 2 columns"],
    ["a cell of another type", (table) => table.addData("x", "y"), '"n"'],
    ["a name twice", (table) => table.addColumn("n", [1]), "comes twice"],
    ["a column of another length", (table) => table.addColumn("m", [1, 2]), "Expected 1"],
    ["a type that cells are not of", (table) => table.cast("t", numberType), '"t"'],
    ["a column that is not there", (table) => table.cast("x", numberType), "no column"],
    ["a key of numbers", (table) => table.setPk("n"), '"n"'],
    ["itself as the other table", (table) => table.setFk("t", table, "n"), "itself"],
    ["a dtype for each of three columns", () => new Table({ columns: ["a"], dtype: [Number, String] }), "dtype"],
    ["a log mode that is none", () => new Table({ logMode: "NONE" as never }), "IMMUTABLE"],
    ["data that is no list", () => new Table({ data: 7 as never }), "Table.from"],
    ["a row that is nothing", () => new Table({ columns: ["a"], data: [null as never] }), "row 0"],
  ])("%s is refused, and nothing changes", async (_, change, words) => {
    const table = new Table({ columns: ["n", "t"], data: [[1, "a"]] })
    const error = await refusal(
      "INVALID_ARGUMENT",
      Promise.try(() => change(table)),
    )
    expect(error.message).toContain(words)
    expect(await table.toObjects()).toEqual([{ n: 1, t: "a" }])
  })

  test("more rows than W&B keeps are refused unless they are allowed", async () => {
    const data = [[1], [2], [3]]
    const draft = new Artifact("birds", "dataset")
    const error = await refusal("INVALID_ARGUMENT", draft.add(new Table({ columns: ["n"], data, maxRows: 2 }), "t"))
    expect(error.message).toContain("maxRows")
    expect(draft.manifest.entries.size).toBe(0)
    expect((await draft.add(new Table({ columns: ["n"], data, maxRows: 3 }), "t")).path).toBe("t.table.json")
  })
})

describe("media of any kind", () => {
  const image = { _type: "image-file", path: "media/images/x.png", sha256: "0", format: "png", caption: "an ara" }
  const photos = JSON.stringify({ _type: "table", columns: ["photo"], data: [[image], [null], [{ _type: "other", a: 1 }]] })

  test("is what its JSON says and the file it names", async () => {
    const { start } = fresh()
    const draft = new Artifact("birds", "dataset")
    await draft.addFile(new Blob([JSON.stringify(image)]), { name: "a.image-file.json" })
    await draft.addFile(new Blob(["pixels"]), { name: image.path })
    await draft.addFile(new Blob([photos]), { name: "photos.table.json" })
    const artifact = await (await start()).logArtifact(draft)
    const found = (await artifact.get("a")) as Image
    expect([found.logType, found.caption, found.format]).toEqual(["image-file", "an ara", "png"])
    expect(await (await found.blob()).text()).toBe("pixels")

    const table = (await artifact.get("photos")) as Table
    const [photo, nothing, other] = await table.getColumn("photo")
    expect(await (await (photo as Image).blob()).text()).toBe("pixels")
    expect([nothing, other]).toEqual([null, { _type: "other", a: 1 }])

    const again = new Artifact("again", "dataset")
    await again.add(new Table({ columns: ["id", "photo"], data: [[1, photo]] }), "mine")
    expect(again.manifest.get(image.path)?.ref).toMatch(/^wandb-artifact:\/\/[0-9a-f]+\/media\/images\/x\.png$/)
    const moved = await (await start()).logArtifact(again)
    const [same] = await ((await moved.get("mine")) as Table).getColumn("photo")
    expect(await (await (same as Image).blob()).text()).toBe("pixels")
  })

  test.each([
    ["a path that climbs", { ...image, path: "../../etc/passwd" }],
    ["a mask that climbs", { ...image, masks: { a: { path: "/etc/passwd" } } }],
    ["another kind", { ...image, _type: "audio-file" }],
    ["a list", [image]],
  ])("%s is refused", async (_, json) => {
    const artifact = await loggedText(JSON.stringify(json), "a.image-file.json")
    await refusal("INVALID_ARGUMENT", artifact.get("a"))
  })

  test("a file that is not there is named", async () => {
    const artifact = await loggedText(JSON.stringify(image), "a.image-file.json")
    const found = (await artifact.get("a")) as Image
    expect((await refusal("ENTRY_NOT_FOUND", found.blob())).message).toContain("media/images/x.png")
  })

  test("classes have no file, and what is not there is undefined", async () => {
    const artifact = await loggedText('{"_type": "classes", "class_set": [{"id": 1, "name": "ara"}]}', "c.classes.json")
    expect(((await artifact.get("c")) as Classes).classSet).toEqual([{ id: 1, name: "ara" }])
    expect(await artifact.get("d")).toBeUndefined()
  })
})

describe("hostile files", () => {
  const good = '{"_type": "table", "columns": ["a"], "data": [[1], [2]], "ncols": 1, "nrows": 2}'
  test.each([
    ["cut off", good.slice(0, 50)],
    ["cut off in a string", '{"_type": "table", "columns": ["a'],
    ["nothing", ""],
    ["a list", "[]"],
    ["something behind its end", `${good} {}`],
    ["another _type", good.replace('"table"', '"image-file"')],
    ["no columns", good.replace('"columns"', '"other"')],
    ["columns that are none", good.replace('["a"]', '[["a"]]')],
    ["a column twice", good.replace('["a"]', '["a", "a"]')],
    ["rows that are none", good.replace("[[1], [2]]", "[1, 2]")],
    ["rows of another length", good.replace("[2]", "[2, 3]")],
    ["types that are none", good.replace('"data"', '"column_types": {"wb_type": "evil"}, "data"')],
    ["types within types without end", good.replace('"data"', `"column_types": ${nest(3000)}, "data"`)],
    [
      "a key without a table",
      good.replace('"data"', `"column_types": ${typed('{"wb_type": "foreignKey", "params": {}}')}, "data"`),
    ],
    [
      "a key into itself",
      good.replace(
        '"data"',
        `"column_types": ${typed('{"wb_type": "foreignKey", "params": {"table": "t.table.json", "col_name": "a"}}')}, "data"`,
      ),
    ],
  ])("%s", async (_, text) => {
    const artifact = await loggedText(text)
    const error = await refusal(
      "INVALID_ARGUMENT",
      artifact.get("t").then((table) => (table as Table).load()),
    )
    expect(error.message).toContain("t")
  })

  test("a table of very many columns", async () => {
    const names = Array.from({ length: 1_000_000 }, (_, at) => `c${at}`)
    const artifact = await loggedText(JSON.stringify({ _type: "table", columns: names, data: [] }))
    expect(((await artifact.get("t")) as Table).columns).toHaveLength(1_000_000)
  })

  test("tables of several artifacts that point to each other", async () => {
    const { registry, start } = fresh()
    const key = typed('{"wb_type": "foreignKey", "params": {"table": "b.table.json", "col_name": "a"}}')
    const text = good.replace('"data"', `"column_types": ${key}, "data"`)
    const first = new Artifact("first", "dataset")
    await first.addFile(new Blob([text]), { name: "t.table.json" })
    const run = await start()
    const other = await run.logArtifact(first)
    const second = new Artifact("second", "dataset")
    await second.addFile(new Blob([text]), { name: "t.table.json" })
    await second.addReference(other.getEntry("t.table.json"), { name: "b.table.json" })
    const { id, name } = await run.logArtifact(second)
    // No honest registry has it: each would have to be logged before the other.
    const forged: Registry = { ...registry, memberships: (_, options) => registry.memberships(id!, options) }
    const found = await new Api({ registry: forged }).artifact(name)
    expect((await refusal("REGISTRY", found.get("t"))).message).toContain("circle")
  })

  test("joined tables that lead to each other", async () => {
    const { start } = fresh()
    const draft = new Artifact("birds", "dataset")
    const join = (other: string) =>
      new Blob([JSON.stringify({ _type: "joined-table", table1: other, table2: other, join_key: "id" })])
    await draft.addFile(join("b.joined-table.json"), { name: "a.joined-table.json" })
    await draft.addFile(join("a.joined-table.json"), { name: "b.joined-table.json" })
    await refusal("INVALID_ARGUMENT", (await (await start()).logArtifact(draft)).get("a"))
  })
})

const typed = (type: string) => `{"wb_type": "typedDict", "params": {"type_map": {"a": ${type}}}}`
const nest = (depth: number) =>
  `${'{"wb_type": "list", "params": {"element_type": '.repeat(depth)}{"wb_type": "number"}${"}}".repeat(depth)}`

test("an index is a number that knows its table", () => {
  const table = new Table({ columns: ["n"], data: [[1]] })
  const index = table.indexRef(0)
  expect(index).toBeInstanceOf(TableIndex)
  expect([index.table, Number(index)]).toEqual([table, 0])
})
