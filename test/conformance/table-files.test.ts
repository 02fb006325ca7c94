/** Tables of CSV and Parquet files. */
import { describe, expect, test } from "vitest"
import { numberType, optionalType, Table, type TableInput, timestampType } from "../../src/media/index.ts"
import parquet from "../fixtures/birds.parquet.json" with { type: "json" }
import { refusal } from "./fresh.ts"

const file = (text: string | Uint8Array<ArrayBuffer>, name = "birds.csv") => new File([text], name)
const rowsOf = async (source: TableInput, options = {}) => (await (await Table.from(source, options)).load()).data
/** In parts of a few bytes, which cut characters, quotes and lines. */
const drip = (text: string, size: number) => {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
}

describe("CSV", () => {
  const text = 'id,name,weight,tame,code\r\n1,"wren, ""small"" ä😀",0.5,true,007\r\n\r\n2,"two\r\nlines",-1e3,FALSE,12\r\n3,,,,\r\n'
  const rows = [
    [1, 'wren, "small" ä😀', 0.5, true, "007"],
    [2, "two\r\nlines", -1000, false, "12"],
    [3, "", null, null, ""],
  ]

  test("columns are what all their cells are", async () => {
    const table = await Table.from(file(text))
    expect([table.columns, table.length]).toEqual([["id", "name", "weight", "tame", "code"], undefined])
    expect(await table.toObjects({ start: 1, end: 2 })).toEqual([
      { id: 2, name: "two\r\nlines", weight: -1000, tame: false, code: "12" },
    ])
    expect((await table.load()).data).toEqual(rows)
    expect(String(table.columnTypes.get("weight"))).toBe("None or Number")
  })

  test.each([1, 2, 3, 5, 7, 1000])("however it is cut, here into %d bytes", async (size) => {
    expect(await rowsOf(drip(text, size), { format: "csv" })).toEqual(rows)
  })

  test("what is declared is what it is read as", async () => {
    const csv = "a,b,c\n1,2024-01-02T03:04:05Z,2\n,,\n"
    expect(await rowsOf(file(csv), { dtype: [String, Date, Number] })).toEqual([
      ["1", new Date(Date.UTC(2024, 0, 2, 3, 4, 5)), 2],
      ["", null, null],
    ])
    expect(
      await rowsOf(file(csv), { columns: ["c", "b"], dtype: [optionalType(numberType), optionalType(timestampType)] }),
    ).toHaveLength(2)
    const error = await refusal("INVALID_ARGUMENT", rowsOf(file("a\n1\nx\n"), { dtype: Number }))
    expect(error.message).toMatch(/"x" in row 1, "a", where a number/)
  })

  test.each([
    ["tabs", "a\tb\n1\tx,y\n", "birds.tsv"],
    ["semicolons", 'a;b\n1;"x,y"\n', "birds.csv"],
    ["bars, old line ends and a mark", "\ufeffa|b\r1|x,y\r", "birds.csv"],
    ["no line end at the end", 'a,b\n1,"x,y"', "birds.CSV"],
  ])("%s", async (_, csv, name) => {
    const table = await Table.from(file(csv, name))
    expect([table.columns, (await table.load()).data]).toEqual([["a", "b"], [[1, "x,y"]]])
  })

  test("numbers keep all their digits, and words are no numbers", async () => {
    const csv = "n\n9007199254740993\n1\n"
    expect(await rowsOf(file(csv))).toEqual([[9007199254740993n], [1]])
    expect(await rowsOf(file("n\n1\nNaN\n0x10\n"))).toEqual([["1"], ["NaN"], ["0x10"]])
    expect(await rowsOf(file("n\n1\n\n2\n"))).toEqual([[1], [null], [2]])
  })

  test("a Blob is read as often as it is asked for, a stream once", async () => {
    const table = await Table.from(file(text))
    expect(await table.getColumn("id")).toEqual([1, 2, 3])
    expect([await table.getColumn("id", { start: 1 }), table.length]).toEqual([[2, 3], 3])
    const once = await Table.from(new Response(text, { headers: { "content-type": "text/csv; charset=utf-8" } }))
    expect(await once.getColumn("id")).toEqual([1, 2, 3])
    expect((await refusal("INVALID_ARGUMENT", once.getColumn("id"))).message).toContain("load()")
  })

  test("a stream that becomes something else says what to do", async () => {
    const long = `n\n${"1\n".repeat(1500)}x\n`
    expect(await rowsOf(file(long))).toHaveLength(1501)
    const error = await refusal("INVALID_ARGUMENT", rowsOf(drip(long, 1000), { format: "csv" }))
    expect(error.message).toMatch(/"x" in row 1500, "n".*dtype/)
  })

  test.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ["nothing", "", /empty/],
    ["a row that is short", "a,b\n1,2\n3\n", /Row 1 .* 1 cells for 2/],
    ["a row that is long", "a,b\n1,2,3\n", /Row 0 .* 3 cells for 2/],
    ["a quote that never ends", 'a,b\n1,"x\n2,y\n', /Line 2 .* never ends/],
    ["a quote that ends too early", 'a,b\n1,"x"y\n', /Line 2 .* closing quote/],
    ["a column twice", "a,a\n1,2\n", /"a"/],
    ["bytes that are no text", Uint8Array.of(0x61, 0x0a, 0xff, 0xfe), /UTF-8/],
    ["a row without end", `a\n"${"x".repeat(17 * 1024 * 1024)}`, /longer than any row|never ends/],
  ])("%s", async (_, content, pattern) => {
    expect((await refusal("INVALID_ARGUMENT", rowsOf(file(content)))).message).toMatch(pattern)
  })
})

