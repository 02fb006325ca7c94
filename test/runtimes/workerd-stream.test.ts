/** An isolate that handles more than it could hold. In a file, and so in a process, of its own: memory is measured. */
import { expect, test } from "vitest"
import { makeBucketFolder } from "./bucket-folder.ts"
import { measurePeak, openIsolate } from "./workerd-isolate.ts"

test("a stream of 128 MiB goes into the bucket and comes back through an isolate that holds less than 100", {
  timeout: 120_000,
}, async () => {
  const size = 128 * 2 ** 20
  await using isolate = await openIsolate(await makeBucketFolder())
  for (const action of ["write", "read"]) {
    const peak = await measurePeak(isolate, () => isolate.ask(action, { size }))
    expect(peak.peakMiB, action).toBeLessThan(100)
  }
  expect(await isolate.ask("read")).toEqual({ bytes: size })
})
