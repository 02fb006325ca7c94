import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { DigestMismatchError, InvalidArgumentError, StorageError } from "../../src/errors.ts"
import { createS3BlobStore, createS3RecordStore, type S3Options } from "../../src/storage/s3.ts"
import { bytesOf, digestOf, expectBytes, readBytes, sampleBytes, streamOf, toArray } from "../contracts/content.ts"
import { credentials, type S3Server, startS3 } from "./s3-server.ts"

const hasher = createNodeHasher()
const BIG = sampleBytes(12 * 1024 * 1024 + 5, 11)
const PART_BYTES = 5 * 1024 * 1024
let server: S3Server

beforeAll(async () => {
  server = await startS3()
})
afterAll(() => server.stop())
afterEach(() => vi.restoreAllMocks())

type Fetch = NonNullable<S3Options["fetch"]>

/** `fetch` with `meddle` before it, which may answer in its place. */
function meddling(meddle: (url: URL, init: RequestInit, seen: number) => Promise<Response | undefined> | Response | undefined) {
  const asked: { readonly method: string; readonly url: string; readonly headers: Headers }[] = []
  const fetch: Fetch = async (url, init) => {
    asked.push({ method: init.method ?? "GET", url, headers: new Headers(init.headers) })
    return (await meddle(new URL(url), init, asked.length)) ?? globalThis.fetch(url, init)
  }
  return { asked, fetch }
}

const slowDown = (headers: Record<string, string> = {}) =>
  new Response("<Error><Code>SlowDown</Code></Error>", { status: 503, headers })

/** The error, which holds no secret. */
function failureOf(error: unknown): StorageError {
  expect(error).toBeInstanceOf(StorageError)
  const { message, details } = error as StorageError
  for (const secret of [credentials.accessKeyId, credentials.secretAccessKey, "X-Amz", "?", "uploadId"]) {
    expect(message + JSON.stringify(details)).not.toContain(secret)
  }
  return error as StorageError
}

describe("throttling", () => {
  test("every kind of request is repeated, and Retry-After is waited for", async () => {
    const throttled = new Set<string>()
    const { fetch, asked } = meddling((url, { method }) => {
      const kind = `${method} ${url.searchParams.has("uploads") || url.searchParams.has("uploadId")}`
      if (throttled.has(kind)) return undefined
      throttled.add(kind)
      return slowDown({ "retry-after": "0" })
    })
    const store = createS3BlobStore({ ...server.newPlace(), hasher, fetch, partBytes: PART_BYTES })
    expect(await store.put(digestOf(BIG), streamOf([BIG]))).toBe("stored")
    expectBytes(await readBytes((await store.get(digestOf(BIG)))!.stream()), BIG)
    expect(await toArray(store.list())).toHaveLength(1)
    await store.delete(digestOf(BIG))
    expect(throttled.size).toBeGreaterThanOrEqual(5)
    // Begun, three parts, completed.
    expect(asked.filter(({ url }) => url.includes("upload")).length).toBeGreaterThanOrEqual(7)
  })

  test("it gives up in the end, and says what it wanted", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0)
    const { fetch, asked } = meddling(() => slowDown())
    const store = createS3RecordStore({ ...server.newPlace(), fetch })
    const error = failureOf(await store.get("a/b").catch((reason) => reason))
    expect(error.message).toContain('Cannot read "records/a/b"')
    expect(error.details).toMatchObject({ operation: "read", path: "records/a/b", status: 503 })
    expect(asked).toHaveLength(8)
  })

  test("a wait that the store wants longer than anybody waits ends it at once", async () => {
    const { fetch, asked } = meddling(() => slowDown({ "retry-after": "3600" }))
    failureOf(
      await createS3RecordStore({ ...server.newPlace(), fetch })
        .get("a")
        .catch((reason) => reason),
    )
    expect(asked).toHaveLength(1)
  })
})

