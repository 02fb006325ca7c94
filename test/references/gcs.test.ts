/** References to Cloud Storage: what is recorded, how permission is got, what is read later, and what a bad day does to it. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest"
import { toContent } from "../../src/digest/content.ts"
import { isArtifactError, StorageError } from "../../src/errors.ts"
import type { ReferenceEntry, ReferenceHandler, TrackOptions } from "../../src/ports.ts"
import { type GcsReferenceOptions, gcsReferences } from "../../src/references/gcs.ts"
import { referenceTable } from "../../src/references/table.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { type GcsServer, startGcsServer } from "./gcs-server.ts"

let server: GcsServer
beforeEach(async () => {
  server = await startGcsServer()
})
afterEach(() => server.stop())

const handler = (options: GcsReferenceOptions = {}) => gcsReferences({ endpoint: server.endpoint, ...options })
const track = (uri: string, options: Partial<TrackOptions> = {}, by: ReferenceHandler = handler()) =>
  by.track(parseReferenceUri(uri), { name: undefined, checksum: true, maxObjects: 1000, ...options })
const read = async (entry: unknown, by: ReferenceHandler = handler()) => {
  const { content, proof, expect } = await by.open(entry as ReferenceEntry)
  return { text: await new Response(content.stream()).text(), proof, expect }
}
async function refusal(code: string, work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (error) => error,
  )
  if (!isArtifactError(error)) throw error ?? new Error("nothing was refused")
  expect(error.code, error.message).toBe(code)
  return error
}

describe("an object", () => {
  test("is recorded by etag, size and generation, and read with the proof of its MD5", async () => {
    const { etag, generation } = server.put("one/a.txt", "hello")
    const entries = await track("gs://birds/one/a.txt")
    const extra = { versionID: Number(generation) }
    expect(entries).toEqual([{ path: "a.txt", ref: "gs://birds/one/a.txt", digest: etag, size: 5, extra }])
    expect(await read(entries[0])).toEqual({ text: "hello", proof: "bytes", expect: "XUFAKrxLKna5cZ2REBfFkg==" })
  })

  test("is the generation that is asked for", async () => {
    server.keepsVersions = true
    const { etag, generation } = server.put("a", "one")
    server.put("a", "three")
    const [entry] = await track(`gs://birds/a#${generation}`)
    expect(entry).toMatchObject({ ref: "gs://birds/a", digest: etag, size: 3 })
    expect((await read(entry)).text).toBe("one")
    await refusal("ENTRY_NOT_FOUND", track("gs://birds/a#17"))
  })

  test.each(["a b", "ü 漢", "100%", "what?.txt", "x#y.txt", "x#1", "a+b&c=d", "a/../b", "deep//er"])(
    "may be called %j",
    async (key) => {
      server.put(`odd/${key}`, key)
      if (!key.includes("..")) {
        const [entry] = await track("gs://birds/odd")
        expect(entry).toMatchObject({ path: key.replace("//", "/"), ref: `gs://birds/odd/${key}` })
        expect((await read(entry)).text).toBe(key)
      }
      // A number after # is a generation.
      if (key !== "x#1") expect((await track(`gs://birds/odd/${key}`, { name: "n" }))[0]!.ref).toBe(`gs://birds/odd/${key}`)
    },
  )

  test("without MD5, or unpacked on the way, is proven by its generation", async () => {
    server.put("composed", "hello", { md5Hash: undefined })
    server.put("packed", "hello, unpacked", { contentEncoding: "gzip", size: "7" })
    for (const key of ["composed", "packed"]) {
      const [entry] = await track(`gs://birds/${key}`)
      expect(await read(entry)).toMatchObject({ proof: "version", expect: undefined })
    }
  })

  test("without a checksum is not asked for", async () => {
    const [entry] = await track("gs://birds/x/a.txt#17", { checksum: false })
    expect(entry).toEqual({ path: "x/a.txt", ref: "gs://birds/x/a.txt", digest: "gs://birds/x/a.txt" })
    expect(server.requests).toEqual([])
    server.put("x/a.txt", "hello")
    expect(await read(entry)).toEqual({ text: "hello", proof: "none", expect: undefined })
    await refusal("INVALID_ARGUMENT", track("gs://birds", { checksum: false }))
  })
})

describe("a folder", () => {
  test("is every object below it on every page: no sibling, no marker", async () => {
    for (const key of ["dir/", "dir/a", "dir/empty", "dir/sub/", "dir/sub/b", "dir2/c"])
      server.put(key, key.endsWith("/") || key.endsWith("y") ? "" : key)
    server.pageSize = 2
    const entries = await track("gs://birds/dir")
    expect(entries.map(({ path, ref, size }) => [path, ref, size])).toEqual([
      ["a", "gs://birds/dir/a", 5],
      ["empty", "gs://birds/dir/empty", 0],
      ["sub/b", "gs://birds/dir/sub/b", 9],
    ])
    expect((await track("gs://birds/dir/", { name: "n" })).map(({ path }) => path)).toEqual(["n/a", "n/empty", "n/sub/b"])
    expect((await track("gs://birds")).map(({ path }) => path)).toEqual(["dir/a", "dir/empty", "dir/sub/b", "dir2/c"])
    expect(await track("gs://birds/dir", { maxObjects: 3 })).toHaveLength(3)
    const error = await refusal("INVALID_ARGUMENT", track("gs://birds/dir", { maxObjects: 2 }))
    expect(error.details.argument).toBe("options.maxObjects")
  })

  test("of which two objects would be one file is refused", async () => {
    server.put("dir//a", "1")
    server.put("dir/a", "2")
    await refusal("INVALID_ARGUMENT", track("gs://birds/dir"))
  })

  test("where nothing is, is EntryNotFoundError; without a bucket StorageError", async () => {
    server.put("hollow/", "")
    for (const uri of ["gs://birds", "gs://birds/none", "gs://birds/hollow"]) await refusal("ENTRY_NOT_FOUND", track(uri))
    for (const uri of ["gs://fish", "gs://fish/a"]) {
      const error = await refusal("STORAGE", track(uri))
      expect([error.message, error.details.status]).toEqual(["There is no bucket gs://fish", 404])
    }
    await refusal("INVALID_ARGUMENT", track("gs:///a"))
  })

  test("stops with its signal", async () => {
    const controller = new AbortController()
    for (const key of ["d/1", "d/2", "d/3"]) server.put(key, key)
    server.pageSize = 1
    server.fault = ({ url }) => {
      if (url!.includes("pageToken=2")) controller.abort(new Error("enough"))
      return false
    }
    await expect(track("gs://birds/d", { signal: controller.signal })).rejects.toThrow("enough")
  })
})

describe("permission", () => {
  beforeEach(() => {
    server.put("a", "hello")
    server.tokens = new Set(["good"])
  })

  test.each<[string, GcsReferenceOptions["token"]]>([
    ["a string", "good"],
    ["a function", () => "good"],
    ["a promise of { token }", async () => ({ token: "good", res: null })],
    ["a promise of { access_token }", async () => ({ access_token: "good" })],
  ])("may be %s", async (_, token) => {
    const [entry] = await track("gs://birds/a", {}, handler({ token }))
    expect((await read(entry, handler({ token }))).text).toBe("hello")
  })

  test("may be a service account, whose token is kept until it runs out", async () => {
    const by = handler({ credentials: server.credentials })
    const tokens = () => server.requests.filter((request) => request.startsWith("POST")).length
    await Promise.all([track("gs://birds/a", {}, by), track("gs://birds/a", {}, by)])
    const [entry] = await track("gs://birds/a", {}, by)
    expect((await read(entry, by)).text).toBe("hello")
    expect(tokens()).toBe(1)
    server.tokenSeconds = 30
    const brief = handler({ credentials: server.credentials })
    await track("gs://birds/a", {}, brief)
    await track("gs://birds/a", {}, brief)
    expect(tokens()).toBe(3)
  })

  test("that is missing or wrong is StorageError with the way out, and no secret", async () => {
    for (const options of [{}, { token: "hush-hush" }]) {
      const error = await refusal("STORAGE", track("gs://birds/a", {}, handler(options)))
      expect(error.details.status).toBe(401)
      expect(error.message).toContain("gcsReferences")
      expect(error.message).toContain("GOOGLE_APPLICATION_CREDENTIALS")
      expect(everything(error)).not.toMatch(/hush|bearer/i)
    }
    const forged = { ...server.credentials, client_email: "other@example.org" }
    const error = await refusal("STORAGE", track("gs://birds/a", {}, handler({ credentials: forged })))
    expect(error.message).toContain("invalid_grant")
    expect(everything(error)).not.toMatch(/assertion|eyJ/)
    const broken = { ...server.credentials, private_key: "hush" }
    expect(
      everything(await refusal("INVALID_ARGUMENT", track("gs://birds/a", {}, handler({ credentials: broken })))),
    ).not.toContain("hush")
  })

  test("to have others pay is named when it is missing, and sent when given", async () => {
    server.tokens = undefined
    server.fault = ({ url }, response) => {
      if (url!.includes("userProject=mine")) return false
      const message = "Bucket is a requester pays bucket but no user project provided."
      response.writeHead(400).end(JSON.stringify({ error: { code: 400, message, errors: [{ reason: "required" }] } }))
      return true
    }
    expect((await refusal("STORAGE", track("gs://birds/a"))).message).toContain("userProject")
    const by = handler({ userProject: "mine" })
    const [entry] = await track("gs://birds/a", {}, by)
    expect((await read(entry, by)).text).toBe("hello")
  })

  test("goes to no other host", async () => {
    const seen: string[] = []
    const other = await startGcsServer()
    other.fault = ({ headers }) => {
      seen.push(String(headers.authorization))
      return false
    }
    server.fault = (_, response) => {
      response.writeHead(307, { location: `${other.endpoint}/storage/v1/b/birds/o/a` }).end()
      return true
    }
    await refusal("STORAGE", track("gs://birds/a", {}, handler({ token: "good" })))
    other.stop()
    expect(seen).toEqual([])
  })

  test("of an emulator is none; the environment names it", async () => {
    server.tokens = undefined
    for (const host of [server.endpoint, server.endpoint.slice("http://".length), `${server.endpoint}/storage/v1/`]) {
      const env = (name: string) => (name === "STORAGE_EMULATOR_HOST" ? host : undefined)
      const uri = parseReferenceUri("gs://birds/a")
      const by = referenceTable({ env }, {} as never).find((candidate) => candidate.handles(uri))!
      expect((await track("gs://birds/a", {}, by))[0]!.size).toBe(5)
    }
  })

  test("may be the key file that the environment names", async () => {
    server.tokens = new Set()
    const uri = parseReferenceUri("gs://birds/a")
    const tableOf = (file: string | undefined) => {
      const env = (name: string) => (name === "GOOGLE_APPLICATION_CREDENTIALS" ? "/keys/birds.json" : undefined)
      const openFile = async () => {
        if (file === undefined) throw new StorageError("There is none")
        return toContent(new Blob([file]))
      }
      return referenceTable({ env }, { openFile } as never).find((candidate) => candidate.handles(uri))!
    }
    // The true service is not for tests to ask.
    const asked: string[] = []
    const { fetch } = globalThis
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      asked.push(new URL(url).origin)
      return fetch(url.replace("https://storage.googleapis.com", server.endpoint), init)
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    expect((await track("gs://birds/a", {}, tableOf(JSON.stringify(server.credentials))))[0]!.size).toBe(5)
    expect(asked).toEqual([new URL(server.credentials.token_uri).origin, "https://storage.googleapis.com"])
    for (const wrong of [undefined, "hush", "{}", '{"type":"authorized_user","refresh_token":"hush"}']) {
      const error = await refusal("INVALID_ARGUMENT", track("gs://birds/a", {}, tableOf(wrong)))
      expect(error.details).toEqual({ argument: "GOOGLE_APPLICATION_CREDENTIALS", path: "/keys/birds.json" })
      expect(error.message).not.toContain("hush")
    }
  })

  test("given twice or in the wrong shape is refused", async () => {
    const cases: [unknown, string][] = [
      [{ token: "a", credentials: server.credentials }, "options.credentials"],
      [{ credentials: { type: "authorized_user" } }, "options.credentials"],
      [{ endpoint: "nowhere" }, "options.endpoint"],
      [{ tokens: "a" }, "options.tokens"],
    ]
    for (const [options, argument] of cases) {
      const error = await refusal("INVALID_ARGUMENT", (async () => gcsReferences(options as GcsReferenceOptions))())
      expect(error.details.argument).toBe(argument)
    }
  })
})

describe("what became of it", () => {
  test("the generation recorded is read for as long as the bucket has it", async () => {
    server.keepsVersions = true
    server.put("a", "one")
    const [entry] = await track("gs://birds/a")
    server.put("a", "two")
    expect((await read(entry)).text).toBe("one")
    server.remove("a")
    expect((await read(entry)).text).toBe("one")
    expect((await read({ ...entry!, extra: { versionID: String(entry!.extra!.versionID) } })).text).toBe("one")
  })

  test("edited metadata is the same version: another etag, the same generation", async () => {
    const { etag } = server.put("a", "one")
    const [entry] = await track("gs://birds/a")
    server.touch("a")
    expect((await track("gs://birds/a"))[0]!.digest).not.toBe(etag)
    expect((await read(entry)).text).toBe("one")
  })

  test("overwritten is DigestMismatchError that names both generations", async () => {
    const { etag, generation } = server.put("a", "one")
    const [entry] = await track("gs://birds/a")
    const now = server.put("a", "two")
    const error = await refusal("DIGEST_MISMATCH", read(entry))
    expect(error.details).toMatchObject({ path: "a", expected: etag, actual: now.etag })
    expect(error.message).toContain(generation)
    expect(error.message).toContain(now.generation)
    await refusal("DIGEST_MISMATCH", read({ ...entry!, extra: undefined }))
  })

  test("overwritten or deleted after it was opened, or before", async () => {
    server.put("a", "one")
    const [entry] = await track("gs://birds/a")
    const { content } = await handler().open(entry as ReferenceEntry)
    server.remove("a")
    await refusal("ENTRY_NOT_FOUND", new Response(content.stream()).text())
    await refusal("ENTRY_NOT_FOUND", read(entry))
  })

  test("the MD5 that older releases recorded is accepted, and no other", async () => {
    const { md5Hash } = server.put("a", "one")
    const old = { path: "a", ref: "gs://birds/a", digest: md5Hash }
    expect((await read(old)).text).toBe("one")
    const { generation } = server.put("a", "two")
    await refusal("DIGEST_MISMATCH", read(old))
    await refusal("DIGEST_MISMATCH", read({ ...old, extra: { versionID: Number(generation) } }))
  })
})

describe("a bad day", () => {
  test("a storm of 429 is waited out", async () => {
    server.put("a", "hello")
    let left = 3
    server.fault = (_, response) => {
      if (left-- <= 0) return false
      response.writeHead(429, { "retry-after": "0" }).end("{}")
      return true
    }
    const [entry] = await track("gs://birds/a")
    left = 3
    expect((await read(entry)).text).toBe("hello")
  })

  test("a listing that fails in its middle adds nothing", async () => {
    for (const key of ["d/1", "d/2", "d/3"]) server.put(key, key)
    server.pageSize = 1
    server.fault = ({ url }, response) => {
      if (!url!.includes("pageToken=2")) return false
      response.writeHead(403).end("{}")
      return true
    }
    const error = await refusal("STORAGE", track("gs://birds/d"))
    expect(error.details).toMatchObject({ operation: "list", status: 403 })
  })

  test("a line that breaks is taken up where it broke, in the same generation", async () => {
    server.put("a", "0123456789")
    const [entry] = await track("gs://birds/a")
    let broke = false
    server.fault = ({ url }, response) => {
      if (broke || !url!.includes("alt=media")) return false
      broke = true
      response.writeHead(200, { "content-length": "10" })
      response.write("01234", () => response.destroy())
      return true
    }
    expect((await read(entry)).text).toBe("0123456789")
    const reads = server.requests.filter((request) => request.includes("alt=media"))
    expect(reads).toHaveLength(2)
    for (const request of reads) expect(request).toContain(`generation=${entry!.extra!.versionID}`)
  })

  test("an answer of somebody else is no object", async () => {
    server.fault = (_, response) => {
      response.end("<html>")
      return true
    }
    await refusal("STORAGE", track("gs://birds/a"))
  })
})

/** All that an error tells, down to what caused it. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.message, error.stack, JSON.stringify(error), everything(error.cause ?? "")].join("\n")
}
