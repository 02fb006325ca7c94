/** Tables of Arrow's own library, both ways. */
import * as arrow from "apache-arrow"
import { describe, expect, test } from "vitest"
import { Image, NdArray, PyFloat, Table } from "../../src/media/index.ts"

const day = new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))

describe("from Arrow", () => {
  test("columns of every kind, of several batches", async () => {
    const batch = (text: string, big: bigint) =>
      new arrow.Table({
        text: arrow.vectorFromArray([text, null], new arrow.Utf8()),
        number: arrow.vectorFromArray([1.5, null], new arrow.Float64()),
        big: arrow.vectorFromArray([big, 2n], new arrow.Int64()),
        bool: arrow.vectorFromArray([true, null], new arrow.Bool()),
        stamp: arrow.vectorFromArray([day, null], new arrow.TimestampMillisecond()),
        date: arrow.vectorFromArray([new Date(86_400_000), null], new arrow.DateDay()),
        list: arrow.vectorFromArray([[1, 2], null], new arrow.List(arrow.Field.new("item", new arrow.Float32()))),
        struct: arrow.vectorFromArray(
          [{ a: 1, b: "x" }, null],
          new arrow.Struct([arrow.Field.new("a", new arrow.Int32()), arrow.Field.new("b", new arrow.Utf8())]),
        ),
        word: arrow.vectorFromArray(["same", "same"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
      })
    const table = await Table.from(batch("ä", 1n).concat(batch("b", 2n ** 60n)))
    expect(table.length).toBe(4)
    const nothing = (big: number) => [null, null, big, null, null, null, null, null, "same"]
    const full = (text: string, big: number | bigint) => [
      ...[text, 1.5, big, true, day, new Date(86_400_000), [1, 2], { a: 1, b: "x" }],
      "same",
    ]
    expect((await table.load()).data).toEqual([full("ä", 1), nothing(2), full("b", 2n ** 60n), nothing(2)])
  })

  test("decimals, some of the columns, some of the rows", async () => {
    const words = (value: number) => new Uint32Array(new BigInt64Array([BigInt(value), BigInt(value < 0 ? -1 : 0)]).buffer)
    const source = new arrow.Table({
      a: arrow.vectorFromArray([1, 2, 3, 4]),
      price: arrow.vectorFromArray([words(12345), words(-50), words(0), null], new arrow.Decimal(2, 10)),
    })
    const table = await Table.from(source, { columns: ["price"] })
    expect(await table.getColumn("price")).toEqual([123.45, -0.5, 0, null])
    expect(await table.getColumn("price", { start: 1, end: 3 })).toEqual([-0.5, 0])
    await expect(Table.from(source, { columns: ["cost"] }).then((found) => found.load())).rejects.toThrow('no column "cost"')
  })
})

describe("to Arrow", () => {
  test("columns of every kind, and back", async () => {
    const rows = [["a", 1.5, true, day, [1, 2], { x: 1 }], Array(6).fill(null)]
    const table = new Table({ columns: ["text", "number", "bool", "date", "list", "object"], data: rows })
    const made = await table.toArrow(arrow)
    expect(made).toBeInstanceOf(arrow.Table)
    expect((await (await Table.from(arrow.tableFromIPC(arrow.tableToIPC(made)), { allowMixedTypes: true })).load()).data).toEqual([
      rows[0],
      [...Array(5).fill(null), { x: null }],
    ])
  })

  test("what JavaScript has besides, and big numbers", async () => {
    const array = new NdArray(new Float32Array([1, 2, 3, 4]), [2, 2])
    const table = new Table({
      columns: ["f", "big", "array", "set"],
      data: [
        [new PyFloat(1), 2n ** 60n, array, new Set([1])],
        [2, 3, array, new Set([4])],
      ],
    })
    const made = await table.toArrow(arrow)
    expect(made.getChild("f")?.toArray()).toEqual(Float64Array.of(1, 2))
    expect(made.getChild("big")?.toArray()).toEqual(BigInt64Array.of(2n ** 60n, 3n))
    expect((await (await Table.from(made)).getColumn("array"))[0]).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test("columns that Arrow has no type for are named, and can be left out", async () => {
    const image = new Image({ width: 1, height: 1, data: new Uint8Array(1) })
    const table = new Table({
      columns: ["n", "mixed", "image"],
      data: [
        [1, 1, image],
        [2, "a", null],
      ],
      allowMixedTypes: true,
    })
    await expect(table.toArrow(arrow)).rejects.toThrow('"mixed", which holds number and string')
    await expect(table.toArrow(arrow, { columns: ["image"] })).rejects.toThrow('media in column "image"')
    const made = await table.toArrow(arrow, { columns: ["n"], start: 1 })
    expect([made.numRows, made.getChild("n")?.get(0)]).toEqual([1, 2])
  })
})