describe("what cannot work says why", () => {
  test("wrong credentials", async () => {
    const wrong = { ...server.newPlace(), credentials: { ...credentials, secretAccessKey: "guessed" } }
    const error = failureOf(
      await createS3RecordStore(wrong)
        .put("a", 1, null)
        .catch((reason) => reason),
    )
    expect(error.message).toContain("SignatureDoesNotMatch")
    expect(error.details.status).toBe(403)
  })

  test("no such bucket, also where only presence is asked", async () => {
    const place = { ...server.newPlace(), bucket: "nobody-made-this" }
    for (const ask of [
      () => createS3RecordStore(place).get("a"),
      () => createS3BlobStore({ ...place, hasher }).stat(digestOf(BIG)),
      () => toArray(createS3RecordStore(place).list("a")),
    ]) {
      failureOf(await ask().catch((reason) => reason))
    }
  })

  test("nobody there", async () => {
    const { fetch } = meddling(() => {
      throw new TypeError("fetch failed: http://secret.example/?X-Amz-Signature=1")
    })
    vi.spyOn(Math, "random").mockReturnValue(0)
    const asked = createS3RecordStore({ ...server.newPlace(), fetch }).get("a")
    expect(failureOf(await asked.catch((reason) => reason)).message).toContain("the connection failed")
  })

  test("an answer that never comes", async () => {
    const { fetch } = meddling(
      (_, { signal }) => new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
    )
    vi.spyOn(Math, "random").mockReturnValue(0)
    const store = createS3RecordStore({ ...server.newPlace(), fetch, timeoutMs: 5 })
    expect(failureOf(await store.get("a").catch((reason) => reason)).message).toContain("no answer within 5 ms")
  })

  test.each([{ bucket: "a/b" }, { bucket: "" }, { endpoint: "nowhere" }, { prefix: "a/../b" }, { prefix: "ä" }])(
    "%o is refused",
    (wrong) => {
      expect(() => createS3RecordStore({ ...server.newPlace(), ...wrong })).toThrow(InvalidArgumentError)
    },
  )
})

describe("uploads in parts", () => {
  test("each part is proven to the store", async () => {
    const { fetch, asked } = meddling(() => undefined)
    const store = createS3BlobStore({ ...server.newPlace(), hasher, fetch, partBytes: PART_BYTES })
    await store.put(digestOf(BIG), streamOf([BIG]))
    const parts = asked.filter(({ method, url }) => method === "PUT" && url.includes("partNumber"))
    // They go side by side, in any order.
    const proofs = parts.map(({ url, headers }) => [new URL(url).searchParams.get("partNumber"), headers.get("content-md5")])
    const expected = [0, 1, 2].map((at) => [`${at + 1}`, digestOf(BIG.slice(at * PART_BYTES, (at + 1) * PART_BYTES))])
    expect(Object.fromEntries(proofs)).toEqual(Object.fromEntries(expected))
    expect(proofs).toHaveLength(expected.length)
  })

  test.each(["part", "completion"])("a %s that fails for good ends the upload, and nothing is there", async (which) => {
    const { fetch, asked } = meddling((url, { method }) => {
      const fails =
        which === "part" ? url.searchParams.get("partNumber") === "2" : method === "POST" && url.searchParams.has("uploadId")
      return fails ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }) : undefined
    })
    const store = createS3BlobStore({ ...server.newPlace(), hasher, fetch, partBytes: PART_BYTES })
    failureOf(await store.put(digestOf(BIG), streamOf([BIG])).catch((reason) => reason))
    expect(await store.stat(digestOf(BIG))).toBeUndefined()
    expect(asked.some(({ method, url }) => method === "DELETE" && url.includes("uploadId"))).toBe(true)
  })

  test("wrong bytes are never completed", async () => {
    const { fetch, asked } = meddling(() => undefined)
    const store = createS3BlobStore({ ...server.newPlace(), hasher, fetch, partBytes: PART_BYTES })
    await expect(store.put(digestOf(sampleBytes(3)), streamOf([BIG]))).rejects.toThrow(DigestMismatchError)
    expect(asked.filter(({ method, url }) => method === "POST" && url.includes("uploadId"))).toEqual([])
    expect(asked.at(-1)).toMatchObject({ method: "DELETE" })
  })

  test("a completion whose answer is lost counts, and one whose answer is an error after all does not", async () => {
    let lost = 0
    const { fetch } = meddling(async (url, init) => {
      if (init.method !== "POST" || !url.searchParams.has("uploadId") || lost++ > 0) return undefined
      await (await globalThis.fetch(url, init)).arrayBuffer()
      throw new TypeError("terminated")
    })
    const store = createS3BlobStore({ ...server.newPlace(), hasher, fetch, partBytes: PART_BYTES })
    expect(await store.put(digestOf(BIG), streamOf([BIG]))).toBe("stored")

    const { fetch: failing } = meddling((url, init) =>
      init.method === "POST" && url.searchParams.has("uploadId")
        ? new Response('<?xml version="1.0"?>\n<Error><Code>InvalidPart</Code></Error>')
        : undefined,
    )
    const other = createS3BlobStore({ ...server.newPlace(), hasher, fetch: failing, partBytes: PART_BYTES })
    expect(failureOf(await other.put(digestOf(BIG), streamOf([BIG])).catch((reason) => reason)).message).toContain("InvalidPart")
  })
})

