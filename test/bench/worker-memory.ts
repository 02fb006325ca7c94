/** What a Worker's isolate needs to write a stream to R2 and read it back: `npm run bench:worker-memory [MB, default 500]`. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { measurePeak, openIsolate } from "../runtimes/workerd-isolate.ts"

const size = Number(process.argv[2] ?? 500) * 1e6
const folder = await mkdtemp(join(tmpdir(), "isofact-bucket-"))
try {
  const rows = []
  // The bare bucket first, then the same through isofact.
  for (const action of ["rawWrite", "rawRead", "write", "read"]) {
    await using isolate = await openIsolate(folder)
    rows.push({ action, ...(await measurePeak(isolate, () => isolate.ask(action, { size }))) })
  }
  console.table(rows)
} finally {
  await rm(folder, { recursive: true, force: true })
}
