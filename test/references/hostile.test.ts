/** What stores and manifests of somebody else may say: each is refused in words, asks nothing of another host, and comes to an end. */
import { Api, Artifact } from "isofact"
import { describe, expect, test } from "vitest"
import { type ZipOptions, zipArtifact } from "../../src/artifact/zip.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { isArtifactError, UnsupportedError } from "../../src/errors.ts"
import { readTags } from "../../src/net/xml.ts"
import type { ReferenceHandler, Registry } from "../../src/ports.ts"
import { azureReferences } from "../../src/references/azure.ts"
import { gcsReferences } from "../../src/references/gcs.ts"
import { httpReferences } from "../../src/references/http.ts"
import { s3References } from "../../src/references/s3.ts"
import { referenceTable } from "../../src/references/table.ts"
import { createTrackingReferences } from "../../src/references/tracking.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { directory, fresh } from "../conformance/fresh.ts"
import { unzip } from "../conformance/unzip.ts"
import { fakeStore, type Reply } from "./s3-fake.ts"

const track = (handler: ReferenceHandler, uri: string, checksum = true) =>
  handler.track(parseReferenceUri(uri), { name: undefined, checksum, maxObjects: 1000 })

async function refused(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (error) => error,
  )
  if (!isArtifactError(error)) throw error ?? new Error("nothing was refused")
  return error
}

/** Answers like `reply`, and ends a listing that would go on for ever. */
function store(reply: Reply) {
  return fakeStore((asked, seen) => {
    if (seen > 20) throw new Error("asked for ever")
    return reply(asked, seen)
  })
}

const s3Folder = (items: string) => {
  const { fetch } = store(({ method }) =>
    method === "HEAD" ? new Response(null, { status: 404 }) : new Response(`<ListBucketResult>${items}</ListBucketResult>`),
  )
  return track(s3References({ fetch }), "s3://bucket/folder")
}
const s3Item = (key: string, size: string | number = 1) =>
  `<Contents><Key>${key}</Key><ETag>"e"</ETag><Size>${size}</Size></Contents>`

describe("addresses that only seem to be of a known host", () => {
  const seeming = "https://other.example\\.blob.core.windows.net/container/blob"

  test("get no token of Azure", async () => {
    const { fetch, asked } = store(() => new Response("x", { headers: { etag: '"e"', "content-length": "1" } }))
    const handler = azureReferences({ token: "hush", fetch })
    expect(handler.handles(parseReferenceUri(seeming))).toBe(false)
    await refused(track(handler, seeming))
    await refused(handler.open({ path: "a", ref: seeming, digest: "e" }))
    expect(asked).toEqual([])
  })

  test("go to the handler of web addresses, as those do that a connection string only begins with", async () => {
    const connection = "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;EndpointSuffix=core.usgovcloudapi.net"
    const env = (name: string) => (name === "AZURE_STORAGE_CONNECTION_STRING" ? connection : undefined)
    const table = referenceTable({ env }, {} as never)
    const [, , azure, web] = table
    const takes = (uri: string) => table.find((handler) => handler.handles(parseReferenceUri(uri)))
    for (const uri of [seeming, "http://127.0.0.1:1000/a", "http://127.0.0.1/a", "https://x.blob.core/a"])
      expect(takes(uri)).toBe(web)
    for (const uri of ["http://127.0.0.1:10000/a", "https://x.blob.core.usgovcloudapi.net/a", "https://x.blob.core.windows.net/a"])
      expect(takes(uri)).toBe(azure)
  })
})

