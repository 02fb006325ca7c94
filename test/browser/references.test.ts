/** References of a page to servers of other origins: what CORS hides is an error that names it, and never a wrong digest. */
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { serveWeb } from "../references/web.ts"
import { type Answering, broken, file, inTurn, redirect } from "../references/web-server.ts"
import { openPage, type TestPage } from "./pages.ts"

const script = `
import { httpReferences } from "./src/references/http.ts"
import { parseReferenceUri } from "./src/references/uri.ts"

const caught = (work) => work.catch(({ name, code, message, details }) => ({ failed: { name, code, message, details } }))
async function textOf(stream) {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  for (let text = ""; ; ) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
}
Object.assign(globalThis, {
  track: (uri, options = {}, checksum = true) =>
    caught(httpReferences(options).track(parseReferenceUri(uri), { name: "a", checksum, maxObjects: 1 }).then(([entry]) => entry)),
  read: (entry, range) => caught(httpReferences().open(entry).then(({ content }) => textOf(content.stream({ range })))),
})
`

const text = "0123456789"
const allow = { "access-control-allow-origin": "*" }
const expose = { ...allow, "access-control-expose-headers": "ETag" }
const etag = '"abc"'
const tagged = { path: "a", digest: "abc", size: 10, extra: { etag } }

let opened: TestPage
beforeAll(async () => {
  opened = await openPage(script, {
    "/own": { type: "text/plain", body: text, headers: { etag, "content-length": "10" } },
    "/own-bare": { type: "text/plain", body: text, headers: { "content-length": "10" } },
  })
})
afterAll(() => opened[Symbol.asyncDispose]())

interface Answer {
  readonly ref: string
  readonly failed?: { readonly code: string; readonly message: string; readonly details: { readonly path: string } }
}
const call = (name: "track" | "read", ...args: unknown[]) =>
  opened.page.evaluate(`${name}(...${JSON.stringify(args)})`) as Promise<Answer>
const track = (uri: string, options = {}, checksum = true) => call("track", uri, options, checksum)
const read = (entry: object, range?: object) => call("read", entry, ...(range ? [range] : []))

/** Whether a page may ask before it asks is for the server to say. */
const preflight =
  (answer: Answering, headers: Record<string, string>): Answering =>
  (request, response) =>
    request.method === "OPTIONS" ? response.writeHead(204, headers).end() : answer(request, response)

test("of the page's own origin every header is seen", async () => {
  expect(await track(`${opened.origin}/own`)).toEqual({ ...tagged, ref: `${opened.origin}/own` })
  const ref = `${opened.origin}/own-bare`
  expect(await track(ref)).toEqual({ path: "a", ref, digest: ref, size: 10 })
})

