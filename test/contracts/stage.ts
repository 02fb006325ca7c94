import { expect, test } from "vitest"
import type { Content, Stage } from "../../src/ports.ts"
import { bytesOf, digestOf, expectBytes, failing, fired, readBytes, sampleBytes, stalled, streamOf } from "./content.ts"

const SMALL = sampleBytes(5000, 5)
const LARGE = sampleBytes(2 * 1024 * 1024 + 3, 6)

/** What every `Stage` must do. */
export function testStage(create: () => Promise<{ readonly stage: Stage; readonly leftovers?: () => Promise<number> }>): void {
  const owner = {}
  const kinds: [string, (bytes: Uint8Array) => Content][] = [
    ["bytes", (bytes) => bytesOf(bytes)],
    ["a stream", (bytes) => streamOf([bytes.slice(0, 100), bytes.slice(100)])],
  ]

  for (const [kind, make] of kinds) {
    for (const bytes of [new Uint8Array(0), SMALL, LARGE]) {
      test.each([true, false])(`${kind} of ${bytes.byteLength} bytes, keep: %s`, async (keep) => {
        const { stage } = await create()
        let told = 0
        const staged = await stage.take(make(bytes), { owner, keep, onBytes: (count) => (told += count) })
        expect(staged).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength })
        expect(told).toBe(bytes.byteLength)
        expectBytes(await readBytes(staged.content.stream()), bytes)
        expectBytes(await readBytes(staged.content.stream({ range: { start: 10, end: 20 } })), bytes.slice(10, 20))
      })
    }
  }

  test("what is kept does not change with its source, and has its name", async () => {
    const { stage } = await create()
    const mine = SMALL.slice()
    const { content } = await stage.take(bytesOf(mine, { name: "a.bin" }), { owner, keep: true })
    mine.fill(0)
    expectBytes(await readBytes(content.stream()), SMALL)
    expectBytes(await content.bytes?.(), SMALL)
    expect(content).toMatchObject({ stability: "frozen", name: "a.bin", size: SMALL.byteLength })
  })

  test("what cannot change is not copied", async () => {
    const { stage } = await create()
    const frozen = bytesOf(SMALL, { stability: "frozen" })
    expect((await stage.take(frozen, { owner, keep: true })).content).toBe(frozen)
  })

  test("release frees what was taken for the owner, and only that", async () => {
    const { stage, leftovers } = await create()
    const [mine, theirs] = [{}, {}]
    await stage.take(bytesOf(SMALL), { owner: mine, keep: true })
    const other = await stage.take(bytesOf(LARGE), { owner: theirs, keep: true })
    await stage.release(mine)
    await stage.release(mine)
    await stage.release({})
    expectBytes(await readBytes(other.content.stream()), LARGE)
    await stage.release(theirs)
    expect((await leftovers?.()) ?? 0).toBe(0)
  })

  test("a source that fails: its error, and nothing is left", async () => {
    const { stage, leftovers } = await create()
    const error = new Error("no more")
    await expect(stage.take(failing(SMALL, error), { owner, keep: true })).rejects.toBe(error)
    expect((await leftovers?.()) ?? 0).toBe(0)
  })

  test("abort", async () => {
    const { stage, leftovers } = await create()
    const { signal, reason } = fired()
    await expect(stage.take(bytesOf(SMALL), { owner, keep: true, signal })).rejects.toBe(reason)
    await expect(stage.take(bytesOf(SMALL), { owner, keep: false, signal })).rejects.toBe(reason)
    const controller = new AbortController()
    const content = stalled(SMALL)
    setTimeout(() => controller.abort("enough"), 20)
    await expect(stage.take(content, { owner, keep: true, signal: controller.signal })).rejects.toBe("enough")
    expect(content.state.cancelled).toBe("enough")
    await expect.poll(async () => (await leftovers?.()) ?? 0).toBe(0)
  })
}
