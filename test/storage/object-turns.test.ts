import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { beating, createGate } from "../../src/storage/object-turns.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] }))
afterEach(() => void vi.useRealTimers())

test("a store that is silent for minutes keeps the place of its work, with a beat, and no timer after it", async () => {
  const gate = createGate(1)
  const began: string[] = []
  let end = () => {}
  const first = gate((beat) => {
    began.push("first")
    return beating(new Promise<void>((resolve) => (end = resolve)), beat)
  }, undefined)
  const second = gate(async () => void began.push("second"), undefined)
  await vi.advanceTimersByTimeAsync(300_000)
  expect(began).toEqual(["first"])
  end()
  await first
  await vi.advanceTimersByTimeAsync(100)
  await second
  expect(began).toEqual(["first", "second"])
  expect(vi.getTimerCount()).toBe(0)
})

test("what has died without a word gives up its place", async () => {
  const gate = createGate(1)
  void gate(() => new Promise(() => undefined), undefined)
  const second = gate(async () => "second", undefined)
  await vi.advanceTimersByTimeAsync(59_000)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await second).toBe("second")
})
