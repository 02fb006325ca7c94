import { afterEach, expect, test, vi } from "vitest"
import { SharedAnswers } from "../../src/bytes/shared-answers.ts"

afterEach(() => void vi.useRealTimers())

test("all who ask share one answer, while it comes and after", async () => {
  const answers = new SharedAnswers<object>(2)
  const work = vi.fn(async () => ({}))
  const [one, two] = await Promise.all([answers.get("a", work), answers.get("a", work)])
  expect(one).toBe(two)
  expect(await answers.get("a", work)).toBe(one)
  expect(work).toHaveBeenCalledOnce()
})

test("the longest unused is forgotten, and what is deleted", async () => {
  const answers = new SharedAnswers<number>(2)
  let count = 0
  const work = async () => ++count
  for (const key of ["a", "b", "a", "c"]) await answers.get(key, work)
  expect([await answers.get("a", work), await answers.get("c", work), await answers.get("b", work)]).toEqual([1, 3, 4])
  answers.delete("b")
  expect(await answers.get("b", work)).toBe(5)
})

test("a failure is told to all who wait, and not kept", async () => {
  const answers = new SharedAnswers<string>(2)
  const fail = () => Promise.reject(new Error("no"))
  const both = await Promise.allSettled([answers.get("a", fail), answers.get("a", async () => "unused")])
  expect(both).toMatchObject([{ reason: { message: "no" } }, { reason: { message: "no" } }])
  expect(await answers.get("a", async () => "yes")).toBe("yes")
})

test("what never comes, as in a request that a Worker has cancelled, is fetched again", async () => {
  vi.useFakeTimers()
  const answers = new SharedAnswers<string>(2)
  answers.get("a", () => new Promise(() => undefined))
  const work = vi.fn(async () => "yes")
  const others = Promise.all([answers.get("a", work), answers.get("a", work)])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await others).toEqual(["yes", "yes"])
  expect(await answers.get("a", work)).toBe("yes")
  expect(work).toHaveBeenCalledOnce()
})

test("a failure that comes late leaves the answer alone that took its place", async () => {
  vi.useFakeTimers()
  const answers = new SharedAnswers<string>(2)
  let fail = (_: Error) => {}
  const first = answers.get("a", () => new Promise((_, reject) => (fail = reject)))
  const second = answers.get("a", async () => "yes")
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await second).toBe("yes")
  fail(new Error("late"))
  await expect(first).rejects.toThrow("late")
  expect(await answers.get("a", async () => "another")).toBe("yes")
})
