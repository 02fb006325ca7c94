import { mkdtemp, rm } from "node:fs/promises"
import { get } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { readAll } from "../../src/bytes/hash-stream.ts"
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import type { Content, Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { md5Of } from "../registry/publish.ts"
import { listen } from "./listen.ts"
import {
  annsKey,
  artifactInput,
  commitQuery,
  createArtifactQuery,
  createFilesQuery,
  createManifestQuery,
  createSite,
  fileUrl,
  headersOf,
  hexOf,
  log,
  need,
  origin,
  type Site,
} from "./site.ts"

const text = "0123456789"

async function pendingFile(site: Site, content: string, extra: object = {}) {
  const { id } = need(await site.gql(createArtifactQuery, { input: artifactInput({ a: content }) })).createArtifact.artifact
  const spec = { artifactID: id, name: "a", md5: md5Of(content), ...extra }
  const { files } = need(await site.gql(createFilesQuery, { input: { artifactFiles: [spec] } })).createArtifactFiles
  return { id, node: files.edges[0].node }
}

/** A site whose stored bytes all have one bit flipped from `rot` on. */
function createRotting() {
  const blobs = createMemoryBlobStore({ hasher: createJsHasher() })
  let isRotten = false
  const rotting = {
    ...blobs,
    async get(...args: Parameters<typeof blobs.get>): Promise<Content | undefined> {
      const content = await blobs.get(...args)
      if (!isRotten || content === undefined) return content
      const bytes = await readAll(content)
      bytes[3]! ^= 1
      return { stability: "frozen", size: bytes.length, stream: () => new Blob([bytes]).stream() }
    },
  }
  const registry = createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs: rotting, entity: "ann", project: "birds" })
  const rot = () => {
    isRotten = true
  }
  return { site: createSite({ registry }), rot }
}

/** What a client that counts bytes gets of an answer, and whether it came to its end. */
function receive(url: string, headers: Record<string, string>): Promise<{ status: number; complete: boolean; size: number }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers }, (response) => {
      let size = 0
      response.on("data", (chunk: Uint8Array) => {
        size += chunk.byteLength
      })
      response.on("error", () => undefined)
      response.on("close", () => resolve({ status: response.statusCode!, complete: response.complete, size }))
    })
    request.on("error", reject)
  })
}

async function signIn(site: Site): Promise<{ cookie: string }> {
  const body = new URLSearchParams({ key: annsKey, to: "/" })
  const response = await site.fetch("/login", { method: "POST", body, headers: { origin } })
  return { cookie: response.headers.get("set-cookie")!.split(";")[0]! }
}

