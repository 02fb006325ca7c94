/** isofact/route: artifacts at addresses. */
import { describe, expect, test } from "vitest"
import { type ArtifactRouteOptions, createArtifactRoute, type RouteCache } from "../../src/run/route.ts"
import { createMemoryBlobStore } from "../../src/storage/memory.ts"
import { draftOf, type Files, failure, flip, fresh, hasher, pattern, refusal, spoiled } from "./fresh.ts"
import { isWire } from "./through.ts"

const origin = "https://app.test"
const bytes = pattern(300_000)
const tree: Files = { "a.txt": "alpha", "x/b.png": bytes, "page.html": "<script>x</script>", empty: "" }

type Headers = { readonly [name: string]: string }

async function serving(files: Files = tree, options: ArtifactRouteOptions = {}) {
  const setup = fresh()
  const artifact = await setup.log("birds", files, { aliases: ["best"] })
  const route = createArtifactRoute({ registry: setup.registry, ...options })
  const get = async (path: string, headers: Headers = {}, method = "GET") =>
    (await route(new Request(origin + path, { method, headers })))!
  return { ...setup, artifact, route, get }
}

const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

describe("a whole file", () => {
  test("comes with its type, length, tag and safe headers", async () => {
    const { get, artifact } = await serving()
    const response = await get("/artifacts/birds:latest/x/b.png")
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      "accept-ranges": "bytes",
      "cache-control": "no-cache",
      "content-length": "300000",
      "content-security-policy": "sandbox",
      "content-type": "image/png",
      etag: `"${artifact.getEntry("x/b.png").digest}"`,
      "x-content-type-options": "nosniff",
    })
    expect(await bodyOf(response)).toEqual(bytes)
  })

  test("of no bytes", async () => {
    const response = await (await serving()).get("/artifacts/birds:v0/empty")
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "0", ""])
  })

  test.each(["birds", "birds:latest", "birds:best", "birds:v0", "birds%3Av0"])(
    "of %s is asked for again each time",
    async (name) => {
      const response = await (await serving()).get(`/artifacts/${name}/a.txt`)
      expect([response.headers.get("cache-control"), await response.text()]).toEqual(["no-cache", "alpha"])
    },
  )

  test("follows a number that means another version, once its collection was deleted and made anew", async () => {
    const { kept, cache } = memoryCache()
    const { get, log, artifact } = await serving(tree, { cache })
    expect(await (await get("/artifacts/birds:v0/a.txt")).text()).toBe("alpha")
    await artifact.collection.delete()
    expect((await get("/artifacts/birds:v0/a.txt")).status).toBe(404)
    await log("birds", { "a.txt": "second" })
    expect(await (await get("/artifacts/birds:v0/a.txt")).text()).toBe("second")
    expect(kept.size).toBe(2)
  })

  test("follows an alias that moves", async () => {
    const { get, log } = await serving()
    await (await get("/artifacts/birds:latest/a.txt")).text()
    await log("birds", { "a.txt": "second" })
    expect(await (await get("/artifacts/birds:latest/a.txt")).text()).toBe("second")
    expect(await (await get("/artifacts/birds:v0/a.txt")).text()).toBe("alpha")
  })

  test("is not found once its version is deleted", async () => {
    const { get, artifact } = await serving()
    await (await get("/artifacts/birds:v0/a.txt")).text()
    await artifact.delete({ deleteAliases: true })
    expect((await get("/artifacts/birds:v0/a.txt")).status).toBe(404)
  })

  test("HEAD has the headers and no body", async () => {
    const { get } = await serving()
    const response = await get("/artifacts/birds:v0/x/b.png", {}, "HEAD")
    expect([response.status, response.headers.get("content-length"), response.body]).toEqual([200, "300000", null])
    expect((await get("/artifacts/birds:v0/none", {}, "HEAD")).body).toBe(null)
  })

  test("damaged, its body errors and names it", async () => {
    const { store, changes } = spoiled(createMemoryBlobStore({ hasher }))
    const setup = fresh({ blobs: store })
    const artifact = await setup.log("birds", tree)
    changes.set(artifact.getEntry("x/b.png").digest, flip)
    const route = createArtifactRoute({ registry: setup.registry })
    const response = await route(new Request(`${origin}/artifacts/birds:v0/x/b.png`))
    const reader = response!.body!.getReader()
    const error = await failure(async () => {
      while (!(await reader.read()).done);
    })
    // workerd's own streams pass on the message, but not the object.
    expect(String(error)).toMatch(/DigestMismatchError.*x\/b\.png.*damaged/)
  })

  test.skipIf(isWire)(
    "whose bytes are lost rejects: the address is right (over the wire that is noticed with the first byte)",
    async () => {
      const { route, artifact, blobs } = await serving()
      await blobs.delete(artifact.getEntry("a.txt").digest as never)
      const lost = route(new Request(`${origin}/artifacts/birds:v0/a.txt`)).then((response) => response!.text())
      await refusal("ENTRY_NOT_FOUND", lost)
    },
  )
})

