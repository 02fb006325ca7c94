/** The memory of a page does not grow with its files. `npm run bench:browser-memory` measures larger ones. */
import { expect, test } from "vitest"
import { measureLargeFile } from "./memory.ts"

test("256 MiB are logged and downloaded within less than 150 MB", { timeout: 120_000 }, async () => {
  const steps = await measureLargeFile(256 * 2 ** 20)
  for (const { step, peakMiB } of steps) expect(peakMiB, step).toBeLessThan(143)
})