describe("a blob of others", () => {
  const cut = (bytes: Uint8Array, size: number) =>
    Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size))

  /** Stores `pieces`, and looks on while they are made one blob. */
  async function joining(pieces: readonly Uint8Array[], meddle: Parameters<typeof meddling>[0] = () => undefined) {
    const place = server.newPlace()
    const plain = createS3BlobStore({ ...place, hasher })
    const parts = pieces.map((piece) => ({ digest: digestOf(piece), size: piece.byteLength }))
    for (const [at, piece] of pieces.entries()) await plain.put(parts[at]!.digest, bytesOf(piece))
    const { fetch, asked } = meddling(meddle)
    const store = createS3BlobStore({ ...place, hasher, fetch, partBytes: PART_BYTES })
    const content = streamOf([...pieces], { stability: "frozen", size: pieces.reduce((sum, piece) => sum + piece.byteLength, 0) })
    const count = (is: (request: (typeof asked)[number]) => boolean) => asked.filter(is).length
    return {
      state: content.state,
      put: (digest = digestOf(BIG)) => store.put(digest, content, { parts }),
      read: async () => readBytes((await plain.get(digestOf(BIG)))!.stream()),
      stat: (digest = digestOf(BIG)) => plain.stat(digest),
      seen: () => ({
        copied: count(({ headers }) => headers.has("x-amz-copy-source")),
        sent: count(({ method, headers }) => method === "PUT" && headers.has("content-md5")),
        ended: count(({ method, url }) => method === "DELETE" && url.includes("uploadId")),
      }),
    }
  }

  test("is joined where they are, and read once", async () => {
    const { put, read, seen, state } = await joining(cut(BIG, PART_BYTES))
    expect(await put()).toBe("stored")
    expect(seen()).toEqual({ copied: 3, sent: 0, ended: 0 })
    // The last finds the end.
    expect(state.reads).toBe(4)
    expectBytes(await read(), BIG)
  })

  test("is not there while its bytes are not proven", async () => {
    const { put, seen, stat } = await joining(cut(BIG, PART_BYTES))
    const other = digestOf(sampleBytes(9))
    await expect(put(other)).rejects.toThrow(DigestMismatchError)
    expect(await stat(other)).toBeUndefined()
    expect(seen()).toEqual({ copied: 3, sent: 0, ended: 1 })
  })

  test.each([
    ["smaller than the store takes", cut(BIG, 4 * 1024 * 1024)],
    ["of more sizes than R2 takes", [BIG.slice(0, PART_BYTES), BIG.slice(PART_BYTES)]],
  ])("is sent when they are %s", async (_, pieces) => {
    const { put, read, seen, state } = await joining(pieces)
    expect(await put()).toBe("stored")
    expect(seen()).toEqual({ copied: 0, sent: 3, ended: 0 })
    // Once, and to the end.
    expect(state.reads).toBe(pieces.length + 1)
    expectBytes(await read(), BIG)
  })

  test.each([
    ["NotImplemented", 501, "<Error><Code>NotImplemented</Code></Error>"],
    ["MethodNotAllowed", 405, "<Error><Code>MethodNotAllowed</Code></Error>"],
    ["InvalidArgument", 400, "<Error><Code>InvalidArgument</Code></Error>"],
    ["nothing but 501", 501, ""],
  ])("is sent to a store that joins nothing and says %s, and read once", async (_, status, body) => {
    const { put, read, seen, state } = await joining(cut(BIG, PART_BYTES), (_, { headers }) =>
      new Headers(headers).has("x-amz-copy-source") ? new Response(body, { status }) : undefined,
    )
    expect(await put()).toBe("stored")
    expect(seen()).toMatchObject({ sent: 3, ended: 1 })
    expect(state.reads).toBe(4)
    expectBytes(await read(), BIG)
  })

  test("is not there when the store fails halfway, and nothing goes on", async () => {
    const { put, stat, seen } = await joining(cut(BIG, PART_BYTES), (url) =>
      url.searchParams.get("partNumber") === "2"
        ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 })
        : undefined,
    )
    failureOf(await put().catch((reason) => reason))
    expect(await stat()).toBeUndefined()
    expect(seen()).toMatchObject({ sent: 0, ended: 1 })
  })
})

