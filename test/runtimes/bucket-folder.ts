import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"

/** Where a simulated bucket lives until the test ends. */
export async function makeBucketFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isofact-bucket-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
