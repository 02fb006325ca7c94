import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { pause } from "../../src/bytes/pause.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test("a pause that is longer than a timer can count is one all the same", async () => {
  const ended = vi.fn()
  pause(2 ** 31, undefined).then(ended)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ended).not.toHaveBeenCalled()
})