describe("reading", () => {
  test("a body that breaks off is resumed where it was", async () => {
    let breaks = 0
    const { fetch, asked } = meddling(async (url, init) => {
      if (init.method !== "GET" || breaks++ > 1) return undefined
      const response = await globalThis.fetch(url, init)
      const part = new Uint8Array(await response.arrayBuffer()).subarray(0, 1_000_000)
      const chunks = [part]
      const body = new ReadableStream({
        pull(controller) {
          const chunk = chunks.shift()
          if (chunk === undefined) controller.error(new TypeError("terminated"))
          else controller.enqueue(chunk)
        },
      })
      return new Response(body, { status: response.status, headers: response.headers })
    })
    const place = server.newPlace()
    const store = createS3BlobStore({ ...place, hasher, fetch })
    await store.put(digestOf(BIG), bytesOf(BIG))
    expectBytes(await readBytes((await store.get(digestOf(BIG)))!.stream()), BIG)
    const ranges = asked.filter(({ method }) => method === "GET").map(({ headers }) => headers.get("range"))
    expect(ranges).toEqual([0, 1_000_000, 2_000_000].map((start) => `bytes=${start}-${BIG.byteLength - 1}`))
  })

  test("a blob that is replaced meanwhile is not patched together", async () => {
    const place = server.newPlace()
    const store = createS3BlobStore({ ...place, hasher })
    await store.put(digestOf(BIG), bytesOf(BIG))
    const blob = (await store.get(digestOf(BIG)))!
    await server.putRaw(`${place.prefix}/blobs/${digestToHex(digestOf(BIG))}`, BIG.slice(5))
    await expect(readBytes(blob.stream())).rejects.toThrow(StorageError)
  })
})

test("a listing of several pages", async () => {
  const { fetch, asked } = meddling((url) => {
    if (url.searchParams.has("list-type")) url.searchParams.set("max-keys", "3")
    return undefined
  })
  const place = server.newPlace()
  const store = createS3RecordStore({ ...place, fetch })
  for (let at = 0; at < 7; at++) await store.put(`p/${at}`, at, null)
  expect((await toArray(store.list("p"))).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(asked.some(({ url }) => url.includes("list-type"))).toBe(true)
})

test("sweep ends old uploads of ours to the last page, and nobody else's", async () => {
  const hex = "0123456789abcdef".repeat(2)
  const upload = (key: string, id: string, begun = "2020-01-01T00:00:00.000Z") =>
    `<Upload><Key>${encodeURIComponent(key)}</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`
  const pages = [
    [upload(`blobs/${hex}`, "1"), upload("videos/holiday.mp4", "2"), upload(`blobs/${hex}.bak`, "3"), upload("damaged/notes", "4")],
    [
      upload(`damaged/${hex}`, "5"),
      upload(`stage/${crypto.randomUUID()}`, "6"),
      upload(`blobs/${hex}`, "7", new Date().toISOString()),
    ],
    [upload(`blobs/${hex}`, "8")],
  ]
  const more = (at: number) =>
    `<IsTruncated>true</IsTruncated><NextKeyMarker>a%2F${at}</NextKeyMarker><NextUploadIdMarker>m${at}</NextUploadIdMarker>`
  const ended: (string | null)[] = []
  const { fetch, asked } = meddling((url, { method }) => {
    if (method === "DELETE") ended.push(url.searchParams.get("uploadId"))
    if (!url.searchParams.has("uploads")) return new Response("<ListBucketResult></ListBucketResult>")
    const at = ["", "m1", "m2"].indexOf(url.searchParams.get("upload-id-marker") ?? "")
    if (at > 0) expect(url.searchParams.get("key-marker")).toBe(`a/${at}`)
    return new Response(`<R><EncodingType>url</EncodingType>${pages[at]!.join("")}${at < 2 ? more(at + 1) : ""}</R>`)
  })
  const place = { ...server.newPlace(), prefix: "" }
  await createS3BlobStore({ ...place, hasher, fetch }).sweep!()
  expect(ended).toEqual(["1", "5", "6", "8"])
  expect(asked.filter(({ url }) => url.includes("uploads="))).toHaveLength(3)
})

test("removing a record for good is asked once", async () => {
  const place = server.newPlace()
  const store = createS3RecordStore(place)
  await store.delete("a", (await store.put("a", 1, null))!)
  const { fetch, asked } = meddling((_, { method }) => {
    if (method === "DELETE") throw new TypeError("terminated")
    return undefined
  })
  const now = Date.now()
  vi.spyOn(Date, "now").mockReturnValue(now + 2 * 60 * 60 * 1000)
  expect(await createS3RecordStore({ ...place, fetch }).sweep!()).toBe(0)
  expect(asked.filter(({ method }) => method === "DELETE")).toHaveLength(1)
  expect(await store.get("a")).toBeUndefined()
})

test("credentials that never come end with the signal, or in time", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0)
  const place = { ...server.newPlace(), credentials: () => new Promise<never>(() => undefined) }
  const controller = new AbortController()
  const asked = createS3RecordStore(place).get("a", { signal: controller.signal })
  setTimeout(() => controller.abort("enough"), 10)
  await expect(asked).rejects.toBe("enough")
  const late = createS3RecordStore({ ...place, timeoutMs: 5 }).get("a")
  expect(failureOf(await late.catch((reason) => reason)).message).toContain("no credentials within 5 ms")
})

