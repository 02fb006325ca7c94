import { describe, expect, test, vi } from "vitest"
import { readHashed } from "../../src/bytes/hash-stream.ts"
import { type Source, toContent } from "../../src/digest/content.ts"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { InvalidArgumentError, StorageError } from "../../src/errors.ts"
import { digestOf, fired, readBytes, sampleBytes } from "../contracts/content.ts"

const TEXT = "grün, 😀\n"
const BYTES = new TextEncoder().encode(TEXT)
const hasher = createJsHasher()

async function* asyncChunks() {
  yield BYTES.slice(0, 4)
  yield ""
  yield new Uint8Array(0)
  yield new TextDecoder().decode(BYTES.slice(4))
}

/** Without the marks by which a careless check would know it: another realm's object, or a polyfill's. */
const foreign = <T extends object>(value: T, ...keys: (keyof T)[]): T =>
  Object.fromEntries(keys.map((key) => [key, typeof value[key] === "function" ? value[key].bind(value) : value[key]])) as T

const sources: [string, () => Source, "frozen" | "volatile" | "once", boolean][] = [
  ["string", () => TEXT, "frozen", true],
  ["Blob", () => new Blob([BYTES]), "frozen", true],
  ["File", () => new File([BYTES], "a.txt"), "frozen", true],
  ["Blob of another realm", () => foreign(new Blob([BYTES]), "size", "slice", "stream", "arrayBuffer"), "frozen", true],
  ["Uint8Array", () => BYTES, "volatile", true],
  ["view into a buffer", () => new DataView(Uint8Array.of(1, ...BYTES, 2).buffer, 1, BYTES.length), "volatile", true],
  ["ArrayBuffer", () => BYTES.slice().buffer, "volatile", true],
  ["Buffer", () => Buffer.from(TEXT), "volatile", true],
  ["ReadableStream", () => new Blob([BYTES]).stream(), "once", false],
  ["stream of text", () => new Response(TEXT).body!.pipeThrough(new TextDecoderStream()), "once", false],
  ["Response", () => new Response(BYTES), "once", false],
  ["async generator", asyncChunks, "once", false],
  ["array of pieces", () => [BYTES.slice(0, 2), new TextDecoder().decode(BYTES.slice(2))], "once", false],
  ["Set of pieces", () => new Set([BYTES]), "once", false],
]

describe("every source", () => {
  test.each(sources)("%s", async (_, make, stability, knowsSize) => {
    const content = toContent(make(), { name: "n" })
    expect(content).toMatchObject({ stability, name: "n" })
    expect(content.size).toBe(knowsSize ? BYTES.byteLength : undefined)
    expect(await readBytes(content.stream())).toEqual(BYTES)
    if (stability === "once") return
    expect(await readBytes(content.stream())).toEqual(BYTES)
    expect(await content.bytes!()).toEqual(BYTES)
  })

  test.each(sources)("%s: ranges", async (_, make) => {
    for (const [start, end] of [
      [0, undefined],
      [2, 5],
      [3, 3],
      [4, 1000],
      [1000, undefined],
      [5, 2],
    ] as const) {
      const part = await readBytes(toContent(make()).stream({ range: { start, end } }))
      expect(part).toEqual(end !== undefined && end < start ? new Uint8Array(0) : BYTES.slice(start, end))
    }
    expect(() => toContent(make()).stream({ range: { start: -1 } })).toThrow(InvalidArgumentError)
  })

  test.each(sources)("%s: read once, hashed and counted", async (_, make) => {
    expect(await readHashed(toContent(make()), hasher)).toEqual({ digest: digestOf(BYTES), size: BYTES.byteLength })
  })

  test.each(sources)("%s: an abort rejects with its reason", async (_, make) => {
    const { signal, reason } = fired()
    await expect(readBytes(toContent(make()).stream({ signal }))).rejects.toBe(reason)
    await expect(readHashed(toContent(make()), hasher, { signal })).rejects.toBe(reason)
  })
})