describe("types", () => {
  test.each([
    ["a.JPG", "image/jpeg"],
    ["a.svg", "image/svg+xml"],
    ["a.mp4", "video/mp4"],
    ["a.wav", "audio/wav"],
    ["a.csv", "text/csv; charset=utf-8"],
    ["a.parquet", "application/vnd.apache.parquet"],
    ["page.html", "text/html; charset=utf-8"],
    ["a.js", "text/plain; charset=utf-8"],
    ["a.css", "text/plain; charset=utf-8"],
    ["a.wasm", "application/octet-stream"],
    ["none", "application/octet-stream"],
    ["x.png/constructor", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
  ])("%s is %s, in a sandbox", async (path, type) => {
    const response = await (await serving({ [path]: "x" })).get(`/artifacts/birds:v0/${path}`)
    expect(response.headers.get("content-type")).toBe(type)
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
    expect(response.headers.get("content-security-policy")).toBe("sandbox")
    await response.text()
  })
})

describe("ranges", () => {
  test.each([
    ["bytes=0-9", 0, 10],
    ["bytes=299990-", 299_990, 300_000],
    ["bytes=-10", 299_990, 300_000],
    ["bytes=-400000", 0, 300_000],
    ["bytes=0-", 0, 300_000],
    ["bytes=5-5", 5, 6],
    ["bytes=299999-999999999999999999999", 299_999, 300_000],
    ["Bytes = 1-2", 1, 3],
  ])("%s", async (range, start, end) => {
    const response = await (await serving()).get("/artifacts/birds:v0/x/b.png", { range })
    expect(response.status).toBe(206)
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/300000`)
    expect(response.headers.get("content-length")).toBe(String(end - start))
    expect(await bodyOf(response)).toEqual(bytes.slice(start, end))
  })

  test.each(["bytes=300000-", "bytes=300000-300001", "bytes=-0", "bytes=99999999999999999999-"])("%s is 416", async (range) => {
    const response = await (await serving()).get("/artifacts/birds:v0/x/b.png", { range })
    expect([response.status, response.headers.get("content-range"), await response.text()]).toEqual([416, "bytes */300000", ""])
  })

  test.each(["bytes=0-1,4-5", "bytes=5-3", "bytes=-", "bytes=a-b", "lines=0-1", "bytes", "bytes=1.5-2", "bytes=--1"])(
    "%s is all of it",
    async (range) => {
      const response = await (await serving()).get("/artifacts/birds:v0/x/b.png", { range })
      expect([response.status, (await bodyOf(response)).byteLength]).toEqual([200, 300_000])
    },
  )

  test("an empty file has none", async () => {
    expect((await (await serving()).get("/artifacts/birds:v0/empty", { range: "bytes=0-" })).status).toBe(416)
  })

  test("If-Range: the same tag gives the range, anything else all of it", async () => {
    const { get, artifact } = await serving()
    const etag = `"${artifact.getEntry("x/b.png").digest}"`
    const statusOf = async (condition: string) => {
      const response = await get("/artifacts/birds:v0/x/b.png", { range: "bytes=0-9", "if-range": condition })
      return [response.status, (await bodyOf(response)).byteLength]
    }
    expect(await statusOf(etag)).toEqual([206, 10])
    for (const other of ['"other"', `W/${etag}`, "Wed, 21 Oct 2015 07:28:00 GMT"])
      expect(await statusOf(other)).toEqual([200, 300_000])
  })

  test("HEAD knows none", async () => {
    const response = await (await serving()).get("/artifacts/birds:v0/x/b.png", { range: "bytes=0-9" }, "HEAD")
    expect([response.status, response.headers.get("content-length")]).toEqual([200, "300000"])
  })

  test("of a damaged file rejects where the whole is at hand", async () => {
    const { store, changes } = spoiled(createMemoryBlobStore({ hasher }))
    const setup = fresh({ blobs: store })
    const artifact = await setup.log("birds", tree)
    changes.set(artifact.getEntry("x/b.png").digest, flip)
    const route = createArtifactRoute({ registry: setup.registry })
    const headers = { range: "bytes=5-9" }
    await refusal("DIGEST_MISMATCH", route(new Request(`${origin}/artifacts/birds:v0/x/b.png`, { headers })))
  })
})

describe("If-None-Match", () => {
  test.each<[string, (etag: string) => string, number]>([
    ["the tag", (etag) => etag, 304],
    ["the tag, made weak", (etag) => `W/${etag}`, 304],
    ["several", (etag) => `"x" , ${etag}`, 304],
    ["anything", () => "*", 304],
    ["another", () => '"x"', 200],
    ["the tag without quotes", (etag) => etag.slice(1, -1), 200],
  ])("%s", async (_, header, status) => {
    const { get, artifact } = await serving()
    const etag = `"${artifact.getEntry("a.txt").digest}"`
    const response = await get("/artifacts/birds:v0/a.txt", { "if-none-match": header(etag) })
    expect([response.status, await response.text()]).toEqual([status, status === 304 ? "" : "alpha"])
    expect(response.headers.get("etag")).toBe(etag)
    expect(response.headers.get("cache-control")).toBe("no-cache")
  })
})

describe("addresses", () => {
  const names = [
    "a b.txt",
    "ünï/çødé 🐦.txt",
    "50%.txt",
    "a#b?c=d&e",
    "ab:c",
    "+",
    "%2e%2e",
    "back\\slash",
    "semi;colon",
    "v0/v1",
    "a\nb",
  ]
  test.each(names)("%j is found when each part is encoded", async (path) => {
    const { get } = await serving({ [path]: "here" })
    const encoded = path.split("/").map(encodeURIComponent).join("/")
    const response = await get(`/artifacts/birds:v0/${encoded}`)
    expect([response.status, await response.text()]).toEqual([200, "here"])
    const whole = await get(`/artifacts/birds:v0/${encodeURIComponent(path)}?query#fragment`)
    expect([whole.status, await whole.text()]).toEqual([200, "here"])
  })

  test.each([
    "/artifacts/birds:v0/none",
    "/artifacts/birds:v9/a.txt",
    "/artifacts/birds:none/a.txt",
    "/artifacts/none:v0/a.txt",
    "/artifacts/birds:v0/x",
    "/artifacts/birds:v0/a.txt/b",
    "/artifacts/birds:v0/A.TXT",
    "/artifacts/birds:v0/x%00.png%20",
    "/artifacts/birds:..%20/a.txt",
    "/artifacts/..birds:v0/a.txt",
    "/artifacts/%E2%80%AE:v0/a.txt",
  ])("%s is nothing", async (path) => {
    const response = await (await serving()).get(path)
    expect([404, 400]).toContain(response.status)
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8")
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
    expect(await response.text()).not.toContain("memory")
  })

  test.each([
    "/artifacts/",
    "/artifacts/birds:v0",
    "/artifacts/birds:v0/",
    "/artifacts//a.txt",
    "/artifacts/:v0/a.txt",
    "/artifacts/birds:/a.txt",
    "/artifacts/birds:v0/%",
    "/artifacts/birds:v0/%E0%A4%A",
    "/artifacts/birds:v0/%ff",
    "/artifacts/birds:v0/..%2f..%2fetc%2fpasswd",
    "/artifacts/birds:v0/x%2f%2e%2e%2f%2e%2e%2fa.txt",
    "/artifacts/birds:v0/%5C%5Cserver%5Cshare",
    "/artifacts/birds:v0/C:%5Cx",
    "/artifacts/birds:v0/%2fetc%2fpasswd",
    "/artifacts/birds:v0/a%00b",
    "/artifacts/other%2Fbirds:v0/a.txt",
    "/artifacts/entity%2Fother%2Fbirds:v0/a.txt",
    "/artifacts/birds:v0%2Fa.txt",
  ])("%s is no address", async (path) => {
    const response = await (await serving()).get(path)
    expect([response.status, response.headers.get("content-type")]).toEqual([400, "text/plain; charset=utf-8"])
    expect(await response.text()).toContain("/artifacts/name:alias/path")
  })

  test.each(["/", "/artifacts", "/artifact/birds:v0/a.txt", "/x/artifacts/birds:v0/a.txt", "/artifacts/../birds:v0/a.txt"])(
    "%s is somebody else's",
    async (path) => {
      const { route } = await serving()
      expect(await route(new Request(origin + path))).toBe(undefined)
    },
  )

  test("another prefix", async () => {
    const { route } = await serving(tree, { prefix: "/data/a/" })
    expect(await route(new Request(`${origin}/artifacts/birds:v0/a.txt`))).toBe(undefined)
    expect(await (await route(new Request(`${origin}/data/a/birds:v0/a.txt`)))?.text()).toBe("alpha")
  })

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
    const response = await (await serving()).get("/artifacts/birds:v0/a.txt", {}, method)
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"])
  })

  test("only the one project is served", async () => {
    const { registry, start } = await serving()
    const run = await start({ project: "secret" })
    await run.logArtifact(await draftOf("hidden", { a: "hidden" }))
    const get = (path: string, project?: string) => createArtifactRoute({ registry, project })(new Request(origin + path))
    expect((await get("/artifacts/hidden:v0/a"))?.status).toBe(404)
    expect(await (await get("/artifacts/hidden:v0/a", "secret"))?.text()).toBe("hidden")
  })
})

