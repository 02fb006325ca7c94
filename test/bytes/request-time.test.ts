/** How long a store is waited for. */
import { expect, test } from "vitest"
import { createRequester } from "../../src/net/request.ts"

test("what takes a store long is given ten times as long, and no longer", async () => {
  let asked = 0
  const slow = (delayMs: number) =>
    createRequester({
      name: "store",
      timeoutMs: 100,
      authorize: ({ url }) => ({ url, headers: {} }),
      fetch: async (_, { signal }) => {
        asked++
        await new Promise((resolve, reject) => {
          setTimeout(resolve, delayMs)
          signal!.addEventListener("abort", () => reject(signal!.reason))
        })
        return new Response("done")
      },
    })
  const request = { operation: "complete", label: "a", method: "POST", url: "https://store.example/a", repeatable: false } as const
  expect((await slow(400).text({ ...request, isSlow: true })).body).toBe("done")
  await expect(slow(400).text(request)).rejects.toMatchObject({ code: "STORAGE" })
  expect(asked).toBe(2)
  await expect(slow(3000).text({ ...request, isSlow: true })).rejects.toMatchObject({ code: "STORAGE" })
})

test("a store that may take longer than a timer can count is not given up at once", async () => {
  const requester = createRequester({
    name: "store",
    timeoutMs: 2 ** 31,
    authorize: ({ url }) => ({ url, headers: {} }),
    fetch: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return new Response("done")
    },
  })
  const request = { operation: "read", label: "a", method: "GET", url: "https://store.example/a", repeatable: false } as const
  expect((await requester.text(request)).body).toBe("done")
})