describe("once", () => {
  test.each(sources.filter(([, , stability]) => stability === "once"))("%s cannot be read twice", async (_, make) => {
    const content = toContent(make())
    await readBytes(content.stream())
    expect(() => content.stream()).toThrow(/only once/)
  })

  test("a character that is cut in two by the chunks of a text stays whole", async () => {
    const units = ["a", "\ud83d", "", "\ude00", "b", "\ud83d", Uint8Array.of(99), "\ud83d"]
    expect(new TextDecoder().decode(await readBytes(toContent(units).stream()))).toBe("a😀b\ufffdc\ufffd")
  })

  test("a generator that is not read to its end is told so", async () => {
    const ended = vi.fn()
    async function* chunks() {
      try {
        for (;;) yield BYTES
      } finally {
        ended()
      }
    }
    const reader = toContent(chunks()).stream().getReader()
    await reader.read()
    await reader.cancel()
    await expect.poll(() => ended.mock.calls.length).toBe(1)
    expect((await readBytes(toContent(chunks()).stream({ range: { start: 0, end: 4 } }))).byteLength).toBe(4)
    await expect.poll(() => ended.mock.calls.length).toBe(2)
  })

  test("nothing is read before it is asked for, and then one chunk at a time", async () => {
    let pulled = 0
    async function* chunks() {
      for (;;) yield sampleBytes(10, pulled++)
    }
    const content = toContent(chunks())
    const reader = content.stream().getReader()
    expect(pulled).toBe(0)
    await reader.read()
    await reader.read()
    expect(pulled).toBe(2)
  })

  test("an abort interrupts a source that never answers", async () => {
    const controller = new AbortController()
    async function* stuck() {
      yield BYTES
      await new Promise(() => undefined)
    }
    const reading = readHashed(toContent(stuck()), hasher, { signal: controller.signal })
    setTimeout(() => controller.abort("enough"), 10)
    await expect(reading).rejects.toBe("enough")
  })
})

describe("Response", () => {
  test("size is taken from Content-Length unless the body was encoded", () => {
    const size = (headers: Record<string, string>) => toContent(new Response("x", { headers })).size
    expect(size({ "content-length": "7" })).toBe(7)
    expect(size({ "content-length": "7", "content-encoding": "gzip" })).toBeUndefined()
    expect(size({ "content-length": "7, 7" })).toBeUndefined()
    expect(size({})).toBeUndefined()
  })

  test("is named by the last part of its address, without query", () => {
    const response = new Response("x")
    Object.defineProperty(response, "url", { value: "https://host/dir/my%20file.csv?token=secret#part" })
    expect(toContent(response).name).toBe("my file.csv")
  })

  test("without body is empty", async () => {
    expect(await readBytes(toContent(new Response(null)).stream())).toEqual(new Uint8Array(0))
  })

  test("that is not ok is refused by its status, and a used one too", async () => {
    expect(() => toContent(new Response("no", { status: 404 }))).toThrow(/status 404/)
    const used = new Response("x")
    await used.text()
    expect(() => toContent(used)).toThrow(/only once/)
  })
})

describe("what is no source", () => {
  test.each([
    [undefined, /undefined/],
    [null, /null/],
    [5, /number/],
    [true, /boolean/],
    [{}, /JSON\.stringify/],
    [{ a: 1 }, /plain object/],
    [new Date(), /Date/],
    [Promise.resolve("x"), /await it first/],
    [() => "x", /function/],
    [{ kind: "file", getFile: async () => new File([], "x") }, /getFile/],
  ])("%o", (value, message) => {
    expect(() => toContent(value as never)).toThrow(InvalidArgumentError)
    expect(() => toContent(value as never)).toThrow(message)
  })

  test.each([[[1, 2]], [[null]], [[{}]]])("an iterable of %o says so when it is read", async (chunks) => {
    await expect(readBytes(toContent(chunks as never).stream())).rejects.toThrow(InvalidArgumentError)
  })

  test("a locked stream", () => {
    const stream = new Blob(["x"]).stream()
    stream.getReader()
    expect(() => toContent(stream)).toThrow(/only once/)
  })
})

test("a Blob that cannot be read any more is a StorageError that names it", async () => {
  const gone = new DOMException("The file could not be read", "NotReadableError")
  const file = new File(["x"], "picked.csv")
  file.stream = () => new ReadableStream({ pull: (controller) => controller.error(gone) })
  file.arrayBuffer = () => Promise.reject(gone)
  const content = toContent(file)
  for (const read of [() => readBytes(content.stream()), () => content.bytes!()]) {
    const error = await read().catch((reason) => reason)
    expect(error).toBeInstanceOf(StorageError)
    expect(error.cause).toBe(gone)
    expect(error.message).toContain("picked.csv")
  }
})
