/** What Azurite does not have: versions, pages that fail, a crowd at the door, and what a page is not let see. */

import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { isArtifactError } from "../../src/errors.ts"
import type { ReferenceEntry } from "../../src/ports.ts"
import { azureReferences } from "../../src/references/azure.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"

interface Version {
  readonly etag: string
  readonly id: string
  readonly body: string
}

let versions: Version[] = []
let isDeleted = false
let fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
let requests: string[] = []
let endpoint = ""
let stop = () => {}

/** One blob `c/a` of an account that keeps versions, the newest last. */
beforeEach(async () => {
  versions = [
    { etag: "0x1", id: "2026-01-01T00:00:00.0000000Z", body: "one" },
    { etag: "0x2", id: "2026-02-01T00:00:00.0000000Z", body: "three" },
  ]
  isDeleted = false
  fault = undefined
  requests = []
  const http = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (!fault?.(request, response)) answer(request, response)
  })
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  stop = () => {
    http.closeAllConnections()
    http.close()
  }
})
afterEach(() => stop())

function answer({ url, headers }: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams: query } = new URL(url!, endpoint)
  if (query.get("comp") === "list") {
    const blobs = versions.map(
      ({ etag, id, body }) =>
        `<Blob><Name>a</Name><VersionId>${id}</VersionId><Properties><Content-Length>${body.length}</Content-Length><Etag>${etag}</Etag></Properties></Blob>`,
    )
    // Another blob that begins with the same letter and has the same ETag is not it.
    const others = blobs.map((blob) => blob.replace("<Name>a<", "<Name>ab<"))
    return response.end(`<EnumerationResults><Blobs>${blobs.join("")}${others.join("")}</Blobs><NextMarker/></EnumerationResults>`)
  }
  const wanted = query.get("versionid")
  const found = wanted ? versions.find(({ id }) => id === wanted) : isDeleted ? undefined : versions.at(-1)
  if (pathname !== "/c/a" || found === undefined) return response.writeHead(404).end()
  if (headers["if-match"] !== undefined && headers["if-match"] !== `"${found.etag}"`) return response.writeHead(412).end()
  const facts = { etag: `"${found.etag}"`, "x-ms-version-id": found.id, "content-length": found.body.length }
  return response.writeHead(200, facts).end(found.body)
}

const handler = () => azureReferences({ endpoint })
const track = (uri: string, by = handler()) =>
  by.track(parseReferenceUri(`${endpoint}/${uri}`), { name: undefined, checksum: true, maxObjects: 9 } as never)
const read = async (entry: unknown) => {
  const { content, proof } = await handler().open(entry as ReferenceEntry)
  return [await new Response(content.stream()).text(), proof]
}
const refused = async (work: Promise<unknown>) => {
  const error = await work.catch((error) => error)
  if (!isArtifactError(error)) throw error
  return error
}

describe("a version", () => {
  test("is recorded, and read however much came after it", async () => {
    const [entry] = await track("c/a")
    expect(entry).toMatchObject({ digest: "0x2", size: 5, extra: { etag: "0x2", versionID: versions[1]!.id } })
    versions.push({ etag: "0x3", id: "2026-03-01T00:00:00.0000000Z", body: "x" })
    expect(await read(entry)).toEqual(["three", "version"])
    isDeleted = true
    expect(await read(entry)).toEqual(["three", "version"])
  })

  test("may be asked for", async () => {
    const [entry] = await track(`c/a?versionId=${versions[0]!.id}`)
    expect(entry).toMatchObject({ ref: `${endpoint}/c/a`, digest: "0x1", size: 3, extra: { versionID: versions[0]!.id } })
    expect((await refused(track("c/a?versionId=none"))).code).toBe("ENTRY_NOT_FOUND")
    expect((await refused(track("c/a?snapshot=2026"))).code).toBe("UNSUPPORTED")
  })

  test("is found by its ETag where only that was recorded", async () => {
    const entry = { path: "a", ref: `${endpoint}/c/a`, digest: "0x1" }
    expect(await read(entry)).toEqual(["one", "version"])
    expect(requests.at(-1)).toContain(`versionid=${encodeURIComponent(versions[0]!.id)}`)
    isDeleted = true
    expect(await read(entry)).toEqual(["one", "version"])
  })

  test("that the account has let go is DigestMismatchError, or EntryNotFoundError when nothing came after it", async () => {
    const [entry] = await track(`c/a?versionId=${versions[0]!.id}`)
    versions.shift()
    expect((await refused(read(entry))).details).toMatchObject({ expected: "0x1", actual: "0x2" })
    fault = ({ url }, response) => {
      if (!url!.includes("comp=list")) return false
      response.writeHead(403).end()
      return true
    }
    expect((await refused(read(entry))).code).toBe("DIGEST_MISMATCH")
    versions.shift()
    expect((await refused(read(entry))).code).toBe("ENTRY_NOT_FOUND")
  })
})

describe("a bad day", () => {
  test("a busy service is waited for", async () => {
    let left = 3
    fault = (_, response) => {
      if (left-- <= 0) return false
      response.writeHead(left % 2 === 0 ? 503 : 429, { "retry-after": "0" }).end()
      return true
    }
    const [entry] = await track("c/a")
    left = 3
    expect(await read(entry)).toEqual(["three", "version"])
  })

  test("a listing that fails in its middle adds nothing", async () => {
    fault = ({ url }, response) => {
      if (!url!.includes("comp=list")) return false
      if (url!.includes("marker=")) response.writeHead(403).end("<Error><Code>AuthorizationFailure</Code></Error>")
      else
        response.end(
          "<EnumerationResults><Blobs><Blob><Name>d/1</Name><Properties><Content-Length>1</Content-Length><Etag>0x1</Etag></Properties></Blob></Blobs><NextMarker>2</NextMarker></EnumerationResults>",
        )
      return true
    }
    const error = await refused(track("c/d"))
    expect(error.details).toMatchObject({ operation: "list", status: 403 })
    expect(error.message).toContain("AuthorizationFailure")
  })

  test("a redirect is not followed with a signature", async () => {
    fault = (_, response) => {
      response.writeHead(302, { location: `${endpoint}/elsewhere` }).end()
      return true
    }
    const error = await refused(track("c/a?sv=1&sig=hush"))
    expect(error.code).toBe("STORAGE")
    expect(requests.some((request) => request.includes("elsewhere"))).toBe(false)
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("hush")
  })

  test("a page that may not see the ETag is told which headers to expose", async () => {
    const fetch = async () =>
      Object.defineProperty(new Response(null, { headers: { "content-length": "5" } }), "type", { value: "cors" })
    const error = await refused(track("c/a", azureReferences({ endpoint, fetch })))
    expect(error.code).toBe("UNSUPPORTED")
    expect(error.message).toContain("x-ms-version-id")
  })
})
