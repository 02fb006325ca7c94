/** Memory does not grow with the size of a file. */
import { closeSync, existsSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { bundleChild, openWorld, startChild, tempFolder } from "./support.ts"

const mib = 1024 ** 2
const fileBytes = 512 * mib
const allowedBytes = 120 * mib

const title = existsSync("/proc/self/status") ? "" : " (skipped: only Linux tells a process's peak memory in /proc)"

test.skipIf(title !== "")(
  `a file of 512 MiB is logged and downloaded in less than 120 MiB over an idle process${title}`,
  async () => {
    const dir = tempFolder()
    const script = await bundleChild("child-memory")
    const source = join(dir, "large.bin")
    writeLarge(source)
    const idle = await peakBytes(script, "idle", dir, source)
    const root = join(dir, "copy")
    expect((await peakBytes(script, "log", dir, source)) - idle).toBeLessThan(allowedBytes)
    expect((await peakBytes(script, "download", dir, root)) - idle).toBeLessThan(allowedBytes)
    const used = await openWorld(dir).api("memory").artifact("large:latest")
    expect(await used.verify(root)).toMatchObject({ verified: 1, bytes: fileBytes })
  },
  120_000,
)

/** Each MiB is another, so that no copy of part of it goes unnoticed. */
function writeLarge(path: string): void {
  const fd = openSync(path, "wx")
  const piece = Buffer.alloc(mib, "isofact")
  for (let at = 0; at < fileBytes; at += mib) {
    piece.writeDoubleLE(at)
    writeSync(fd, piece)
  }
  closeSync(fd)
}

async function peakBytes(script: string, ...args: string[]): Promise<number> {
  const child = startChild(script, args)
  const { code, stderr } = await child.ended
  expect([code, stderr]).toEqual([0, ""])
  return Number((await child.line("peak")).split(" ")[1]) * 1024
}
