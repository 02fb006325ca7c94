/** s3: references through a Worker's binding. */
import { describe, expect, test } from "vitest"
import { readAll } from "../../../src/bytes/hash-stream.ts"
import type { ArtifactError, ArtifactErrorCode } from "../../../src/errors.ts"
import type { ReferenceEntry } from "../../../src/ports.ts"
import { r2References } from "../../../src/references/r2.ts"
import { parseReferenceUri } from "../../../src/references/uri.ts"
import { bucket, newPrefix } from "./bucket.ts"

const handler = r2References({ buckets: { photos: bucket } })
const etagOf0123456789 = "781e5e245d69b566979b86e28d23f2c7"

interface Options {
  readonly name?: string
  readonly checksum?: boolean
  readonly maxObjects?: number
  readonly signal?: AbortSignal
}

const track = async (key: string, options: Options = {}) =>
  (await handler.track(parseReferenceUri(`s3://photos/${key}`), {
    name: undefined,
    checksum: true,
    maxObjects: 5000,
    ...options,
  })) as ReferenceEntry[]

const bytesOf = async (entry: ReferenceEntry, range?: { start: number; end: number }) =>
  new TextDecoder().decode(await readAll((await handler.open(entry)).content, { range }))

const refusal = async (code: ArtifactErrorCode, work: Promise<unknown>): Promise<ArtifactError> => {
  await expect(work).rejects.toMatchObject({ code })
  return work.then(
    () => expect.fail("no error"),
    (error) => error,
  )
}

async function fill(files: Record<string, string>): Promise<string> {
  const prefix = newPrefix()
  for (const [key, text] of Object.entries(files)) await bucket.put(`${prefix}/${key}`, new TextEncoder().encode(text))
  return prefix
}

describe("R2 references", () => {
  test("an object, whole and by range", async () => {
    const prefix = await fill({ "a.txt": "0123456789" })
    const [entry, ...others] = await track(`${prefix}/a.txt`)
    const etag = etagOf0123456789
    expect(entry).toEqual({ path: "a.txt", ref: `s3://photos/${prefix}/a.txt`, digest: etag, size: 10, extra: { etag } })
    expect(others).toEqual([])
    expect(await bytesOf(entry!)).toBe("0123456789")
    expect(await bytesOf(entry!, { start: 2, end: 5 })).toBe("234")
    expect((await handler.open(entry!)).proof).toBe("version")
  })

  test("a folder: every key, zero bytes, no marks, no siblings", async () => {
    const files = { "d/": "", "d/ü ?#%25+&.txt": "signs", "d/x/empty": "", "d/../up": "dots", "d2/b": "b" }
    const prefix = await fill(files)
    await refusal("INVALID_ARGUMENT", track(`${prefix}/d`))
    await bucket.delete(`${prefix}/d/../up`)
    const entries = await track(`${prefix}/d`, { name: "n" })
    expect(entries.map(({ path }) => path).sort()).toEqual(["n/x/empty", "n/ü ?#%25+&.txt"])
    const texts = await Promise.all(entries.map((entry) => bytesOf(entry)))
    expect(texts.sort()).toEqual(["", "signs"])
  })

  test("more than one page, counted", async () => {
    const files = Object.fromEntries(Array.from({ length: 1100 }, (_, at) => [`f${at}`, "x"]))
    const prefix = await fill(files)
    expect(await track(prefix)).toHaveLength(1100)
    const error = await refusal("INVALID_ARGUMENT", track(prefix, { maxObjects: 1099 }))
    expect(error.details.argument).toBe("options.maxObjects")
    await refusal("ENTRY_NOT_FOUND", track(prefix.slice(0, -1)))
  })

  test("what changed and what is gone", async () => {
    const prefix = await fill({ a: "before" })
    const [entry] = await track(`${prefix}/a`)
    const [unchecked] = await track(`${prefix}/a`, { checksum: false })
    expect(unchecked).toEqual({ path: `${prefix}/a`, ref: entry!.ref, digest: entry!.ref })
    await bucket.put(`${prefix}/a`, new TextEncoder().encode("after"))
    const error = await refusal("DIGEST_MISMATCH", bytesOf(entry!))
    expect(error.details).toMatchObject({ path: "a", expected: entry!.digest, actual: expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(await bytesOf(unchecked!)).toBe("after")
    expect((await handler.open(unchecked!)).proof).toBe("none")
    await bucket.delete(`${prefix}/a`)
    await refusal("ENTRY_NOT_FOUND", bytesOf(entry!))
    await refusal("ENTRY_NOT_FOUND", track(`${prefix}/a`))
  })

  test("an abort, a version, and buckets of others", async () => {
    const signal = AbortSignal.abort(new Error("enough"))
    await expect(track("a", { signal })).rejects.toThrow("enough")
    await refusal("UNSUPPORTED", track("a?versionId=v"))
    expect(handler.handles(parseReferenceUri("s3://other/a"))).toBe(false)
    expect(() => r2References({ buckets: { photos: undefined as never } })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    )
  })
})
