/** Versions whose files are identified by XXH128, as W&B's servers may hold them. The digests are those of Python's `wandb`. */
import type { Registry } from "isofact"
import { describe, expect, test } from "vitest"
import { toContent } from "../../src/digest/content.ts"
import { readBytes } from "../contracts/content.ts"
import { contents, directory, fill, fresh, refusal, startIn } from "./fresh.ts"

const digests = { "a.txt": ["bytes from afar", "4dSq/+QLI/obzPi6Fn4jJg=="], "b.txt": ["b", "SyIS4xrJf9RXWgscRNiEPw=="] } as const
const files = Object.fromEntries(Object.entries(digests).map(([path, [text]]) => [path, text]))

const drain = async (stream: ReadableStream<Uint8Array>) => new TextDecoder().decode(await readBytes(stream))

const canCompile = await WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
  () => true,
  () => false,
)

/** `birds:v0` as a server shows it that identifies files by XXH128. */
async function tagged() {
  const setup = fresh()
  await setup.log("birds", files)
  const stored = new Map<string, string>(Object.entries(files))
  const registry: Registry = {
    ...setup.registry,
    remote: true,
    async getManifest(id, options) {
      const manifest = JSON.parse(await setup.registry.getManifest(id, options))
      for (const [path, [, digest]] of Object.entries(digests)) {
        Object.assign(manifest.contents[path], { digest, extra: { alg: "XXH128" } })
      }
      return JSON.stringify(manifest)
    },
    async openFile(_member, { path }) {
      return toContent(new TextEncoder().encode(stored.get(path)!))
    },
  }
  const run = await startIn(registry)()
  return { run, registry, artifact: await run.useArtifact("birds"), stored }
}

describe.skipIf(!canCompile)("XXH128 (skipped where WebAssembly cannot be compiled)", () => {
  test("reads, downloads and verifies", async () => {
    const { artifact } = await tagged()
    const entry = artifact.getEntry("a.txt")
    expect(await entry.text()).toBe("bytes from afar")
    expect(await drain(await entry.stream())).toBe("bytes from afar")
    const target = directory()
    await artifact.download(target)
    expect(await contents(target)).toEqual(files)
    expect(await artifact.verify(target)).toMatchObject({ verified: 2 })
    expect(await artifact.verify(undefined, { stored: true })).toMatchObject({ verified: 2 })
  })

  test("a wrong byte is found on every way", async () => {
    const { artifact, stored } = await tagged()
    const target = directory()
    await artifact.download(target)
    await fill(target, { "b.txt": "c" })
    await refusal("DIGEST_MISMATCH", artifact.verify(target))
    stored.set("a.txt", "bytes from afaR")
    const entry = artifact.getEntry("a.txt")
    await refusal("DIGEST_MISMATCH", entry.text())
    await refusal("DIGEST_MISMATCH", drain(await entry.stream()))
    await refusal("DIGEST_MISMATCH", artifact.verify(undefined, { stored: true }))
    const other = directory()
    await refusal("DIGEST_MISMATCH", artifact.download(other))
    expect(Object.keys(await contents(other))).not.toContain("a.txt")
  })

  test("a file that is there already is kept when it is right and replaced when not", async () => {
    const { artifact } = await tagged()
    const target = await fill(directory(), { "a.txt": "bytes from afar", "b.txt": "x" })
    const skipped: string[] = []
    await artifact.download(target, { onProgress: ({ type, path }) => type === "skip" && skipped.push(path!) })
    expect(skipped).toEqual(["a.txt"])
    expect(await contents(target)).toEqual(files)
  })
})

test.skipIf(canCompile)("where WebAssembly cannot be compiled the error says so (skipped where it can)", async () => {
  const { artifact } = await tagged()
  await refusal("UNSUPPORTED", artifact.getEntry("a.txt").text())
})

test("bytes that are known by their XXH128 alone are not stored elsewhere", async () => {
  const { artifact } = await tagged()
  const draft = await artifact.newDraft()
  const setup = fresh()
  const run = await startIn(setup.registry)()
  await refusal("UNSUPPORTED", run.logArtifact(draft))
})