describe("listings", () => {
  test("that say the same next page again end with an error", async () => {
    const s3 = store(({ url: { searchParams }, method }) => {
      if (method === "HEAD") return new Response(null, { status: 404 })
      const next = searchParams.get("continuation-token") === "a" ? "b" : "a"
      return new Response(`<L><IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken></L>`)
    })
    expect(await refused(track(s3References({ fetch: s3.fetch }), "s3://bucket/folder/"))).toMatchObject({ code: "STORAGE" })
    const azure = store(
      ({ method }) =>
        new Response(method === "HEAD" ? null : "<EnumerationResults><NextMarker>a</NextMarker></EnumerationResults>", {
          status: method === "HEAD" ? 404 : 200,
        }),
    )
    expect(
      await refused(track(azureReferences({ fetch: azure.fetch }), "https://x.blob.core.windows.net/c/folder/")),
    ).toMatchObject({
      code: "STORAGE",
    })
    const gcs = store(() => Response.json({ nextPageToken: "a" }))
    expect(await refused(track(gcsReferences({ fetch: gcs.fetch }), "gs://bucket/folder/"))).toMatchObject({ code: "STORAGE" })
  })

  test.each([
    ["a key that cannot be decoded", `<EncodingType>url</EncodingType>${s3Item("folder/%zz")}`],
    ["no ETag", s3Item("folder/a").replace('"e"', "")],
    ["a size that is none", s3Item("folder/a", "much")],
    ["no size", s3Item("folder/a", "")],
    ["a part that leads out", s3Item("folder/../../a")],
    ["NUL", s3Item("folder/a&#0;")],
    ["a key twice", s3Item("folder/a") + s3Item("folder/a", 2)],
  ])("of S3 with %s are refused", async (_, items) => {
    await refused(s3Folder(items))
  })

  test("of S3 with an entity that is none keep it as it stands", async () => {
    expect(await s3Folder(s3Item("folder/&constructor;&#x110000;&amp;"))).toMatchObject([{ path: "&constructor;&#x110000;&" }])
  })

  test.each([
    ["items that are no list", { items: { a: 1 } }],
    ["an item that is none", { items: [null] }],
    ["a size that is none", { items: [{ name: "folder/a", etag: "e", generation: "1", size: "much" }] }],
    ["a name that is none", { items: [{ name: 1, etag: "e", generation: "1", size: "1" }] }],
  ])("of Cloud Storage with %s are refused", async (_, answer) => {
    const { fetch } = store(({ url }) =>
      url.pathname.endsWith("/o") ? Response.json(answer) : new Response("{}", { status: 404 }),
    )
    await refused(track(gcsReferences({ fetch }), "gs://bucket/folder"))
  })

  test.each([
    ["a name that cannot be decoded", '<Name Encoded="true">folder/%zz</Name><Etag>e</Etag>'],
    ["no size", "<Name>folder/a</Name><Etag>e</Etag>"],
  ])("of Azure with %s are refused", async (_, blob) => {
    const body = `<EnumerationResults><Blobs><Blob>${blob}</Blob></Blobs></EnumerationResults>`
    const { fetch } = store(({ method }) => (method === "HEAD" ? new Response(null, { status: 404 }) : new Response(body)))
    await refused(track(azureReferences({ fetch }), "https://x.blob.core.windows.net/c/folder"))
  })

  test("of which one entry is refused add nothing", async () => {
    const handler: ReferenceHandler = {
      handles: () => true,
      track: async () => [
        { path: "a", ref: "x:a", digest: "1" },
        { path: "b", ref: "x:b", digest: "2", size: -1 },
      ],
      open: () => Promise.reject(new Error("not here")),
    }
    const draft = new Artifact("birds", "dataset", { platform: { references: [handler] } })
    await refused(draft.addReference("x:all"))
    expect(draft.manifest.entries.size).toBe(0)
  })
})

test("no address of Cloud Storage leads out of its bucket", async () => {
  const { fetch, asked } = store(() => new Response("{}"))
  const handler = gcsReferences({ fetch })
  for (const ref of ["gs://bucket/..", "gs://bucket/.", "gs://../a", "gs://./a"]) {
    await refused(track(handler, ref))
    await refused(handler.open({ path: "a", ref, digest: ref }).then(({ content }) => new Response(content.stream()).text()))
  }
  expect(asked).toEqual([])
})

test("no container of Azure leads out of its account", async () => {
  const { fetch, asked } = store(() => new Response(null, { headers: { etag: '"e"', "content-length": "1" } }))
  const handler = azureReferences({ endpoint: "http://localhost:1/mine", token: "hush", fetch })
  for (const container of [".", ".."]) await refused(track(handler, `http://localhost:1/mine/${container}/a`))
  expect(asked).toEqual([])
})

test("passwords in addresses that are only tracked are in no message", async () => {
  const ref = "ftp://user:hush@host/a?token=hush"
  const handler = createTrackingReferences()
  const errors = [await refused(track(handler, ref)), await refused(handler.open({ path: "a", ref, digest: ref }))]
  for (const { message, details } of errors) {
    expect(message).toContain("ftp://host/a")
    expect(message + JSON.stringify(details)).not.toContain("hush")
  }
})

test("a reference that leads to itself by another spelling is refused", async () => {
  const { registry, log } = fresh()
  const { id } = await log("birds", {})
  const manifest = new Manifest()
  manifest.add({ path: "a", digest: "x", ref: `WANDB-ARTIFACT://${Buffer.from(id!, "base64").toString("hex")}/a` })
  let asked = 0
  const forged: Registry = {
    ...registry,
    async getManifest() {
      if (++asked > 30) throw new Error("asked for ever")
      return manifest.encode()
    },
  }
  const artifact = await new Api({ registry: forged }).artifact("birds:latest")
  expect(await refused(artifact.getEntry("a").bytes())).toMatchObject({ code: "REGISTRY" })
})

test("a zip leaves out what is found to be gone when it is read, if that is allowed", async () => {
  let isGone = false
  const { fetch } = store(({ url }) =>
    isGone && url.pathname === "/gone"
      ? new Response(null, { status: 404 })
      : new Response("hello", { headers: { etag: '"e"', "content-length": "5" } }),
  )
  const platform = { references: [httpReferences({ fetch })] }
  const draft = new Artifact("birds", "dataset", { platform })
  for (const name of ["gone", "kept"]) await draft.addReference(`http://host/${name}`)
  const artifact = await (await fresh().start({ platform })).logArtifact(draft)
  isGone = true
  const zipped = async (options: ZipOptions) => unzip(await new Response(zipArtifact(artifact, options)).bytes())
  expect(await refused(zipped({}))).toMatchObject({ code: "ENTRY_NOT_FOUND" })
  const { files } = await zipped({ allowMissingReferences: true })
  expect([...files]).toEqual([["kept", new TextEncoder().encode("hello")]])
})

