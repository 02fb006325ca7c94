/** s3: references against R2's own S3 interface, which verifies signatures, and against answers that no emulator gives on demand. */
import { AwsClient } from "aws4fetch"
import { Artifact } from "isofact"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { readAll } from "../../src/bytes/hash-stream.ts"
import type { ArtifactError, ArtifactErrorCode } from "../../src/errors.ts"
import { type S3ReferenceOptions, s3References } from "../../src/references/s3.ts"
import { s3FromEnvironment } from "../../src/references/s3-environment.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { credentials, type S3Server, startS3 } from "../storage/s3-server.ts"
import { fakeStore, headers, type ListedObject, listing, type Reply, refusal, versionListing } from "./s3-fake.ts"

type Handler = ReturnType<typeof s3References>

const track = (
  handler: Handler,
  uri: string,
  options: { name?: string; checksum?: boolean; maxObjects?: number; signal?: AbortSignal } = {},
) => handler.track(parseReferenceUri(uri), { name: undefined, checksum: true, maxObjects: 1000, ...options })

const textOf = async (
  handler: Handler,
  entry: { path: string; ref: string; digest: string; size?: number; extra?: Record<string, string> },
  range?: { start: number; end: number },
) => new TextDecoder().decode(await readAll((await handler.open(entry)).content, { range }))

async function failureOf(code: ArtifactErrorCode, work: Promise<unknown>): Promise<ArtifactError> {
  const error = (await work.then(
    () => "no error",
    (reason) => reason,
  )) as ArtifactError
  expect(error).toMatchObject({ code })
  const shown = error.message + JSON.stringify(error.details)
  for (const secret of [credentials.accessKeyId, credentials.secretAccessKey, "X-Amz", "Signature"])
    expect(shown).not.toContain(secret)
  return error
}

test("keys that no header can carry are refused in words, and not shown", async () => {
  const references = [s3References({ credentials: { accessKeyId: "AKIA…", secretAccessKey: "hush" } })]
  const draft = new Artifact("birds", "dataset", { platform: { references } })
  const error = await draft.addReference("s3://bucket/a").catch((reason) => reason)
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", details: { argument: "options.credentials" } })
  expect(error.message).not.toMatch(/AKIA|hush/)
})