describe("uploading", () => {
  test("a file that is logged comes back, and is not asked for again", async () => {
    const site = createSite()
    expect(await log(site, { a: text, "deep/b": "B" })).toMatchObject({ state: "PENDING", sent: 2 })
    expect(await (await site.fetch(await fileUrl(site, "deep/b"))).text()).toBe("B")
    expect(await log(site, { a: text, c: "C" })).toMatchObject({ sent: 1 })
    expect((await log(site, { a: text, c: "C" })).state).toBe("COMMITTED")
  })

  test("other bytes than were announced are refused and leave nothing", async () => {
    const site = createSite()
    const { node } = await pendingFile(site, text)
    const headers = headersOf(node.uploadHeaders)
    const wrong = await site.fetch(node.uploadUrl, { method: "PUT", body: "9876543210", headers })
    expect(wrong.status).toBe(400)
    const other = await site.fetch(node.uploadUrl, { method: "PUT", body: text, headers: { "content-md5": md5Of("other") } })
    expect(other.status).toBe(400)
    const right = await site.fetch(node.uploadUrl, { method: "PUT", body: text, headers })
    expect(right.status).toBe(200)
    expect(right.headers.get("etag")).toBe(`"${hexOf(text)}"`)
    // Twice is fine.
    expect((await site.fetch(node.uploadUrl, { method: "PUT", body: text })).status).toBe(200)
  })

  test("what is there already is taken again, and nothing else in its place", async () => {
    const site = createSite()
    const { node } = await pendingFile(site, text)
    const put = async (body: BodyInit, headers: Record<string, string> = {}) => {
      const response = await site.fetch(node.uploadUrl, { method: "PUT", body, headers, duplex: "half" } as RequestInit)
      return [response.status, (await response.text()).includes("DIGEST_MISMATCH")]
    }
    const right = [200, false]
    const wrong = [400, true]
    for (let time = 0; time < 2; time++) {
      expect(await put(text)).toEqual(right)
      expect(await put(text, { "content-length": "10" })).toEqual(right)
      for (const other of ["012345678X", "0123", "", `${text}0`]) {
        expect(await put(other)).toEqual(wrong)
        expect(await put(other, { "content-length": `${other.length}` })).toEqual(wrong)
      }
    }
    for (const announced of [{}, { "content-length": "1000000000" }]) {
      let sent = 0
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 65_536
          controller.enqueue(new Uint8Array(65_536))
        },
      })
      expect(await put(endless as BodyInit, announced)).toEqual(wrong)
      expect(sent).toBeLessThan(2_000_000)
    }
    expect(site.told).toEqual([])
  })

  test("what has lost its end where it is stored is made whole by sending it again", async () => {
    const hasher = createJsHasher()
    const sound = createMemoryBlobStore({ hasher })
    let isCut = false
    const cut = new TextEncoder().encode("0123")
    const blobs = {
      ...sound,
      stat: async (...args: Parameters<typeof sound.stat>) => {
        const info = await sound.stat(...args)
        return info && isCut ? { ...info, size: cut.length } : info
      },
      get: async (...args: Parameters<typeof sound.get>): Promise<Content | undefined> =>
        isCut ? { stability: "frozen", size: cut.length, stream: () => new Blob([cut]).stream() } : sound.get(...args),
      delete: async (...args: Parameters<typeof sound.delete>) => {
        isCut = false
        return sound.delete(...args)
      },
    }
    const registry = createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs, entity: "ann", project: "birds" })
    const site = createSite({ registry })
    const { node } = await pendingFile(site, text)
    const put = () => site.fetch(node.uploadUrl, { method: "PUT", body: text, headers: { "content-length": `${text.length}` } })
    expect((await put()).status).toBe(200)
    isCut = true
    expect((await put()).status).toBe(200)
    expect(isCut).toBe(false)
    expect(new TextDecoder().decode(await readAll((await sound.get(md5Of(text)))!))).toBe(text)
  })

  test("what is wrong with bytes is told by the path of their entry, not by where the server keeps them", async () => {
    const dir = await mkdtemp(join(tmpdir(), "isofact-server-"))
    const registry = createNodePlatform().registry({ dir })
    for (const site of [createSite(), createSite({ registry })]) {
      for (const content of [text, "x".repeat(2_000_000)]) {
        const { node } = await pendingFile(site, content)
        const response = await site.fetch(node.uploadUrl, { method: "PUT", body: content.replace(/.$/, "!") })
        const { errors } = (await response.json()) as { errors: { message: string; extensions: { details: object } }[] }
        expect([response.status, errors[0]?.message]).toEqual([400, expect.stringContaining('"a" is damaged')])
        expect(errors[0]?.extensions.details).toMatchObject({ path: "a", expected: md5Of(content) })
      }
    }
    await rm(dir, { recursive: true })
  })

  test("nothing is committed before its bytes and manifest are there", async () => {
    const site = createSite()
    const { id } = await pendingFile(site, text)
    expect((await site.gql(commitQuery, { id })).status).toBe(409)
    const { artifactManifest } = need(
      await site.gql(createManifestQuery, {
        input: {
          artifactID: id,
          name: "m",
          digest: md5Of("{}"),
          entityName: "ann",
          projectName: "birds",
          runName: "r",
          type: "FULL",
        },
        up: true,
      }),
    ).createArtifactManifest
    for (const body of ["{", "{}"]) {
      expect((await site.fetch(artifactManifest.file.uploadUrl, { method: "PUT", body })).status).toBe(400)
    }
  })

  test("where the uploader keeps its files is not told to others", async () => {
    const site = createSite()
    await log(site, { a: text })
    const { id } = await pendingFile(site, "another")
    const json = JSON.stringify({
      version: 1,
      storagePolicy: "wandb-storage-policy-v1",
      storagePolicyConfig: { storageLayout: "V2" },
      contents: { a: { digest: md5Of("another"), size: 7, local_path: "/home/ann/private/a", skip_cache: false } },
    })
    const input = { artifactID: id, name: "m", digest: md5Of(json), entityName: "ann", projectName: "birds", runName: "r" }
    const { file } = need(await site.gql(createManifestQuery, { input, up: true })).createArtifactManifest.artifactManifest
    expect((await site.fetch(file.uploadUrl, { method: "PUT", body: json })).status).toBe(200)
    expect(await site.registry.getManifest(id)).not.toContain("/home/ann")
  })

  test("a file of unknown length may be of any where the registry keeps its files, also in a bucket", async () => {
    const hasher = createNodeHasher()
    const blobs = { ...createMemoryBlobStore({ hasher }), remote: true }
    const site = createSite({ registry: createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs, entity: "ann" }) })
    const content = "0123456789abcdef".repeat(65 * 65_536)
    const { node } = await pendingFile(site, content)
    const body = new Blob([content]).stream()
    const response = await site.fetch(node.uploadUrl, { method: "PUT", body, duplex: "half" } as RequestInit)
    expect(response.status).toBe(200)
  })

  test("a manifest beyond the limit is a 413", async () => {
    const site = createSite({ maxManifestBytes: 100 })
    await expect(log(site, { a: text })).rejects.toThrow("413")
  })
})