test("credentials may come from a function, asked each time", async () => {
  let asked = 0
  const ask = async () => {
    asked++
    return credentials
  }
  const place = { ...server.newPlace(), credentials: ask }
  const store = createS3RecordStore(place)
  await store.put("a", 1, null)
  await store.get("a")
  expect(asked).toBe(2)
})

test("a bucket before the host's name, and a session token, are part of what is signed", async () => {
  const { fetch, asked } = meddling(() => new Response(null, { headers: { etag: "1" } }))
  const store = createS3RecordStore({
    endpoint: "https://s3.eu-central-1.amazonaws.com",
    bucket: "birds",
    prefix: "a/b",
    virtualHost: true,
    credentials: { ...credentials, sessionToken: "token" },
    fetch,
  })
  await store.put("k", 1, null)
  expect(asked[0]!.url).toBe("https://birds.s3.eu-central-1.amazonaws.com/a/b/records/k")
  expect(asked[0]!.headers.get("x-amz-security-token")).toBe("token")
  expect(asked[0]!.headers.get("authorization")).toMatch(
    /\/eu-central-1\/s3\/aws4_request.*SignedHeaders=[^,]*if-none-match[^,]*x-amz-security-token/,
  )
})

describe("signed addresses", () => {
  const text = (content: string) => new TextEncoder().encode(content)
  test("whoever has one can send these bytes and no others, and read them, without a key", async () => {
    const store = createS3BlobStore({ ...server.newPlace(), hasher })
    const bytes = text("signed")
    const digest = digestOf(bytes)
    const put = await store.sign!("PUT", digest, { expiresInSeconds: 60 })
    const send = (body: Uint8Array<ArrayBuffer>, headers = put.headers) => fetch(put.url, { method: "PUT", headers, body })
    expect((await send(text("others"))).ok).toBe(false)
    expect((await send(text("others"), { "content-md5": digestOf(text("others")) })).ok).toBe(false)
    expect(await store.stat(digest)).toBeUndefined()
    expect((await send(bytes)).ok).toBe(true)
    expect(await store.stat(digest)).toMatchObject({ size: 6 })

    const get = await store.sign!("GET", digest, { expiresInSeconds: 60 })
    expect(get.headers).toEqual({})
    expect(await (await fetch(get.url)).text()).toBe("signed")
    expect((await fetch(put.url)).ok).toBe(false)
    expect((await fetch(get.url.replace(/X-Amz-Expires=60/, "X-Amz-Expires=90"))).ok).toBe(false)
  })
})