describe("Parquet", () => {
  const written = (codec: keyof typeof parquet) =>
    file(
      Uint8Array.from(atob(parquet[codec]), (character) => character.charCodeAt(0)),
      "birds.parquet",
    )
  const day = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
  const row = (at: number) => [
    ...[at, 2n ** 60n + BigInt(at), at % 5 === 0 ? null : at / 4, `ä${at % 3}`],
    ...[new Date(day + at * 86_400_000), new Date(at * 86_400_000), at % 2 === 0],
    ...[at === 3 ? null : Array(at).fill("a"), { x: at, y: { z: `${at}` } }, at + 0.25],
  ]
  const rows = Array.from({ length: 10 }, (_, at) => row(at))

  test.each(["none", "snappy", "gzip", "zstd"] as const)(
    "of pyarrow, packed by %s: rows of every kind in three groups",
    async (codec) => {
      const table = await Table.from(written(codec))
      expect([table.columns.join(), table.length]).toEqual(["id,big,weight,name,seen,day,tame,tags,place,price", 10])
      expect((await table.load()).data).toEqual(rows)
    },
  )

  test("what nothing unpacks says what to write instead", async () => {
    for (const codec of ["brotli", "lz4"] as const)
      expect((await refusal("UNSUPPORTED", Table.from(written(codec)))).message).toContain("snappy")
  })

  test("some columns, some rows, from a stream", async () => {
    const table = await Table.from(written("snappy").stream(), { format: "parquet", columns: ["name", "id"] })
    expect(await table.toObjects({ start: 3, end: 9 })).toEqual([3, 4, 5, 6, 7, 8].map((id) => ({ name: `ä${id % 3}`, id })))
    await refusal(
      "INVALID_ARGUMENT",
      Table.from(written("snappy"), { columns: ["other"] }).then((found) => found.load()),
    )
  })

  test.each<[string, (whole: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ["nothing", () => new Uint8Array(0)],
    ["no Parquet", () => new TextEncoder().encode("a,b\n1,2\n")],
    ["its first half", (whole) => whole.slice(0, whole.length / 2)],
    ["its second half", (whole) => whole.slice(whole.length / 2)],
    ["another end", (whole) => whole.map((byte, at) => (at > whole.length - 200 && at < whole.length - 8 ? 0xff : byte))],
  ])("%s is refused", async (_, damage) => {
    const whole = new Uint8Array(await written("snappy").arrayBuffer())
    expect((await refusal("INVALID_ARGUMENT", rowsOf(file(damage(whole), "x.parquet")))).message).toContain("Parquet")
  })
})

test("a file of an unknown kind, and what is none", async () => {
  expect((await refusal("INVALID_ARGUMENT", Table.from(new Blob(["a"])))).message).toContain("options.format")
  expect((await refusal("INVALID_ARGUMENT", Table.from(new Uint8Array(3)))).message).toContain("options.format")
  await refusal("INVALID_ARGUMENT", Table.from("birds.csv" as unknown as Blob, { format: "csv" }))
  await refusal("INVALID_ARGUMENT", Table.from(1 as unknown as Blob))
  expect(
    (await refusal("INVALID_ARGUMENT", Table.from(new Response("", { status: 404, headers: { "content-type": "text/csv" } }))))
      .message,
  ).toContain("404")
})