describe("references", () => {
  async function referring(options: ArtifactRouteOptions = {}) {
    const { log, start, registry } = fresh()
    const target = await log("target", { "a.txt": "alpha" })
    const draft = await draftOf("birds", { b: "b" })
    await draft.addReference(target.getEntry("a.txt"), { name: "ref.txt" })
    await (await start()).logArtifact(draft)
    const route = createArtifactRoute({ registry, ...options })
    return async (headers: Headers = {}) => (await route(new Request(`${origin}/artifacts/birds:v0/ref.txt`, { headers })))!
  }

  test("are not followed", async () => {
    const response = await (await referring())()
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("reference")])
  })

  test("are followed when that is allowed, and never kept for good", async () => {
    const response = await (await referring({ references: true }))({ range: "bytes=0-1", "if-none-match": "*" })
    expect([response.status, await response.text()]).toEqual([200, "alpha"])
    expect(response.headers.get("cache-control")).toBe("no-cache")
    for (const name of ["etag", "content-length", "accept-ranges"]) expect(response.headers.has(name)).toBe(false)
  })
})

/** What the Cache API does, where there is none. */
function memoryCache() {
  const kept = new Map<string, Response>()
  const cache: RouteCache = {
    match: async (url) => kept.get(url)?.clone(),
    async put(url, response) {
      const body = await response.arrayBuffer()
      kept.set(url, new Response(body, response))
    },
  }
  return { kept, cache }
}