describe("a store that verifies signatures", () => {
  let server: S3Server
  let place: S3ReferenceOptions & { bucket: string }
  let put: (key: string, text: string, fields?: Record<string, string>) => Promise<void>
  let handler: Handler
  beforeAll(async () => {
    server = await startS3()
    const { endpoint, bucket, region } = server.newPlace()
    place = { endpoint, bucket, region }
    const client = new AwsClient({ ...credentials, service: "s3", region: region!, retries: 0 })
    put = async (key, text, fields = {}) => {
      const path = key.split("/").map(encodeURIComponent).join("/")
      const answer = await client.fetch(`${endpoint}/${bucket}/${path}`, { method: "PUT", body: text, headers: fields })
      if (!answer.ok) throw new Error(await answer.text())
    }
    handler = s3References({ endpoint: endpoint!, region, credentials: async () => credentials })
    await put("one/a.txt", "0123456789")
    await put("one/deep/ü ?#%25+&.txt", "signs")
    await put("one/empty", "")
    await put("one2/b.txt", "sibling")
  })
  afterAll(() => server.stop())

  test("an object is tracked and read, whole and by range", async () => {
    const [entry, ...others] = await track(handler, "s3://isofact/one/a.txt")
    const etag = "781e5e245d69b566979b86e28d23f2c7"
    expect(entry).toEqual({ path: "a.txt", ref: "s3://isofact/one/a.txt", digest: etag, size: 10, extra: { etag } })
    expect(others).toEqual([])
    expect(await textOf(handler, entry as never)).toBe("0123456789")
    expect(await textOf(handler, entry as never, { start: 2, end: 5 })).toBe("234")
    expect((await handler.open(entry as never)).proof).toBe("version")
  })

  test("a folder is tracked without its siblings; every key is read", async () => {
    const entries = await track(handler, "s3://isofact/one", { name: "n" })
    expect(entries.map(({ path }) => path)).toEqual(["n/a.txt", "n/deep/ü ?#%25+&.txt", "n/empty"])
    expect(await Promise.all(entries.map((entry) => textOf(handler, entry as never)))).toEqual(["0123456789", "signs", ""])
  })

  test("what changed is told, what is gone too", async () => {
    await put("changing", "before")
    const [entry] = await track(handler, "s3://isofact/changing")
    await put("changing", "after")
    const error = await failureOf("DIGEST_MISMATCH", textOf(handler, entry as never))
    expect(error.details).toMatchObject({ path: "changing", expected: entry!.digest })
    expect(error.details.actual).toMatch(/^[0-9a-f]{32}$/)
    await failureOf("ENTRY_NOT_FOUND", textOf(handler, { path: "x", ref: "s3://isofact/none", digest: "abc" }))
    await failureOf("ENTRY_NOT_FOUND", track(handler, "s3://isofact/none"))
  })

  test("wrong keys are StorageError with the way out, and so is a bucket that is not there", async () => {
    const wrong = s3References({
      ...{ endpoint: place.endpoint, region: place.region },
      credentials: { ...credentials, secretAccessKey: "wrong" },
    })
    const refused = await failureOf("STORAGE", track(wrong, "s3://isofact/one/a.txt"))
    expect(refused.details.status).toBe(403)
    expect(refused.message).toContain("AWS_SECRET_ACCESS_KEY")
    const missing = await failureOf("STORAGE", track(handler, "s3://not-there/x"))
    expect(missing.details.status).toBe(404)
    expect(missing.message).toContain("name of the bucket")
  })

  test("more than maxObjects is refused, and exactly as many are not", async () => {
    const error = await failureOf("INVALID_ARGUMENT", track(handler, "s3://isofact/one", { maxObjects: 2 }))
    expect(error.details.argument).toBe("options.maxObjects")
    expect(await track(handler, "s3://isofact/one", { maxObjects: 3 })).toHaveLength(3)
  })

  test("bytes that are stored compressed are not unpacked in silence by a store that sends them no other way", async () => {
    const packed = await new Response(
      new Blob(["x".repeat(1000)]).stream().pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer()
    const client = new AwsClient({ ...credentials, service: "s3", region: place.region!, retries: 0 })
    await client.fetch(`${place.endpoint}/isofact/packed.gz`, {
      method: "PUT",
      body: packed,
      headers: { "content-encoding": "gzip" },
    })
    const [entry] = await track(handler, "s3://isofact/packed.gz")
    expect(entry!.size).toBe(packed.byteLength)
    const error = await failureOf("UNSUPPORTED", textOf(handler, entry as never))
    expect(error.message).toContain("Content-Encoding")
  })

  test("keys come from the environment, read for every request", async () => {
    const env: Record<string, string> = { AWS_S3_ENDPOINT_URL: String(place.endpoint), AWS_DEFAULT_REGION: "auto" }
    const fromEnvironment = s3FromEnvironment((name) => env[name])
    await failureOf("STORAGE", track(fromEnvironment, "s3://isofact/one/a.txt"))
    Object.assign(env, { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey })
    expect(await track(fromEnvironment, "s3://isofact/one/a.txt")).toHaveLength(1)
  })
})

const found = (fields: Record<string, string> = {}) => headers({ etag: '"e1"', "content-length": "3", ...fields })
const scripted = (reply: Reply, options: S3ReferenceOptions = {}) => {
  const store = fakeStore(reply)
  return { asked: store.asked, handler: s3References({ credentials, fetch: store.fetch, ...options }) }
}

describe("where a bucket is asked for", () => {
  test.each<[string, S3ReferenceOptions, string, string]>([
    ["AWS", {}, "bbb", "https://bbb.s3.us-east-1.amazonaws.com/k"],
    ["AWS in a region", { region: "eu-west-1" }, "bbb", "https://bbb.s3.eu-west-1.amazonaws.com/k"],
    ["AWS in China", { region: "cn-north-1" }, "bbb", "https://bbb.s3.cn-north-1.amazonaws.com.cn/k"],
    ["AWS as an endpoint", { endpoint: "s3.eu-west-1.amazonaws.com" }, "bbb", "https://bbb.s3.eu-west-1.amazonaws.com/k"],
    ["a name with a dot", {}, "a.b", "https://s3.us-east-1.amazonaws.com/a.b/k"],
    ["an endpoint", { endpoint: "http://localhost:9000/" }, "bbb", "http://localhost:9000/bbb/k"],
    ["an endpoint, by host name", { endpoint: "https://s3.example.org", virtualHost: true }, "bbb", "https://bbb.s3.example.org/k"],
    ["CoreWeave", { endpoint: "cwobject.com" }, "bbb", "https://bbb.cwobject.com/k"],
    ["CoreWeave within", { endpoint: "http://cwlota.com/" }, "bbb", "http://bbb.cwlota.com/k"],
    [
      "CoreWeave of old",
      { endpoint: "https://accel-object.a-1.coreweave.com" },
      "bbb",
      "https://bbb.accel-object.a-1.coreweave.com/k",
    ],
    ["no CoreWeave", { endpoint: "http://cwobject.com" }, "bbb", "http://cwobject.com/bbb/k"],
  ])("%s", async (_, options, bucket, address) => {
    const { asked, handler } = scripted(() => found(), options)
    await track(handler, `s3://${bucket}/k`)
    expect(asked.map(({ url }) => url.href)).toEqual([address])
  })

  test("told that it is elsewhere, it asks there, once, and remembers", async () => {
    const { asked, handler } = scripted(({ url }) =>
      url.host.includes("eu-west-3")
        ? found()
        : refusal(301, "PermanentRedirect", { "x-amz-bucket-region": "eu-west-3", location: "https://evil.example/" }),
    )
    await track(handler, "s3://bbb/k")
    await track(handler, "s3://bbb/k")
    expect(asked.map(({ url }) => url.host)).toEqual([
      "bbb.s3.us-east-1.amazonaws.com",
      "bbb.s3.eu-west-3.amazonaws.com",
      "bbb.s3.eu-west-3.amazonaws.com",
    ])
    expect(asked.at(-1)!.headers.get("authorization")).toContain("/eu-west-3/s3/")
  })

  test("sent back and forth, it says so", async () => {
    const regions = ["eu-west-3", "eu-west-2"]
    const { asked, handler } = scripted(() => headers({ "x-amz-bucket-region": regions.pop()! }, 301))
    const error = await failureOf("STORAGE", track(handler, "s3://bbb/k"))
    expect(error.message).toContain("AWS_REGION")
    expect(asked).toHaveLength(2)
  })

  test("without keys nothing is signed", async () => {
    const { asked, handler } = scripted(() => found(), { credentials: () => undefined })
    await track(handler, "s3://bbb/k")
    expect(asked[0]!.headers.has("authorization")).toBe(false)
  })

  test("only the buckets that were named", () => {
    const handler = s3References({ buckets: ["mine"] })
    expect(["s3://mine/a", "s3://other/a", "gs://mine/a"].map((uri) => handler.handles(parseReferenceUri(uri)))).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe("versions", () => {
  const at = (key: string, versionId: string, isLatest = true): ListedObject => ({
    key,
    etag: `e-${versionId}`,
    size: 3,
    versionId,
    isLatest,
  })
  const kept = [at("d/a", "v2"), at("d/a", "v1", false), at("d/b", "v3")]
  const latest = kept.filter(({ isLatest }) => isLatest)
  const bucket =
    (versions: () => Response): Reply =>
    ({ method, url }) => {
      if (url.searchParams.has("versions")) return versions()
      if (url.searchParams.has("list-type")) return listing(latest)
      const object = latest.find(({ key }) => url.pathname === `/${key}`)
      if (object === undefined) return method === "HEAD" ? headers({}, 404) : refusal(404, "NoSuchKey")
      return headers({ etag: `"${object.etag}"`, "content-length": "3", "x-amz-version-id": object.versionId! })
    }

  test("are listed, and only the newest are recorded", async () => {
    const { asked, handler } = scripted(bucket(() => versionListing(kept)))
    const entries = await track(handler, "s3://bbb/d")
    expect(entries.map(({ path, extra }) => [path, extra])).toEqual([
      ["a", { etag: "e-v2", versionID: "v2" }],
      ["b", { etag: "e-v3", versionID: "v3" }],
    ])
    expect(asked).toHaveLength(4)
  })

  test("that may not be listed are asked for one by one", async () => {
    const { asked, handler } = scripted(bucket(() => refusal(403, "AccessDenied")))
    const entries = await track(handler, "s3://bbb/d")
    expect(entries.map(({ extra }) => extra!.versionID)).toEqual(["v2", "v3"])
    expect(asked.filter(({ method }) => method === "HEAD")).toHaveLength(4)
  })

  test("an object that has changed is read from the version that was recorded by its ETag alone", async () => {
    const { handler } = scripted(({ url }) => {
      if (url.searchParams.has("versions")) return versionListing([...kept, at("d/a2", "v1")])
      const isOld = url.searchParams.get("versionId") === "v1"
      return new Response(isOld ? "old" : "new", { headers: { etag: isOld ? '"e-v1"' : '"e-v2"', "content-length": "3" } })
    })
    const entry = { path: "a", ref: "s3://bbb/d/a", digest: "e-v1", size: 3, extra: { etag: "e-v1" } }
    expect(await textOf(handler, entry)).toBe("old")
    await failureOf("DIGEST_MISMATCH", textOf(handler, { ...entry, digest: "e-v9", extra: { etag: "e-v9" } }))
    // A recorded version is no other than that one.
    await failureOf("DIGEST_MISMATCH", textOf(handler, { ...entry, extra: { etag: "e-v1", versionID: "v2" } }))
  })

  test("an address may name one, to track and to read", async () => {
    const { asked, handler } = scripted(() => new Response(null, { headers: { etag: '"e-v1"', "content-length": "3" } }))
    const [entry] = await track(handler, "s3://bbb/d/a?versionId=v%201")
    expect(entry).toMatchObject({ ref: "s3://bbb/d/a", extra: { etag: "e-v1", versionID: "v 1" } })
    expect(asked[0]!.url.searchParams.get("versionId")).toBe("v 1")
    await textOf(handler, { path: "a", ref: "s3://bbb/d/a?versionId=v1", digest: "s3://bbb/d/a?versionId=v1" })
    expect([asked[1]!.url.pathname, asked[1]!.url.search]).toEqual(["/d/a", "?versionId=v1"])
  })

  test.each([404, 405, 400])("one that is not there (%i) is EntryNotFoundError", async (status) => {
    const { handler } = scripted(({ method }) =>
      method === "HEAD" ? headers({}, status) : refusal(status, status === 400 ? "InvalidArgument" : "NoSuchVersion"),
    )
    await failureOf("ENTRY_NOT_FOUND", track(handler, "s3://bbb/d/a?versionId=v1"))
    await failureOf("ENTRY_NOT_FOUND", textOf(handler, { path: "a", ref: "s3://bbb/d/a", digest: "e", extra: { versionID: "v1" } }))
  })
})

describe("trouble", () => {
  const many = (from: number, count: number): ListedObject[] =>
    Array.from({ length: count }, (_, at) => ({ key: `d/${String(from + at).padStart(6, "0")}`, etag: `e${from + at}`, size: 1 }))

  test("a storm of 429 is waited out, and one without end is told", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0)
    const { handler } = scripted((_, seen) => (seen < 4 ? refusal(429, "SlowDown", { "retry-after": "0" }) : found()))
    expect(await track(handler, "s3://bbb/k")).toHaveLength(1)
    const error = await failureOf("STORAGE", track(scripted(() => refusal(429, "SlowDown")).handler, "s3://bbb/k"))
    expect(error.details.status).toBe(429)
    vi.restoreAllMocks()
  })

  test("a listing that breaks off in the middle adds nothing", async () => {
    const { handler } = scripted(({ method, url }) => {
      if (method === "HEAD") return headers({}, 404)
      return url.searchParams.has("continuation-token") ? refusal(403, "AccessDenied") : listing(many(0, 1000), "next")
    })
    expect((await failureOf("STORAGE", track(handler, "s3://bbb/d"))).details.status).toBe(403)
  })

  test("a listing is followed to its last page, and an abort ends it", async () => {
    const pages = 30
    const reply: Reply = ({ method, url }) => {
      if (method === "HEAD") return headers({}, 404)
      const page = Number(url.searchParams.get("continuation-token") ?? 0)
      return listing(many(page * 1000, 1000), page + 1 < pages ? String(page + 1) : "")
    }
    const entries = await track(scripted(reply).handler, "s3://bbb/d", { maxObjects: 30_000 })
    expect(entries).toHaveLength(30_000)
    expect(entries.at(-1)).toEqual({
      path: "029999",
      ref: "s3://bbb/d/029999",
      digest: "e29999",
      size: 1,
      extra: { etag: "e29999" },
    })
    const controller = new AbortController()
    const { asked, handler } = scripted((one, seen) => {
      if (seen === 5) controller.abort(new Error("enough"))
      return reply(one, seen)
    })
    await expect(track(handler, "s3://bbb/d", { maxObjects: 30_000, signal: controller.signal })).rejects.toThrow("enough")
    expect(asked.length).toBeLessThan(8)
  })

  test("a redirect is not followed, and the keys do not go along", async () => {
    const { asked, handler } = scripted(() => headers({ location: "https://evil.example/" }, 302))
    await failureOf("STORAGE", track(handler, "s3://bbb/k"))
    expect(asked.map(({ url }) => url.host)).toEqual(["bbb.s3.us-east-1.amazonaws.com"])
  })

  test("a page that is not let see the ETag is told which header it takes", async () => {
    const { handler } = scripted(() => headers({ "content-length": "3" }))
    const error = await failureOf("UNSUPPORTED", track(handler, "s3://bbb/k"))
    expect(error.message).toMatch(/ETag.*ExposeHeaders/)
    await failureOf("UNSUPPORTED", textOf(handler, { path: "k", ref: "s3://bbb/k", digest: "e1" }))
  })

  test.each(["s3://bbb/a/../b", "s3://bbb/./b"])("%s cannot be sent", async (uri) => {
    const { asked, handler } = scripted(() => found())
    const error = await failureOf("UNSUPPORTED", track(handler, uri))
    expect(error.message).toContain("checksum: false")
    await failureOf("UNSUPPORTED", textOf(handler, { path: "b", ref: uri, digest: "e1" }))
    expect(asked).toEqual([])
  })

  test.each(["s3://", "s3:///k", "s3://b!/k", "s3://bbb/a#b", "s3://bbb/a?b", "s3://bbb?versionId=v"])(
    "%s is refused",
    async (uri) => {
      const error = await failureOf("INVALID_ARGUMENT", track(scripted(() => found()).handler, uri))
      expect(error.details.argument).toBe("uri")
    },
  )

  test("two keys that would be one file are refused", async () => {
    const { handler } = scripted(({ method }) =>
      method === "HEAD" ? headers({}, 404) : listing(["d/a//b", "d/a/b"].map((key) => ({ key, etag: "e", size: 1 }))),
    )
    expect((await failureOf("INVALID_ARGUMENT", track(handler, "s3://bbb/d"))).message).toContain("s3://bbb/d/a//b")
  })

  test("options that cannot work are refused, without telling what they are", () => {
    const refuse = (options: object) =>
      expect(() => s3References(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
    for (const options of [
      { credentials: { secretAccessKey: "hush" } },
      { region: "a b" },
      { endpoint: "::" },
      { bucket: "b" },
      { buckets: "b" },
    ])
      refuse(options)
    expect(() => s3References({ credentials: { secretAccessKey: "hush" } as never })).not.toThrow("hush")
  })
})
