/** What a browser needs in memory while a page logs one large file from disk, reads it back and logs it from OPFS again. */
import { mkdtemp, open, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { residentBytes } from "./processes.ts"
import { openSite } from "./site.ts"

declare const isofact: typeof import("./library.ts")

const MIB = 2 ** 20
const SAMPLE_MS = 50

interface Step {
  readonly step: string
  readonly seconds: number
  /** MiB above what browser, renderers and helpers had before anything was done. */
  readonly peakMiB: number
}

/** With a picked file of `bytes`, which has no blocks on disk but for a few marks in it. */
export async function measureLargeFile(bytes: number): Promise<Step[]> {
  await using site = await openSite()
  const folder = await mkdtemp(join(tmpdir(), "isofact-large-"))
  try {
    const path = join(folder, "large.bin")
    const file = await open(path, "w")
    await file.truncate(bytes)
    for (let at = 0; at < bytes; at += bytes / 8) await file.write(`mark ${at}`, Math.floor(at))
    await file.close()
    const page = await site.open()
    // What is loaded once is no matter of size.
    await page.evaluate(() => isofact.log("warm", new Map([["a", new Blob([isofact.sample(3 * 2 ** 20, 1)])]])))
    const session = await page.context().newCDPSession(page)
    const settle = async () => {
      await session.send("HeapProfiler.collectGarbage")
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    await settle()
    const idle = residentBytes(site.processes())

    const measure = async (step: string, work: () => Promise<unknown>): Promise<Step> => {
      let peak = 0
      const timer = setInterval(() => (peak = Math.max(peak, residentBytes(site.processes()))), SAMPLE_MS)
      const begun = performance.now()
      await work().finally(() => clearInterval(timer))
      const seconds = Math.round((performance.now() - begun) / 100) / 10
      await settle()
      return { step, seconds, peakMiB: Math.round((peak - idle) / MIB) }
    }
    await page.setInputFiles("#files", path)
    const log = () => page.evaluate(() => isofact.log("large", document.querySelector<HTMLInputElement>("#files")!.files!))
    const download = () =>
      page.evaluate(async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("out", { create: true })
        await (await new isofact.Api().artifact("large:latest")).download(root)
        return (await (await root.getFileHandle("large.bin")).getFile()).size
      })
    const logged = await measure("log a picked file", log)
    const downloaded = await measure("download to a folder of OPFS", async () => {
      const size = await download()
      if (size !== bytes) throw new Error(`${size} of ${bytes} bytes came`)
    })
    return [logged, downloaded]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