test("what a store repeats of a request is in no message", async () => {
  const { fetch } = store(
    ({ headers }) => new Response(`<Error><Code>${headers.get("authorization")}</Code></Error>`, { status: 403 }),
  )
  const credentials = { accessKeyId: "AKIAHUSH", secretAccessKey: "hush" }
  const s3 = await refused(track(s3References({ credentials, fetch }), "s3://bucket/folder/"))
  const azure = await refused(track(azureReferences({ token: "hush", fetch }), "https://x.blob.core.windows.net/c/folder/"))
  for (const { message, details } of [s3, azure]) {
    expect(message).toContain("status 403")
    expect(message + JSON.stringify(details)).not.toMatch(/hush|Signature/i)
  }
})

test("a range beyond the end of an object is empty, also when its size is not known", async () => {
  const { fetch } = store(({ headers }) =>
    headers.has("range")
      ? new Response("<Error><Code>InvalidRange</Code></Error>", { status: 416 })
      : new Response(null, { headers: { etag: '"e"', "content-length": "0" } }),
  )
  const { content } = await s3References({ fetch }).open({ path: "a", ref: "s3://bucket/a", digest: "e", size: 0 })
  for (const range of [undefined, { start: 0, end: 5 }]) expect(await new Response(content.stream({ range })).text()).toBe("")
})

test("half a character is no part of an address", async () => {
  for (const uri of ["s3://bucket/\ud800", "gs://bucket/\udc00", "https://x.blob.core.windows.net/c/\ud800"])
    expect(() => parseReferenceUri(uri)).toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
})

test("an object that goes on behind its end is refused", async () => {
  const { fetch } = store(({ method }) =>
    method === "HEAD"
      ? new Response(null, { headers: { etag: '"e"', "content-length": "5" } })
      : new Response("hello and more", { headers: { etag: '"e"' } }),
  )
  const handler = s3References({ fetch })
  const { content } = await handler.open({ path: "a", ref: "s3://bucket/a", digest: "e", size: 5 })
  expect(await refused(content.stream().pipeTo(new WritableStream()))).toMatchObject({ code: "DIGEST_MISMATCH" })
  expect(await new Response(content.stream({ range: { start: 1, end: 3 } })).text()).toBe("el")
})

test.each([200, 403])("an answer of status %s that never ends is given up", async (status) => {
  let sent = 0
  const chunk = new Uint8Array(1024 * 1024)
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.byteLength
        controller.enqueue(chunk)
      },
    })
  const { fetch } = store(() => new Response(endless(), { status }))
  const error = await refused(track(s3References({ fetch }), "s3://bucket/folder/"))
  expect(error).toMatchObject({ code: "STORAGE" })
  expect(error.message).toContain("MiB")
  expect(sent).toBeLessThan(100 * 1024 * 1024)
})

test("what somebody could still allow to be read is not missing", async () => {
  const hidden: ReferenceHandler = {
    handles: ({ scheme }) => scheme === "hidden",
    track: async ({ text }) => [{ path: "a", ref: text, digest: "e" }],
    open: async () => {
      throw new UnsupportedError("The ETag is hidden")
    },
  }
  const platform = { references: [hidden] }
  const draft = new Artifact("birds", "dataset", { platform })
  await draft.addReference("hidden:a")
  await draft.addReference("unknown:b", { name: "b" })
  const artifact = await (await fresh().start({ platform })).logArtifact(draft)
  const options = { allowMissingReferences: true }
  expect(await refused(artifact.download(directory(), options))).toMatchObject({ message: "The ETag is hidden" })
  const skipped: string[] = []
  await artifact.download(directory(), { ...options, match: /b/, onProgress: ({ type, path }) => skipped.push(`${type} ${path}`) })
  expect(skipped).toEqual(["skip b"])
})

describe("XML", () => {
  test.each(["<Code>", "<Code ", "<Code></Cod"])("with a hundred thousand times %s is read in passing", (piece) => {
    const startedAt = performance.now()
    readTags("<Code>a</Code>".repeat(100_000), "Code")
    const wellFormedMs = performance.now() - startedAt
    const hostileAt = performance.now()
    expect(readTags(piece.repeat(100_000), "Code")).toEqual([])
    // An expression that looks through all the rest each time takes minutes.
    expect(performance.now() - hostileAt).toBeLessThan(50 * wellFormedMs)
  })

  test("tags have attributes or none, and are not those that only begin alike", () => {
    const xml = '<Keys>no</Keys><Key>a</Key><Key b="c">d\n</Key><Key></Key><KeyCount>1</KeyCount><Key>open'
    expect(readTags(xml, "Key")).toEqual(["a", "d\n", ""])
  })
})