describe("a cache", () => {
  test("keeps whole files by digest, and answers from them", async () => {
    const { kept, cache } = memoryCache()
    const { get, artifact, blobs } = await serving(tree, { cache })
    for (const path of ["birds:v0/a.txt?x=1", "birds:v0/a.txt"]) {
      const response = await get(`/artifacts/${path}`)
      expect([response.status, await response.text(), response.headers.get("content-length")]).toEqual([200, "alpha", "5"])
      await blobs.delete(artifact.getEntry("a.txt").digest as never)
    }
    const digest = encodeURIComponent(artifact.getEntry("a.txt").digest)
    expect([...kept.keys()]).toEqual([`${origin}/artifacts/${digest}/a.txt`])
    const same = await get("/artifacts/birds:v0/a.txt", { "if-none-match": "*" })
    expect([same.status, await same.text()]).toEqual([304, ""])
  })

  test("keeps nothing else", async () => {
    const { kept, cache } = memoryCache()
    const { get } = await serving({ ...tree, "big.bin": new Uint8Array(8 * 1024 * 1024 + 1) }, { cache })
    await (await get("/artifacts/birds:v0/none")).text()
    await (await get("/artifacts/birds:v0/x/b.png", { range: "bytes=0-9" })).text()
    await get("/artifacts/birds:v0/a.txt", {}, "HEAD")
    await get("/artifacts/birds:v0/a.txt", { "if-none-match": "*" })
    expect((await bodyOf(await get("/artifacts/birds:v0/big.bin"))).byteLength).toBe(8 * 1024 * 1024 + 1)
    expect([...kept.keys()]).toEqual([])
  })

  test("never keeps damaged bytes, nor hands them out", async () => {
    const { kept, cache } = memoryCache()
    const { store, changes } = spoiled(createMemoryBlobStore({ hasher }))
    const setup = fresh({ blobs: store })
    const artifact = await setup.log("birds", tree)
    changes.set(artifact.getEntry("a.txt").digest, flip)
    const route = createArtifactRoute({ registry: setup.registry, cache })
    await failure(route(new Request(`${origin}/artifacts/birds:v0/a.txt`)).then((response) => response!.text()))
    expect(kept.size).toBe(0)
  })

  test("that is full is done without", async () => {
    const put = async (_: string, response: Response) => {
      await response.body?.cancel()
      throw new DOMException("full", "QuotaExceededError")
    }
    const { get } = await serving(tree, { cache: { match: async () => undefined, put } })
    expect(await (await get("/artifacts/birds:v0/a.txt")).text()).toBe("alpha")
  })
})

test("many requests at once load the manifest once", async () => {
  const setup = fresh()
  await setup.log("birds", Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`${at}`, `${at}`])))
  let loads = 0
  const getManifest: typeof setup.registry.getManifest = (...call) => {
    loads += 1
    return setup.registry.getManifest(...call)
  }
  const route = createArtifactRoute({ registry: { ...setup.registry, getManifest } })
  const get = async (at: number) => (await route(new Request(`${origin}/artifacts/birds:latest/${at}`)))!.text()
  const all = Array.from({ length: 60 }, (_, at) => at)
  expect(await Promise.all(all.map(get))).toEqual(all.map(String))
  expect(loads).toBe(1)
})

test.each([
  [{ prefix: "artifacts/" }, "options.prefix"],
  [{ prefix: "/artifacts" }, "options.prefix"],
  [{ prefix: 5 }, "options.prefix"],
  [{ registry: {} }, "options.registry"],
  [{ references: 1 }, "options.references"],
  [{ misspelt: 1 }, "options.misspelt"],
  [null, "options"],
])("%j is refused", async (options, argument) => {
  const error = await refusal("INVALID_ARGUMENT", () => createArtifactRoute(options as never))
  expect(error.details.argument).toBe(argument)
})
