/** spec/references.md 8: what references point at is kept where Python keeps it, and read from there the next time. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { Artifact, type ProgressEvent } from "isofact"
import { expect, onTestFinished, test } from "vitest"
import { createNodeCache } from "../../src/storage/node-cache.ts"
import { contents, directory, fresh } from "../conformance/fresh.ts"
import { filesBelow, newTransfer, temporaryDirectory } from "../storage/helpers.ts"

const entry = { path: "key.txt", ref: "s3://bucket/key.txt", digest: "abc", size: 3 }
const theirs = "obj/etag/cc/7e57b7a341423010aba9330a6a8d4983baf8448477bf2124ca6a21237f54d1"

async function openCache() {
  const root = await temporaryDirectory()
  return { root, cache: createNodeCache({ directory: root, transfer: newTransfer() }) }
}

/** A web server whose files have an ETag, and how often each was asked for. */
async function serve(files: Record<string, { body: string; etag?: string }>) {
  const asked: Record<string, number> = {}
  const server = createServer(({ url }, response) => {
    const file = files[url!]
    asked[url!] = (asked[url!] ?? 0) + 1
    if (file === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { "content-length": file.body.length, ...(file.etag && { etag: file.etag }) }).end(file.body)
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  onTestFinished(() => void server.close())
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, asked }
}

test("the place of a copy is Python's, and its copies are found", async () => {
  const { root, cache } = await openCache()
  mkdirSync(dirname(join(root, theirs)), { recursive: true })
  writeFileSync(join(root, theirs), "xyz")
  const found = await cache.references.get(entry)
  expect(await new Response(found!.stream()).text()).toBe("xyz")
})

test("a copy of another size is none, and neither is one of unknown size", async () => {
  const { root, cache } = await openCache()
  mkdirSync(dirname(join(root, theirs)), { recursive: true })
  writeFileSync(join(root, theirs), "longer")
  expect(await cache.references.get(entry)).toBeUndefined()
  expect(await cache.references.get({ ...entry, size: 0 })).toBeUndefined()
})

test("a second download asks the server for nothing and proves as much", async () => {
  const { origin, asked } = await serve({ "/a.txt": { body: "hello", etag: '"one"' } })
  const { root, cache } = await openCache()
  const { registry, start } = fresh()
  const draft = new Artifact("birds", "dataset")
  await draft.addReference(`${origin}/a.txt`)
  const artifact = await (await start({ cache })).logArtifact(draft)
  const proofs: unknown[] = []
  const onProgress = (event: ProgressEvent) => event.fileDone && proofs.push(event.proof)
  for (const expected of [2, 2]) {
    const target = directory()
    await artifact.download(target, { onProgress })
    expect(await contents(target)).toEqual({ "a.txt": "hello" })
    expect(asked["/a.txt"]).toBe(expected)
  }
  expect(proofs).toEqual(["version", "version"])
  const [kept] = filesBelow(root)
  expect(kept).toMatch(/^obj\/etag\/[0-9a-f]{2}\/[0-9a-f]{62}$/)
  expect(readFileSync(join(root, kept!), "utf8")).toBe("hello")
  expect(statSync(join(root, kept!)).mode & 0o777).toBe(0o666 & ~process.umask())
  expect(registry).toBeDefined()
})

test("a total is never overshot, though what comes is longer than what was counted", async () => {
  const text = "hello ".repeat(50_000)
  const packed = gzipSync(text)
  const server = createServer((_, response) => {
    response.writeHead(200, { etag: '"one"', "content-encoding": "gzip", "content-length": packed.byteLength }).end(packed)
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  onTestFinished(() => void server.close())
  const draft = new Artifact("birds", "dataset")
  await draft.addReference(`http://localhost:${(server.address() as AddressInfo).port}/a.txt`)
  const artifact = await (await fresh().start()).logArtifact(draft)
  const counts: number[] = []
  const target = directory()
  await artifact.download(target, { onProgress: ({ bytesDone, bytesTotal }) => counts.push(bytesDone, bytesTotal!) })
  expect(await contents(target)).toEqual({ "a.txt": text })
  expect(Math.max(...counts)).toBe(packed.byteLength)
  expect(counts.slice(-2)).toEqual([packed.byteLength, packed.byteLength])
})

test("nothing is kept with skipCache, nor of what has nothing to tell it by", async () => {
  const { origin, asked } = await serve({ "/a.txt": { body: "hello", etag: '"one"' }, "/b.txt": { body: "there" } })
  const { root, cache } = await openCache()
  const { start } = fresh()
  const draft = new Artifact("birds", "dataset")
  await draft.addReference(`${origin}/a.txt`)
  await draft.addReference(`${origin}/b.txt`)
  const artifact = await (await start({ cache })).logArtifact(draft)
  const proofs = new Map<string, unknown>()
  await artifact.download(directory(), {
    skipCache: true,
    onProgress: ({ path, fileDone, proof }) => fileDone && proofs.set(path, proof),
  })
  expect(proofs).toEqual(
    new Map([
      ["a.txt", "version"],
      ["b.txt", "none"],
    ]),
  )
  await artifact.download(directory(), { match: /b/ })
  await artifact.download(directory(), { match: /b/ })
  expect(asked).toEqual({ "/a.txt": 2, "/b.txt": 4 })
  expect(filesBelow(root)).toEqual([])
})

test("a body of another size than was told is asked for once, and is never found again", async () => {
  const { origin, asked } = await serve({ "/a.txt": { body: "hello", etag: '"one"' } })
  const { cache } = await openCache()
  const draft = new Artifact("birds", "dataset")
  const [added] = await draft.addReference(`${origin}/a.txt`)
  draft.manifest.add({ ...added!.toJSON(), path: "a.txt", size: 3 }, { overwrite: true })
  const artifact = await (await fresh().start({ cache })).logArtifact(draft)
  for (const expected of [2, 3]) {
    const target = directory()
    await artifact.download(target)
    expect(await contents(target)).toEqual({ "a.txt": "hello" })
    expect(asked["/a.txt"]).toBe(expected)
  }
})

test("what the store refuses is told as it is, and is not asked again because of the cache", async () => {
  const files: Parameters<typeof serve>[0] = { "/a.txt": { body: "hello", etag: '"one"' } }
  const { origin, asked } = await serve(files)
  const { cache } = await openCache()
  const draft = new Artifact("birds", "dataset")
  await draft.addReference(`${origin}/a.txt`)
  const artifact = await (await fresh().start({ cache })).logArtifact(draft)
  files["/a.txt"] = { body: "other", etag: '"two"' }
  await expect(artifact.download(directory())).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
  expect(asked["/a.txt"]).toBe(2)
  delete files["/a.txt"]
  await expect(artifact.download(directory())).rejects.toMatchObject({ code: "ENTRY_NOT_FOUND" })
  expect(asked["/a.txt"]).toBe(3)
})

test("a copy that cannot be kept costs nothing but the copy", async () => {
  const { origin } = await serve({ "/a.txt": { body: "hello", etag: '"one"' } })
  const { root, cache } = await openCache()
  writeFileSync(join(root, "obj"), "in the way")
  const draft = new Artifact("birds", "dataset")
  await draft.addReference(`${origin}/a.txt`)
  const artifact = await (await fresh().start({ cache })).logArtifact(draft)
  const target = directory()
  await artifact.download(target)
  expect(await contents(target)).toEqual({ "a.txt": "hello" })
})
