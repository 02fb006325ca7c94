import { expect, test, vi } from "vitest"
import { retryAfterMs } from "../../src/core/retry-after.ts"

test.each<[text: string, ms: number | undefined]>([
  ["0", 0],
  ["120", 120_000],
  ["1.5", 1500],
  ["Sun, 29 Nov 2026 12:00:10 GMT", 10_000],
  ["Sun, 29 Nov 2026 11:00:00 GMT", 0],
  ["-5", 0],
  ["soon", undefined],
  ["", undefined],
])("Retry-After: %s", (text, ms) => {
  vi.useFakeTimers({ now: Date.parse("2026-11-29T12:00:00Z"), toFake: ["Date"] })
  try {
    expect(retryAfterMs(new Headers({ "retry-after": text }))).toBe(ms)
  } finally {
    vi.useRealTimers()
  }
})

test("what a server does not say is unknown", () => {
  expect(retryAfterMs(new Headers())).toBeUndefined()
})
