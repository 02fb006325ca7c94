/** References to blobs, against the real Azurite: what is recorded, with which permission, and what is read of it later. */
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { isArtifactError } from "../../src/errors.ts"
import type { ReferenceEntry, ReferenceHandler, TrackOptions } from "../../src/ports.ts"
import { type AzureReferenceOptions, azureReferences } from "../../src/references/azure.ts"
import { referenceTable } from "../../src/references/table.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { type Azurite, startAzurite } from "./azurite.ts"
import { fakeStore, headers } from "./s3-fake.ts"

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
  await azurite.createContainer("data")
  await azurite.createContainer("open", { "x-ms-blob-public-access": "container" })
})
afterAll(() => azurite?.stop())

const keyed = (options: AzureReferenceOptions = {}) =>
  azureReferences({ account: azurite.account, accountKey: azurite.accountKey, endpoint: azurite.endpoint, ...options })
const track = (uri: string, options: Partial<TrackOptions> = {}, handler: ReferenceHandler = keyed()) =>
  handler.track(parseReferenceUri(uri), { name: undefined, checksum: true, maxObjects: 1000, ...options })
const read = async (entry: unknown, handler: ReferenceHandler = keyed(), range?: { start: number; end?: number }) => {
  const { content, proof, expect } = await handler.open(entry as ReferenceEntry)
  return { text: await new Response(content.stream({ range })).text(), proof, expect }
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

describe("a blob", () => {
  test("is recorded by ETag and size, and read with the proof of its MD5", async () => {
    const etag = await azurite.put("data/one/a.txt", "hello")
    const [entry, ...others] = await track(`${azurite.endpoint}/data/one/a.txt`)
    expect(entry).toEqual({
      path: "a.txt",
      ref: `${azurite.endpoint}/data/one/a.txt`,
      digest: etag,
      size: 5,
      extra: { etag },
    })
    expect(others).toEqual([])
    expect(await read(entry)).toEqual({ text: "hello", proof: "bytes", expect: "XUFAKrxLKna5cZ2REBfFkg==" })
    expect((await read(entry, keyed(), { start: 1, end: 3 })).text).toBe("el")
    expect((await track(`${azurite.endpoint}/data/one/a.txt`, { name: "x/y" }))[0]!.path).toBe("x/y")
  })

  test("of no bytes is a blob too", async () => {
    await azurite.put("data/one/empty", "")
    const [entry] = await track(`${azurite.endpoint}/data/one/empty`)
    expect(entry!.size).toBe(0)
    expect((await read(entry)).text).toBe("")
  })

  test.each(["a b.txt", "ü 漢字.txt", "100%.txt", "what?.txt", "x#1.txt", "a+b&c=d.txt", "(it's)!*.txt", "deep//er"])(
    "may be called %j",
    async (name) => {
      const folder = `odd-${Buffer.from(name).toString("hex")}`
      await azurite.put(`data/${folder}/${encodeURIComponent(name)}`, name)
      const [entry] = await track(`${azurite.endpoint}/data/${folder}`)
      expect(entry).toMatchObject({ path: name.replace("//", "/"), ref: `${azurite.endpoint}/data/${folder}/${name}` })
      expect((await read(entry)).text).toBe(name)
      const [encoded] = await track(`${azurite.endpoint}/data/${folder}/${encodeURIComponent(name)}`)
      expect(encoded!.ref).toBe(entry!.ref)
    },
  )

  test("that fetch unpacks is proven by its version", async () => {
    await azurite.put("data/zipped", "not really", { "x-ms-blob-content-encoding": "gzip" })
    const [entry] = await track(`${azurite.endpoint}/data/zipped`)
    const { proof, content } = await keyed().open(entry as ReferenceEntry)
    expect([proof, content.size]).toEqual(["version", undefined])
  })

  test("whose name an address cannot hold is refused", async () => {
    const error = await refusal("UNSUPPORTED", track(`${azurite.endpoint}/data/a/../b`))
    expect(error.message).toContain("checksum: false")
  })

  test("without a checksum is not asked for", async () => {
    const handler = azureReferences({ fetch: () => Promise.reject(new Error("asked")) })
    const uri = "https://birds.blob.core.windows.net/data/x/a.txt"
    expect(await track(`${uri}?sv=1&sig=hush`, { checksum: false }, handler)).toEqual([{ path: "x/a.txt", ref: uri, digest: uri }])
    await azurite.put("data/x/a.txt", "unchecked")
    const ref = `${azurite.endpoint}/data/x/a.txt`
    expect(await read({ path: "a", ref, digest: ref })).toEqual({ text: "unchecked", proof: "none", expect: undefined })
  })
})

describe("a folder", () => {
  beforeAll(async () => {
    await azurite.put("data/dir", "", { "x-ms-meta-hdi_isfolder": "true" })
    await azurite.put("data/dir/a", "aa")
    await azurite.put("data/dir/sub", "", { "x-ms-meta-hdi_isfolder": "true" })
    await azurite.put("data/dir/sub/b", "b", { "x-ms-meta-etag": "0xFALSE" })
    await azurite.put("data/dir/sub/empty", "")
    await azurite.put("data/dir2/c", "c")
  })

  test("is every blob below it: no sibling, no stand-in for a folder", async () => {
    const entries = await track(`${azurite.endpoint}/data/dir`)
    expect(entries.map(({ path, ref, size }) => [path, ref, size])).toEqual([
      ["a", `${azurite.endpoint}/data/dir/a`, 2],
      ["sub/b", `${azurite.endpoint}/data/dir/sub/b`, 1],
      ["sub/empty", `${azurite.endpoint}/data/dir/sub/empty`, 0],
    ])
    expect(await Promise.all(entries.map(async (entry) => (await read(entry)).text))).toEqual(["aa", "b", ""])
    expect(entries[1]!.digest).toBe((await track(`${azurite.endpoint}/data/dir/sub/b`))[0]!.digest)
    expect((await track(`${azurite.endpoint}/data/dir/`, { name: "n" })).map(({ path }) => path)).toEqual([
      "n/a",
      "n/sub/b",
      "n/sub/empty",
    ])
  })

  test("may be a container, and more than one page", async () => {
    await azurite.createContainer("pages")
    for (const name of ["1", "2", "3", "4", "5"]) await azurite.put(`pages/${name}`, name)
    let lists = 0
    // Pages of two instead of thousands.
    const handler = keyed({
      fetch(url, init) {
        if (url.includes("comp=list")) lists++
        return fetch(url.replace("maxresults=5000", "maxresults=2"), init)
      },
      accountKey: undefined,
      sasToken: `?${azurite.sas()}`,
    })
    const entries = await track(`${azurite.endpoint}/pages`, {}, handler)
    expect(entries.map(({ path }) => path)).toEqual(["1", "2", "3", "4", "5"])
    expect(lists).toBe(3)
  })

  test("with more than maxObjects is refused, with as many is not", async () => {
    expect(await track(`${azurite.endpoint}/data/dir`, { maxObjects: 3 })).toHaveLength(3)
    const error = await refusal("INVALID_ARGUMENT", track(`${azurite.endpoint}/data/dir`, { maxObjects: 2 }))
    expect(error.details.argument).toBe("options.maxObjects")
  })

  test("where nothing is, is EntryNotFoundError", async () => {
    await refusal("ENTRY_NOT_FOUND", track(`${azurite.endpoint}/data/di`))
    await refusal("ENTRY_NOT_FOUND", track(`${azurite.endpoint}/data/none/`))
    await azurite.put("data/hollow", "", { "x-ms-meta-hdi_isfolder": "true" })
    await refusal("ENTRY_NOT_FOUND", track(`${azurite.endpoint}/data/hollow`))
  })

  test("can be given up", async () => {
    const reason = new Error("enough")
    await expect(track(`${azurite.endpoint}/data/dir`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe("permission", () => {
  test.each<[string, () => AzureReferenceOptions]>([
    ["a connection string with a key", () => ({ connectionString: connection(`AccountKey=${azurite.accountKey}`) })],
    ["a connection string with a signature", () => ({ connectionString: connection(`SharedAccessSignature=${azurite.sas()}`) })],
    ["a signature", () => ({ endpoint: azurite.endpoint, sasToken: azurite.sas() })],
    ["a key, the account being in the endpoint", () => ({ endpoint: azurite.endpoint, accountKey: azurite.accountKey })],
  ])("may be %s", async (_, options) => {
    await azurite.put("data/may be/a b", "hello")
    const handler = azureReferences(options())
    const [entry] = await track(`${azurite.endpoint}/data/may be`, {}, handler)
    expect((await read(entry, handler)).text).toBe("hello")
  })
  const connection = (secret: string) => `AccountName=${azurite.account};BlobEndpoint=${azurite.endpoint};${secret}`

  test("a signature in the address serves for that call and is recorded nowhere", async () => {
    await azurite.put("data/sas/a", "hello")
    const handler = azureReferences({ endpoint: azurite.endpoint })
    for (const uri of ["data/sas/a", "data/sas"]) {
      const entries = await track(`${azurite.endpoint}/${uri}?${azurite.sas()}`, {}, handler)
      expect(entries.map(({ ref }) => ref)).toEqual([`${azurite.endpoint}/data/sas/a`])
      expect(JSON.stringify(entries)).not.toContain("sig=")
    }
    const error = await refusal("STORAGE", track(`${azurite.endpoint}/data/sas/a?${azurite.sas("w")}`, {}, handler))
    expect(error.details.status).toBe(403)
    for (const hidden of ["sig", encodeURIComponent(azurite.accountKey)]) expect(everything(error)).not.toContain(`${hidden}=`)
  })

  test("of nobody is enough for what is public", async () => {
    await azurite.put("open/a", "hello")
    const handler = azureReferences({ endpoint: azurite.endpoint })
    const [entry] = await track(`${azurite.endpoint}/open`, {}, handler)
    expect((await read(entry, handler)).text).toBe("hello")
  })

  test("that is missing or wrong is StorageError with the way out, and no secret", async () => {
    await azurite.put("data/a", "hello")
    const [entry] = await track(`${azurite.endpoint}/data/a`)
    const wrong = keyed({ accountKey: btoa("another key") })
    const nobody = azureReferences({ endpoint: azurite.endpoint })
    for (const handler of [wrong, nobody]) {
      const attempts = [
        () => track(`${azurite.endpoint}/data/a`, {}, handler),
        () => track(`${azurite.endpoint}/data/`, {}, handler),
        () => read(entry, handler),
      ]
      for (const attempt of attempts) {
        const error = await refusal("STORAGE", attempt())
        expect([401, 403, 404, 409]).toContain(error.details.status)
        expect(error.message).toContain("azureReferences")
        expect(error.message).toContain("AZURE_STORAGE_KEY")
        expect(everything(error)).not.toMatch(/SharedKey|sig=|authorization:/i)
      }
    }
  })

  test("for no account in particular, or twice, is refused", async () => {
    const cases: [AzureReferenceOptions, string][] = [
      [{ accountKey: "QQ==" }, "options.account"],
      [{ sasToken: "sig=x" }, "options.account"],
      [{ account: "Birds!" }, "options.account"],
      [{ connectionString: "nonsense" }, "options.connectionString"],
      [{ connectionString: "AccountName=birds", accountKey: "QQ==" }, "options.accountKey"],
      [{ endpoint: "birds" }, "options.endpoint"],
    ]
    for (const [options, argument] of cases) {
      const error = await refusal("INVALID_ARGUMENT", (async () => azureReferences(options))())
      expect(error.details.argument).toBe(argument)
    }
    const error = await refusal("INVALID_ARGUMENT", (async () => keyed({ accountKey: "no base64!" }))())
    expect(everything(error)).not.toContain("no base64!")
  })

  test("of a token goes along, asked for anew each time", async () => {
    const seen: (string | null)[] = []
    let count = 0
    const handler = azureReferences({
      token: async () => ({ token: `t${++count}`, expiresOnTimestamp: 0 }),
      async fetch(_, init) {
        seen.push(new Headers(init.headers).get("authorization"))
        return new Response(null, { headers: { etag: '"0x1"', "content-length": "3" } })
      },
    })
    for (let round = 0; round < 2; round++) await track("https://birds.blob.core.windows.net/data/a", {}, handler)
    expect(seen).toEqual(["Bearer t1", "Bearer t2"])
  })

  test("stays with its account", () => {
    const handles = (options: AzureReferenceOptions, uri: string) => azureReferences(options).handles(parseReferenceUri(uri))
    const birds = "https://birds.blob.core.windows.net/c/b"
    expect(handles({}, birds)).toBe(true)
    expect(handles({ account: "birds" }, birds)).toBe(true)
    expect(handles({ account: "fish" }, birds)).toBe(false)
    expect(handles({ endpoint: "https://birds.blob.core.chinacloudapi.cn" }, "https://birds.blob.core.chinacloudapi.cn/c/b")).toBe(
      true,
    )
    expect(
      handles({ endpoint: "https://birds.blob.core.chinacloudapi.cn" }, "https://birds.blob.core.chinacloudapi.cn.evil/c/b"),
    ).toBe(false)
    for (const other of [
      "http://birds.blob.core.windows.net/c/b",
      "https://birds.blob.core.windows.net:444/c/b",
      "https://x@birds.blob.core.windows.net/c/b",
    ])
      expect(handles({}, other)).toBe(false)
  })

  test("comes from the environment", async () => {
    await azurite.put("data/env/a", "hello")
    const tableOf = (values: Record<string, string>) => referenceTable({ env: (name) => values[name] }, {} as never)
    const uri = parseReferenceUri(`${azurite.endpoint}/data/env/a`)
    const AZURE_STORAGE_CONNECTION_STRING = connection(`AccountKey=${azurite.accountKey}`)
    const taker = tableOf({ AZURE_STORAGE_CONNECTION_STRING }).find((handler) => handler.handles(uri))!
    const [entry] = await track(uri.text, {}, taker)
    expect((await read(entry, taker)).text).toBe("hello")
  })

  test("of the emulator is the one that everybody knows", async () => {
    const { fetch, asked } = fakeStore(() => headers({ etag: '"e"', "content-length": "5" }))
    for (const [connectionString, endpoint] of [
      ["UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1"],
      [
        "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://other.example/",
        "http://other.example:10000/devstoreaccount1",
      ],
    ] as const) {
      const uri = `${endpoint}/data/a`
      await track(uri, {}, azureReferences({ connectionString, fetch }))
      expect(asked.at(-1)!.url.href).toBe(uri)
      expect(asked.at(-1)!.headers.get("authorization")).toMatch(/^SharedKey devstoreaccount1:/)
      const env = (name: string) => (name === "AZURE_STORAGE_CONNECTION_STRING" ? connectionString : undefined)
      const handlers = referenceTable({ env }, {} as never)
      const first = (address: string) => handlers.findIndex((handler) => handler.handles(parseReferenceUri(address)))
      expect(first(uri)).toBe(first("https://x.blob.core.windows.net/c/b"))
    }
  })
})

describe("what became of it", () => {
  test("overwritten is DigestMismatchError with both ETags", async () => {
    const before = await azurite.put("data/later/a", "one")
    const [entry] = await track(`${azurite.endpoint}/data/later/a`)
    const after = await azurite.put("data/later/a", "two")
    const error = await refusal("DIGEST_MISMATCH", read(entry))
    expect(error.details).toMatchObject({ path: "a", expected: before, actual: after })
  })

  test("overwritten between opening and reading is noticed", async () => {
    await azurite.put("data/later/b", "one")
    const [entry] = await track(`${azurite.endpoint}/data/later/b`)
    const { content } = await keyed().open(entry as ReferenceEntry)
    await azurite.put("data/later/b", "two")
    await refusal("DIGEST_MISMATCH", new Response(content.stream()).text())
  })

  test("deleted is EntryNotFoundError, and so is a container's absence StorageError", async () => {
    await azurite.put("data/later/c", "one")
    const [entry] = await track(`${azurite.endpoint}/data/later/c`)
    await azurite.send("DELETE", "data/later/c")
    await refusal("ENTRY_NOT_FOUND", read(entry))
    for (const place of ["nowhere/x", "nowhere"]) {
      const error = await refusal("STORAGE", track(`${azurite.endpoint}/${place}`))
      expect(error.message).toContain("no container")
      expect(error.details.status).toBe(404)
    }
  })
})

/** All that an error tells, down to what caused it. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.message, error.stack, JSON.stringify(error), everything(error.cause ?? "")].join("\n")
}