describe("of another origin", () => {
  test("an ETag that is exposed is recorded, and proves what is read, whole or in part", async () => {
    const { origin, requests, paths } = await serveWeb({ "/a": file(text, { etag, headers: expose }) })
    const entry = await track(`${origin}/a`)
    expect(entry).toEqual({ ...tagged, ref: `${origin}/a` })
    expect(await read(entry)).toBe(text)
    expect(await read(entry, { start: 2, end: 5 })).toBe("234")
    expect(await read(entry, { start: 50 })).toBe("")
    paths["/a"] = file("other", { etag: '"def"', headers: expose })
    for (const range of [undefined, { start: 1 }]) {
      expect((await read(entry, range)).failed).toMatchObject({ code: "DIGEST_MISMATCH", details: { actual: "def" } })
    }
    // None was asked for leave before, and HEAD by nobody.
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(["GET"]))
  })

  test.each([
    ["an ETag that is not exposed", file(text, { etag, headers: allow })],
    ["an ETag that may be there", file(text, { headers: allow })],
  ])("%s is UnsupportedError that says what to expose; the address alone can be tracked", async (_, answer) => {
    const { origin } = await serveWeb({ "/a?k=hush": answer })
    const { failed } = await track(`${origin}/a?k=hush`)
    expect(failed).toMatchObject({ code: "UNSUPPORTED", details: { path: `${origin}/a` } })
    expect(failed!.message).toContain("Access-Control-Expose-Headers")
    expect(failed!.message).toContain("checksum: false")
    expect(JSON.stringify(failed)).not.toContain("hush")
    const entry = await track(`${origin}/a?k=hush`, {}, false)
    expect(entry).toEqual({ path: "a", ref: `${origin}/a?k=hush`, digest: `${origin}/a?k=hush` })
    expect(await read(entry)).toBe(text)
    expect(await read(entry, { start: 2, end: 5 })).toBe("234")
    const recorded = { ...entry, digest: "abc" }
    expect((await read(recorded)).failed!.message).toContain("Access-Control-Expose-Headers")
    expect((await read(recorded, { start: 1 })).failed!.code).toBe("UNSUPPORTED")
  })

  test("a file that may not be read is told from a line that broke", async () => {
    const { origin, requests } = await serveWeb({
      "/a?k=hush": file(text, { etag }),
      "/headless?k=hush": (request, response) =>
        (request.method === "HEAD" ? response.writeHead(405) : response.writeHead(200)).end(text),
    })
    for (const path of ["/a?k=hush", "/headless?k=hush"]) {
      const { failed } = await track(origin + path)
      expect(failed).toMatchObject({ code: "STORAGE" })
      expect(failed!.message).toContain("CORS")
      expect(JSON.stringify(failed)).not.toContain("hush")
    }
    expect(requests).toHaveLength(6)
    const { failed } = await track("http://localhost:2/a?k=hush")
    expect(failed!.message).toContain("the connection failed")
    expect(JSON.stringify(failed)).not.toContain("hush")
  })

  test("a redirect is followed, and its end recorded", async () => {
    const other = await serveWeb({ "/b": file(text, { etag, headers: expose }) })
    const { origin } = await serveWeb({
      "/a": (request, response) => {
        for (const [name, value] of Object.entries(allow)) response.setHeader(name, value)
        return redirect(`${other.origin}/b`)(request, response)
      },
    })
    expect(await track(`${origin}/a#part`)).toEqual({ ...tagged, ref: `${other.origin}/b#part` })
  })

  test("headers are sent where they belong, and a redirect away from there is an error", async () => {
    const secret = { authorization: "Bearer hush" }
    const headers = { ...expose, "access-control-allow-headers": "authorization" }
    const other = await serveWeb({ "/b": preflight(file(text, { etag, headers }), headers) })
    const { origin, requests } = await serveWeb({
      "/a": preflight(file(text, { etag, headers }), headers),
      "/away": preflight((_, response) => response.writeHead(302, { ...headers, location: `${other.origin}/b` }).end(), headers),
    })
    expect(await track(`${origin}/a`, { origin, headers: secret })).toMatchObject({ digest: "abc" })
    expect(requests.at(-1)!.headers.authorization).toBe("Bearer hush")
    const { failed } = await track(`${origin}/away`, { origin, headers: secret })
    expect(failed).toMatchObject({ code: "UNSUPPORTED" })
    expect(failed!.message).toContain("reference the place it leads to")
    expect(other.requests).toEqual([])
  })

  test("a line that breaks is taken up again", async () => {
    const whole = file(text.repeat(1000), { etag, headers: expose })
    const { origin, requests } = await serveWeb({ "/a": inTurn(whole, broken(whole, 4000), whole) })
    expect(await read(await track(`${origin}/a`))).toBe(text.repeat(1000))
    expect(requests.at(-1)!.headers.range).toMatch(/^bytes=[1-9]\d*-/)
  })

  test("a part of what is kept compressed is cut from the whole", async () => {
    const headers = { ...expose, "content-encoding": "gzip" }
    const { origin } = await serveWeb({ "/a": file(gzipSync(text), { etag, headers }) })
    const entry = await track(`${origin}/a`)
    expect(await read(entry)).toBe(text)
    expect(await read(entry, { start: 3, end: 6 })).toBe("345")
    expect(await read(entry, { start: 8 })).toBe("89")
  })

  test("what the browser has kept does not stand for what is there now", async () => {
    const headers = { ...expose, "cache-control": "max-age=3600" }
    const { origin, paths } = await serveWeb({ "/a": file(text, { etag, headers }) })
    const entry = await track(`${origin}/a`)
    expect(await read(entry)).toBe(text)
    paths["/a"] = file("other", { etag: '"def"', headers })
    expect(await track(`${origin}/a`)).toMatchObject({ digest: "def" })
    expect((await read(entry)).failed).toMatchObject({ code: "DIGEST_MISMATCH" })
  })
})
