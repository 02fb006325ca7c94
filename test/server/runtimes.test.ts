/** The server behind each runtime's own HTTP, and in a Worker over R2. */
import { expect, test } from "vitest"
import { runIn } from "../references/in-runtimes.ts"

test.each(["bun", "deno", "workerd"] as const)("%s", { timeout: 60_000 }, async (runtime) => {
  const outcomes = await runIn(runtime, "server/serve-program.ts", {})
  expect(outcomes).toEqual({ version: "v0", verified: 4, isSame: true, partsSent: 6, errors: [] })
})
