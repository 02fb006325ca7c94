import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { createPaces } from "../../src/wandb/pace.ts"
import { createWatch } from "../../src/wandb/watch.ts"

const minute = 60_000
const service = "https://api.test"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** One request that is turned away. */
async function turnAway(paceAt: ReturnType<typeof createPaces>, pauseMs: number): Promise<void> {
  const leave = await paceAt(service).enter("down", undefined)
  leave({ fine: false, pauseMs })
}

function entering(paceAt: ReturnType<typeof createPaces>, origin: string) {
  const entered = vi.fn()
  const failed = vi.fn()
  paceAt(origin).enter("down", undefined).then(entered, failed)
  return { entered, failed }
}

test("what one server asks for holds for no other", async () => {
  const paceAt = createPaces()
  await turnAway(paceAt, minute)
  const waiting = entering(paceAt, service)
  const store = entering(paceAt, "https://bucket.test")
  await vi.advanceTimersByTimeAsync(minute - 1)
  expect(store.entered).toHaveBeenCalled()
  expect(waiting.entered).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(waiting.entered).toHaveBeenCalled()
})

test("a pause that is too long to wait for holds nobody up", async () => {
  const paceAt = createPaces()
  await turnAway(paceAt, 10 * minute + 1)
  const next = entering(paceAt, service)
  await vi.advanceTimersByTimeAsync(0)
  expect(next.entered).toHaveBeenCalled()
})

test("pauses that follow each other are waited for no longer than one can be", async () => {
  const paceAt = createPaces()
  const leaves = await Promise.all([1, 2].map(() => paceAt(service).enter("down", undefined)))
  leaves[0]!({ fine: false, pauseMs: 6 * minute })
  const waiting = entering(paceAt, service)
  await vi.advanceTimersByTimeAsync(5 * minute)
  leaves[1]!({ fine: false, pauseMs: 6 * minute })
  await vi.advanceTimersByTimeAsync(minute)
  expect(waiting.entered).not.toHaveBeenCalled()
  expect(waiting.failed).toHaveBeenCalledWith(expect.objectContaining({ verdict: "turned away" }))
})

test("a limit that is longer than a timer can count is one all the same", async () => {
  const watch = createWatch(Number.MAX_SAFE_INTEGER, "nothing came", undefined)
  watch.touch()
  await vi.advanceTimersByTimeAsync(minute)
  expect(watch.signal.aborted).toBe(false)
})