describe("in parts", () => {
  const parts = ["first part ", "second part ", "end"]
  const whole = parts.join("")
  const uploadPartsInput = parts.map((part, index) => ({ partNumber: index + 1, hexMD5: hexOf(part) }))
  const completeQuery = `mutation ($parts: [UploadPartsInput!]!, $id: ID!, $upload: String!) { completeMultipartUploadArtifact(input: {
    completeMultipartAction: Complete, completedParts: $parts, artifactID: $id, storagePath: "x", uploadID: $upload }) { digest } }`

  test("parts are put together, and known when they are there already", async () => {
    const site = createSite()
    const { id, node } = await pendingFile(site, whole, { uploadPartsInput })
    const { uploadID, uploadUrlParts } = node.uploadMultipartUrls
    const completed = []
    for (const [index, { uploadUrl, partNumber }] of uploadUrlParts.entries()) {
      expect((await site.fetch(uploadUrl, { method: "HEAD" })).status).toBe(404)
      const response = await site.fetch(uploadUrl, { method: "PUT", body: parts[index]! })
      expect(response.headers.get("etag")).toBe(`"${hexOf(parts[index]!)}"`)
      const head = await site.fetch(uploadUrl, { method: "HEAD" })
      expect([head.status, head.headers.get("etag")]).toEqual([200, response.headers.get("etag")])
      completed.push({ partNumber, hexMD5: response.headers.get("etag") })
    }
    const variables = { parts: completed, id, upload: uploadID }
    const both = await Promise.all([site.gql(completeQuery, variables), site.gql(completeQuery, variables)])
    for (const answer of both) expect(need(answer).completeMultipartUploadArtifact.digest).toBe(md5Of(whole))
    expect((await pendingFile(site, whole)).node.uploadUrl).toBeNull()
    await log(site, { a: whole })
    expect(await (await site.fetch(await fileUrl(site, "a"))).text()).toBe(whole)
  })

  test("an upload whose completion came to a halt is completed by the next that asks", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "performance"] })
    onTestFinished(() => void vi.useRealTimers())
    const { registry } = createSite()
    const halted = Promise.withResolvers<void>()
    let isHalting = false
    const requestUploads: Registry["requestUploads"] = async (...args) => {
      if (!isHalting) return registry.requestUploads(...args)
      isHalting = false
      halted.resolve()
      return new Promise(() => undefined)
    }
    const site = createSite({ registry: { ...registry, requestUploads } })
    const { id, node } = await pendingFile(site, whole, { uploadPartsInput })
    for (const [index, { uploadUrl }] of node.uploadMultipartUrls.uploadUrlParts.entries())
      await site.fetch(uploadUrl, { method: "PUT", body: parts[index]! })
    isHalting = true
    const variables = { parts: uploadPartsInput, id, upload: node.uploadMultipartUrls.uploadID }
    void site.gql(completeQuery, variables)
    await halted.promise
    const next = site.gql(completeQuery, variables)
    await vi.advanceTimersByTimeAsync(59_000)
    expect((await pendingFile(site, whole)).node.uploadUrl).not.toBeNull()
    await vi.advanceTimersByTimeAsync(2000)
    expect(need(await next).completeMultipartUploadArtifact.digest).toBe(md5Of(whole))
  })

  test("parts that are missing, swapped, others or misnumbered are refused", async () => {
    const site = createSite()
    const { id, node } = await pendingFile(site, whole, { uploadPartsInput })
    const upload = node.uploadMultipartUrls.uploadID
    const complete = async (list: readonly object[], uploadID = upload) =>
      (await site.gql(completeQuery, { parts: list, id, upload: uploadID })).status
    expect(await complete(uploadPartsInput)).toBe(404)
    expect(await complete(uploadPartsInput.slice(1))).toBe(400)
    expect(await complete(uploadPartsInput.slice(0, 2))).toBe(403)
    expect(await complete(uploadPartsInput.map((part, index) => ({ ...part, hexMD5: hexOf(parts[2 - index]!) })))).toBe(403)
    expect(await complete(uploadPartsInput, `${upload}x`)).toBe(403)
    expect(await complete(uploadPartsInput.with(0, { partNumber: 1, hexMD5: "zz" }))).toBe(400)
  })
})

