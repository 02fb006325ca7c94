/** The first lines of the README with nothing configured, wherever this runs: what the runtime's own door chose must do. */

import { Api, Artifact, init } from "isofact"
import { describe, expect, test } from "vitest"
import { platform } from "#platform"

const text = (size: number, seed: string) => new Blob([seed.repeat(Math.ceil(size / seed.length)).slice(0, size)])

async function log(name: string, files: Readonly<Record<string, Blob>>) {
  const artifact = new Artifact(name, "dataset", { metadata: { hz: 44100 } })
  await artifact.addDir(new Map(Object.entries(files)))
  const run = await init({ project: "defaults" })
  await run.logArtifact(artifact, { aliases: ["best"] })
  await run.finish()
  return artifact.wait()
}

const hasNoPlace =
  platform.name === "workerd" || (platform.name === "browser" && typeof navigator.storage?.getDirectory !== "function")

describe(platform.name, () => {
  test("logs, finds and reads", async () => {
    const files = { "small.txt": text(10, "small"), "deep/large.bin": text(3_000_000, "large "), empty: new Blob([]) }
    const logged = await log("birds", files)
    expect(logged).toMatchObject({ version: "v0", state: "COMMITTED", fileCount: 3, size: 3_000_010 })

    const found = await new Api({ project: "defaults" }).artifact("birds:best")
    expect(found.digest).toBe(logged.digest)
    expect(found.metadata).toEqual({ hz: 44100 })
    for (const [path, blob] of Object.entries(files)) {
      expect(await found.getEntry(path).text()).toBe(await blob.text())
    }
    const part = await found.getEntry("deep/large.bin").stream({ range: { start: 2_999_990, end: 2_999_995 } })
    expect(await new Response(part).text()).toBe((await files["deep/large.bin"].text()).slice(2_999_990, 2_999_995))
    expect(await found.verify(undefined, { stored: true })).toMatchObject({ verified: 3 })
  })

  test("stores what changed, numbers on, and gives the same version for the same content", async () => {
    const first = await log("bees", { a: text(100, "a"), b: text(100, "b") })
    const second = await log("bees", { a: text(100, "a"), b: text(100, "c") })
    expect([first.version, second.version]).toEqual(["v0", "v1"])
    expect((await log("bees", { a: text(100, "a"), b: text(100, "c") })).version).toBe("v1")
  })

  test("takes a stream of unknown size, as large as you like", async () => {
    const chunk = new TextEncoder().encode("0123456789abcdef".repeat(4096))
    let left = 100
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk.slice())
        else controller.close()
      },
    })
    const artifact = new Artifact("streamed", "dataset")
    await artifact.addFile(stream, { name: "stream.bin" })
    await (await init({ project: "defaults" })).logArtifact(artifact)
    await artifact.wait()
    expect(artifact.size).toBe(6_553_600)
    const bytes = await artifact.getEntry("stream.bin").bytes()
    expect(bytes.byteLength).toBe(6_553_600)
    expect(new TextDecoder().decode(bytes.slice(-16))).toBe("0123456789abcdef")
  })

  // Their own suites show what they say.
  test.skipIf(hasNoPlace)("downloads to its own place (Workers and browsers without OPFS have none), and not twice", async () => {
    const logged = await log("trees", { "a.txt": text(10, "a"), "deep/b.txt": text(2_000_000, "b") })
    const root = await logged.download()
    expect(await logged.verify(root)).toMatchObject({ verified: 2 })
    const skipped: string[] = []
    await logged.download(root, { onProgress: (event) => void (event.type === "skip" && skipped.push(event.path)) })
    expect(skipped.sort()).toEqual(["a.txt", "deep/b.txt"])
  })
})