describe("downloading", () => {
  const sited = async () => {
    const site = createSite()
    await log(site, { "a.txt": text, "page.html": "<script>alert(1)</script>", "paper.pdf": "%PDF", empty: "" })
    return { site, url: await fileUrl(site, "a.txt") }
  }

  test("whole, with what caches need", async () => {
    const { site, url } = await sited()
    const response = await site.fetch(url)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(text)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: `"${hexOf(text)}"`,
      "accept-ranges": "bytes",
      "content-length": "10",
      "content-type": "text/plain; charset=utf-8",
      "cache-control": expect.stringContaining("immutable"),
    })
    expect(response.headers.get("cache-control")).toContain("private")
  })

  test.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=0-100", 206, text, "bytes 0-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=4-2", 200, text, null],
    ["bytes=0-1,3-4", 200, text, null],
    ["lines=1-2", 200, text, null],
  ])("range %s", async (range, status, body, contentRange) => {
    const { site, url } = await sited()
    const response = await site.fetch(url, { headers: { range } })
    expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([status, body, contentRange])
  })

  test("HEAD and If-None-Match send no body", async () => {
    const { site, url } = await sited()
    const head = await site.fetch(url, { method: "HEAD" })
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""])
    for (const tag of [`"${hexOf(text)}"`, `W/"${hexOf(text)}"`, `"x", "${hexOf(text)}"`, "*"]) {
      expect((await site.fetch(url, { headers: { "if-none-match": tag } })).status).toBe(304)
    }
    expect((await site.fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200)
    const other = await site.fetch(url, { headers: { range: "bytes=1-2", "if-range": '"other"' } })
    expect([other.status, await other.text()]).toEqual([200, text])
  })

  test("what was stored runs nothing on our origin", async () => {
    const { site } = await sited()
    const response = await site.fetch(await fileUrl(site, "page.html"))
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox",
      "content-disposition": expect.stringContaining("attachment"),
    })
  })

  test("a PDF is shown, which browsers do not do in a sandbox", async () => {
    const { site } = await sited()
    const { headers } = await site.fetch(await fileUrl(site, "paper.pdf"))
    expect(headers.get("content-type")).toBe("application/pdf")
    expect(headers.get("content-disposition")).toMatch(/^inline/)
    expect(headers.get("content-security-policy")).toBeNull()
  })

  test("a file of no bytes has some headers", async () => {
    const { site } = await sited()
    const response = await site.fetch(await fileUrl(site, "empty"))
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "0", ""])
  })

  test("bytes that rotted break the answer off, and the owner is told", async () => {
    const { site, rot } = createRotting()
    await log(site, { a: text })
    const url = await fileUrl(site, "a")
    rot()
    await expect((await site.fetch(url)).text()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    expect(site.told).toEqual([expect.objectContaining({ code: "DIGEST_MISMATCH" })])
  })

  test.each([
    ["a short file", text, false],
    ["a long file", text.repeat(200_000), false],
    ["a short file by its page", text, true],
    ["a long file by its page", text.repeat(200_000), true],
  ])("over a socket, %s that rotted is never a whole answer", async (_, content, isPage) => {
    const { site, rot } = createRotting()
    await log(site, { a: content })
    const { pathname, search } = new URL(await fileUrl(site, "a"))
    const path = isPage ? "/ann/birds/artifacts/dataset/field/v0/files/a?raw" : pathname + search
    const headers = await signIn(site)
    const { url, close } = await listen(site.server.fetch)
    const before = await receive(url + path, headers)
    rot()
    // The adapter of Node prints why it broke off.
    const printed = vi.spyOn(console, "error").mockReturnValue()
    const after = await receive(url + path, headers)
    printed.mockRestore()
    await close()
    expect(before).toEqual({ status: 200, complete: true, size: content.length })
    expect([after.complete, after.size < content.length]).toEqual([false, true])
  })

  test("by the addresses of old, with a key", async () => {
    const { site } = await sited()
    const { project } = need(
      await site.gql(
        '{ project(name: "birds", entityName: "ann") { artifactCollectionMembership(name: "field:v0") { artifact { id } } } }',
      ),
    )
    const id = encodeURIComponent(project.artifactCollectionMembership.artifact.id)
    const hex = hexOf(text)
    const start = "/artifactsV2/default/ann/birds/field"
    for (const path of [
      `${start}/${id}/${id}/${hex}/a.txt`,
      `${start}/${id}//${hex}/a.txt`,
      `${start}/${id}/${hex}/a.txt`,
      `/artifacts/ann/${hex}`,
    ]) {
      const response = await site.fetch(path, { key: annsKey })
      expect([path, response.status, await response.text()]).toEqual([path, 200, text])
      expect(response.headers.get("cache-control")).toBe("private, no-cache")
      const headers = { "if-none-match": response.headers.get("etag")! }
      expect((await site.fetch(path, { key: annsKey, headers })).status).toBe(304)
      expect((await site.fetch(path, { headers })).status).toBe(401)
      expect((await site.fetch(path)).status).toBe(401)
    }
    for (const path of [
      `${start}/${id}/${id}/${hexOf("none")}/a.txt`,
      `${start}/${hex}`,
      `${start}/%E0%A4%A/${hex}/x`,
      `/artifacts/ann/zz`,
    ]) {
      expect([path, (await site.fetch(path, { key: annsKey })).status]).toEqual([path, 404])
    }
  })
})
