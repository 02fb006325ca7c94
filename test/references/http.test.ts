/** spec/references.md 2: http and https references against a real server, with all that servers do. */
import { gzipSync } from "node:zlib"
import type { Entry } from "isofact"
import { describe, expect, test } from "vitest"
import type { ReferenceEntry } from "../../src/ports.ts"
import { type HttpReferenceOptions, httpReferences } from "../../src/references/http.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { failure, refusal } from "../conformance/fresh.ts"
import { expectNoOpenAnswers, serveWeb } from "./web.ts"
import { type Answering, broken, endless, file, inTurn, redirect } from "./web-server.ts"

const defaults = { name: undefined, checksum: true, maxObjects: 10 }

async function track(uri: string, options: HttpReferenceOptions = {}, more = {}): Promise<Entry> {
  const entries = await httpReferences(options).track(parseReferenceUri(uri), { ...defaults, ...more })
  expect(entries).toHaveLength(1)
  return entries[0]!
}

async function read(entry: Entry, options: HttpReferenceOptions = {}, range?: { start: number; end?: number }): Promise<string> {
  const { content } = await httpReferences(options).open(entry as ReferenceEntry)
  return new Response(content.stream(range && { range })).text()
}

const proofOf = async (entry: Entry) => (await httpReferences().open(entry as ReferenceEntry)).proof

/** Every word of an error, of its details and of its causes. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.name, error.message, error.stack, JSON.stringify(error), everything(error.cause)].join("\n")
}

const text = "0123456789"

describe("what is recorded", () => {
  test.each<[string, Answering, Partial<Entry>]>([
    ["an ETag", file(text, { etag: '"abc"' }), { digest: "abc", size: 10, extra: { etag: '"abc"' } }],
    ["a weak ETag", file(text, { etag: 'W/"abc"' }), { digest: 'W/"abc', size: 10, extra: { etag: 'W/"abc"' } }],
    ["an ETag without quotes", file(text, { etag: "abc" }), { digest: "abc", size: 10, extra: { etag: "abc" } }],
    ["no length", file(text, { etag: '"abc"', hasLength: false }), { digest: "abc", extra: { etag: '"abc"' } }],
  ])("%s", async (_, answer, expected) => {
    const { origin } = await serveWeb({ "/a.txt": answer })
    expect(await track(`${origin}/a.txt`)).toEqual({ path: "a.txt", ref: `${origin}/a.txt`, ...expected })
  })

  test.each([
    ["no ETag", file(text)],
    ["an empty ETag", file(text, { etag: '""' })],
  ])("%s: the address stands for the content", async (_, answer) => {
    const { origin } = await serveWeb({ "/a.txt?x=1": answer })
    const ref = `${origin}/a.txt?x=1`
    expect(await track(ref)).toEqual({ path: "a.txt?x=1", ref, digest: ref, size: 10 })
  })

  test("of what is compressed on its way the length on the line, as in Python", async () => {
    const body = gzipSync(text.repeat(100))
    const { origin, requests } = await serveWeb({
      "/a": file(body, { etag: 'W/"abc"', headers: { "content-encoding": "gzip" } }),
    })
    const entry = await track(`${origin}/a`)
    expect(entry.size).toBe(body.byteLength)
    expect(requests[0]!.headers["accept-encoding"]).toBe("gzip, deflate")
    expect(await read(entry)).toBe(text.repeat(100))
  })

  test.each([
    ["/foo.json?x=a/b", "b"],
    ["/foo.json?bar=1", "foo.json?bar=1"],
    ["/foo.json#part", "foo.json#part"],
    ["/a%20b.txt", "a%20b.txt"],
    ["/a b.txt", "a b.txt"],
    ["/d/x;v=1", "x;v=1"],
  ])("%s is called %s", async (path, name) => {
    const sent = new URL(path, "http://h")
    const { origin } = await serveWeb({ [sent.pathname + sent.search]: file(text, { etag: '"abc"' }) })
    const entry = await track(origin + path)
    expect(entry).toMatchObject({ path: name, ref: origin + sent.pathname + sent.search + sent.hash })
    expect(await read(entry)).toBe(text)
  })

  test.each([
    ["/%7Ea/%c3%bc.txt", "/~a/%C3%BC.txt"],
    ["/a|b?c|d", "/a%7Cb?c%7Cd"],
    ["/a[1]?", "/a%5B1%5D"],
    ["/a?b?#", "/a?b?"],
    ["/d/../a?'", "/a?%27"],
  ])("%s is recorded as Python would ask for it: %s", async (path, recorded) => {
    const sent = new URL(path, "http://h").href.replace(/^http:..h|#.*/g, "")
    const { origin } = await serveWeb({ [sent]: file(text), [recorded]: file(text) })
    const entry = await track(origin + path, {}, { name: "a" })
    expect(entry).toMatchObject({ ref: origin + recorded, digest: origin + recorded })
    expect(await read(entry)).toBe(text)
  })

  test("an address that ends in a slash needs a name", async () => {
    const { origin, requests } = await serveWeb({ "/": file(text, { etag: '"abc"' }) })
    const error = await refusal("INVALID_ARGUMENT", track(`${origin}/`))
    expect(error.details.argument).toBe("options.name")
    expect(requests).toEqual([])
    expect(await track(origin, {}, { name: "x/y" })).toMatchObject({ path: "x/y", ref: `${origin}/`, digest: "abc" })
  })

  test("without a checksum nobody is asked, and the address stays as it is", async () => {
    const { origin, requests } = await serveWeb({})
    expect(await track(`${origin}/A b?x#y`, {}, { checksum: false })).toEqual({
      ...{ path: "A b?x#y", ref: `${origin}/A b?x#y`, digest: `${origin}/A b?x#y` },
    })
    expect(requests).toEqual([])
  })

  test("GET is enough: servers refuse HEAD", async () => {
    const answer = file(text, { etag: '"abc"' })
    const { origin, requests } = await serveWeb({
      "/a": (request, response) => (request.method === "GET" ? answer(request, response) : response.writeHead(405).end()),
    })
    expect(await read(await track(`${origin}/a`))).toBe(text)
    expect(requests.map(({ method }) => method)).toEqual(["GET", "GET"])
  })
})

describe("redirects", () => {
  test.each([301, 302, 303, 307, 308])(
    "are followed, status %d: the last address is recorded under the first name",
    async (status) => {
      const { origin } = await serveWeb({ "/b/c?d": file(text, { etag: '"abc"' }), "/x/a": redirect("../b/c?d", status) })
      const entry = await track(`${origin}/x/a`)
      expect(entry).toMatchObject({ path: "a", ref: `${origin}/b/c?d`, digest: "abc" })
    },
  )

  test("to another host, with no ETag there: its address is the digest", async () => {
    const other = await serveWeb({ "/c": file(text) })
    const elsewhere = other.origin.replace("127.0.0.1", "localhost")
    const { origin } = await serveWeb({ "/a": redirect(`${other.origin}/c`), "/b": redirect(`${elsewhere}/c`) })
    expect(await track(`${origin}/a`)).toMatchObject({ ref: `${other.origin}/c`, digest: `${other.origin}/c` })
    expect(await track(`${origin}/b`)).toMatchObject({ ref: `${elsewhere}/c`, digest: `${elsewhere}/c` })
  })

  test("take the fragment along, unless they bring their own", async () => {
    const { origin } = await serveWeb({ "/b": file(text), "/a": redirect("/b"), "/c": redirect("/b#own") })
    expect((await track(`${origin}/a#part`)).ref).toBe(`${origin}/b#part`)
    expect((await track(`${origin}/c#part`)).ref).toBe(`${origin}/b#own`)
  })

  test.each([
    "X-Amz-Signature",
    "X-Goog-Signature",
    "Signature",
    "sig",
    "access_token",
    "jwt",
    "code",
    "key",
    "apiKey",
    "x_api_key",
    "password",
  ])("to an address that %s signs are not recorded, and are followed again", async (word) => {
    const server = await serveWeb({ [`/b?e=1&${word}=hush`]: file(text, { etag: '"abc"' }), [`/n?${word}=hush`]: file(text) })
    const { origin, paths } = server
    Object.assign(paths, { "/a": redirect(`/b?e=1&${word}=hush`), "/c": redirect(`/n?${word}=hush`) })
    const entry = await track(`${origin}/a`)
    expect(entry).toMatchObject({ ref: `${origin}/a`, digest: "abc" })
    expect(await track(`${origin}/c`)).toMatchObject({ ref: `${origin}/c`, digest: `${origin}/c` })
    paths["/a"] = redirect(`/later?${word}=other`)
    paths[`/later?${word}=other`] = file(text, { etag: '"abc"' })
    expect(await read(entry)).toBe(text)
  })

  test("an address that was given signed stays as it was given, and is not in the name", async () => {
    const { origin } = await serveWeb({ "/a?sig=mine": file(text, { etag: '"abc"' }) })
    expect(await track(`${origin}/a?sig=mine`)).toMatchObject({ path: "a", ref: `${origin}/a?sig=mine` })
  })

  test("in a circle end, with the address but not its query in the error", async () => {
    const { origin, requests } = await serveWeb({ "/a?k=hush": redirect("/b?k=hush"), "/b?k=hush": redirect("/a?k=hush") })
    const error = await refusal("STORAGE", track(`${origin}/a?k=hush`))
    expect(error.message).toContain("redirects")
    expect(everything(error)).not.toContain("hush")
    expect(requests.length).toBeLessThan(30)
  })

  test.each(["ftp://h/a", "data:text/plain,a", "http://user:hush@127.0.0.1/a", "http://["])(
    "to %s go nowhere",
    async (location) => {
      const { origin } = await serveWeb({ "/a": redirect(location) })
      const error = await refusal("UNSUPPORTED", track(`${origin}/a`))
      expect(everything(error)).not.toContain("hush")
    },
  )

  test("that do not say where to are an error", async () => {
    const { origin } = await serveWeb({ "/a": (_, response) => response.writeHead(302).end() })
    await refusal("UNSUPPORTED", track(`${origin}/a`))
  })
})

describe("headers", () => {
  const authorization = "Bearer hush"

  test("go to their origin with every request, and to no other one", async () => {
    const other = await serveWeb({ "/c": file(text, { etag: '"abc"' }) })
    const server = await serveWeb({ "/a": redirect("/b"), "/b": redirect(`${other.origin}/c`) })
    const options = { origin: server.origin, headers: { authorization, "X-Team": "birds" } }
    const entry = await track(`${server.origin}/a`, options)
    await read({ ...entry, ref: `${server.origin}/a` }, options)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill(authorization))
    expect(server.requests[0]!.headers["x-team"]).toBe("birds")
    expect(other.requests).toHaveLength(2)
    for (const { headers } of other.requests) expect(JSON.stringify(headers)).not.toMatch(/hush|birds/)
  })

  test("can come from a function, asked before every request", async () => {
    const server = await serveWeb({ "/a": redirect("/b"), "/b": file(text) })
    let asked = 0
    await track(`${server.origin}/a`, { origin: server.origin, headers: async () => ({ authorization: `Bearer ${++asked}` }) })
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer 1", "Bearer 2"])
  })

  test("leave addresses of other origins to other handlers", () => {
    const { handles } = httpReferences({ origin: "https://a.example/x", headers: {} })
    expect(handles(parseReferenceUri("https://A.example:443/b"))).toBe(true)
    expect(handles(parseReferenceUri("http://a.example/b"))).toBe(false)
    expect(handles(parseReferenceUri("https://a.example.org/b"))).toBe(false)
    expect(httpReferences().handles(parseReferenceUri("HTTPS://b.example"))).toBe(true)
    expect(httpReferences().handles(parseReferenceUri("s3://b"))).toBe(false)
  })

  test("need an origin, and must be sendable; their values are in no error", async () => {
    const missing = await refusal("INVALID_ARGUMENT", () => httpReferences({ headers: { authorization } }))
    expect(missing.details.argument).toBe("options.origin")
    await refusal("INVALID_ARGUMENT", () => httpReferences({ origin: "a.example" }))
    const options = { origin: "http://127.0.0.1:1", headers: { authorization: "Bearer hush\nhush" } }
    const error = await refusal("INVALID_ARGUMENT", track("http://127.0.0.1:1/a", options))
    expect(error.details.argument).toBe("options.headers")
    for (const each of [missing, error]) expect(everything(each)).not.toContain("hush")
  })
})

describe("reading", () => {
  test.each([
    ["ranges", true],
    ["no ranges", false],
  ])("a part, of a server that has %s", async (_, hasRanges) => {
    const server = await serveWeb({ "/a": file(text, { etag: '"abc"', hasRanges }) })
    const entry = await track(`${server.origin}/a`)
    expect(await read(entry, {}, { start: 2, end: 5 })).toBe("234")
    expect(server.requests.at(-1)!.headers).toMatchObject({ range: "bytes=2-4" })
    expect(await read(entry, {}, { start: 7 })).toBe("789")
    expect(await read(entry, {}, { start: 8, end: 100 })).toBe("89")
    expect(await read(entry, {}, { start: 10 })).toBe("")
    expect(await read(entry, {}, { start: 100, end: 200 })).toBe("")
    await expectNoOpenAnswers(server)
  })

  test("a part of what is compressed on its way, or kept compressed", async () => {
    const plain = file(text, { etag: '"abc"' })
    const packed = file(gzipSync(text), { etag: '"abc-gzip"', headers: { "content-encoding": "gzip" } })
    const server = await serveWeb({
      "/kept": packed,
      "/sent": (request, response) => (/gzip/.test(request.headers["accept-encoding"]!) ? packed : plain)(request, response),
    })
    for (const path of ["/kept", "/sent"]) {
      const entry = await track(server.origin + path)
      expect(entry.digest).toBe("abc-gzip")
      expect(await read(entry, {}, { start: 3, end: 6 }), path).toBe("345")
      expect(await read(entry), path).toBe(text)
    }
    await expectNoOpenAnswers(server)
  })

  test("a server that sends less of a range than was asked for is asked again", async () => {
    const stingy: Answering = (request, response) => {
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1])
      if (Number.isNaN(start)) return file(text, { etag: '"abc"' })(request, response)
      const headers = { etag: '"abc"', "content-range": `bytes ${start}-${start + 1}/10` }
      response.writeHead(206, headers).end(text.slice(start, start + 2))
    }
    const { origin } = await serveWeb({ "/a": stingy })
    expect(await read(await track(`${origin}/a`), {}, { start: 1, end: 6 })).toBe("12345")
  })

  test("nothing of a file that is empty, but it must be there", async () => {
    const { origin, paths } = await serveWeb({ "/a": file("", { etag: '"abc"' }) })
    const entry = await track(`${origin}/a`)
    expect(entry.size).toBe(0)
    expect(await read(entry)).toBe("")
    delete paths["/a"]
    await refusal("ENTRY_NOT_FOUND", read(entry))
  })

  test("proves the version where there is an ETag, else nothing", async () => {
    const { origin } = await serveWeb({ "/a": file(text, { etag: '"abc"' }), "/b": file(text) })
    expect(await proofOf(await track(`${origin}/a`))).toBe("version")
    expect(await proofOf(await track(`${origin}/b`))).toBe("none")
    expect(await proofOf(await track(`${origin}/a`, {}, { checksum: false }))).toBe("none")
    expect(await read(await track(`${origin}/a`, {}, { checksum: false }))).toBe(text)
  })

  test.each([
    ['"abc"', 'W/"abc"'],
    ['W/"abc"', '"abc"'],
    ['"abc"', '"abc-gzip"'],
    ['"abc;gzip"', 'W/"abc"'],
    ['"abc--br"', "abc"],
  ])("the same content with another mark: %s, then %s", async (before, after) => {
    const { origin, paths } = await serveWeb({ "/a": file(text, { etag: before }) })
    const entry = await track(`${origin}/a`)
    paths["/a"] = file(text, { etag: after })
    expect(await read(entry)).toBe(text)
  })

  test("what has changed since is DigestMismatchError that says what", async () => {
    const server = await serveWeb({ "/a?k=hush": file(text, { etag: '"abc"' }), "/b": file(text) })
    const { origin, paths } = server
    const tagged = await track(`${origin}/a?k=hush`, {}, { name: "a" })
    const bare = await track(`${origin}/b`)
    paths["/a?k=hush"] = file("other", { etag: '"def"' })
    paths["/b"] = file("other")
    for (const range of [undefined, { start: 1, end: 3 }, { start: 50 }]) {
      const error = await refusal("DIGEST_MISMATCH", read(tagged, {}, range))
      expect(error.details).toMatchObject({ path: "a", expected: "abc", actual: "def" })
      expect(error.message).toContain("ETag")
      expect(everything(error)).not.toContain('=hush"')
    }
    const error = await refusal("DIGEST_MISMATCH", read(bare))
    expect(error.details).toMatchObject({ path: "b", expected: "10 bytes", actual: "5 bytes" })
    paths["/a?k=hush"] = file(text)
    expect((await refusal("DIGEST_MISMATCH", read(tagged))).message).toContain("not told any more")
    await expectNoOpenAnswers(server)
  })

  test.each([404, 410])("what is gone, status %d, is EntryNotFoundError", async (status) => {
    const { origin, paths } = await serveWeb({ "/a": file(text, { etag: '"abc"' }) })
    const entry = await track(`${origin}/a`)
    paths["/a"] = (_, response) => response.writeHead(status).end("gone")
    const error = await refusal("ENTRY_NOT_FOUND", read(entry))
    expect(error.details.path).toBe("a")
    await refusal("ENTRY_NOT_FOUND", track(`${origin}/a`))
  })

  test("what Python recorded: extra alone tells the version, size 0 says nothing", async () => {
    const { origin } = await serveWeb({ "/a": file(text, { etag: '"abc"' }), "/b": file(text) })
    const theirs = { path: "a", ref: `${origin}/a`, digest: "a digest of long ago", size: 0, extra: { etag: '"abc"' } }
    expect(await read(theirs)).toBe(text)
    expect(await read({ path: "b", ref: `${origin}/b`, digest: `${origin}/b`, size: 0 })).toBe(text)
    const empty = { path: "b", ref: `${origin}/b`, digest: "", extra: { etag: '""' } }
    expect([await read(empty), await proofOf(empty)]).toEqual([text, "none"])
  })
})

describe("a line that breaks", () => {
  const long = text.repeat(1000)
  const tagged = file(long, { etag: '"abc"' })

  test.each([
    ["ranges", true],
    ["no ranges", false],
  ])("is taken up where it broke, by a server that has %s", async (_, hasRanges) => {
    const whole = file(long, { etag: '"abc"', hasRanges })
    const server = await serveWeb({ "/a": inTurn(whole, broken(whole, 3000), broken(whole, 4000), whole) })
    expect(await read(await track(`${server.origin}/a`))).toBe(long)
    const ranges = server.requests.slice(1).map(({ headers }) => headers.range)
    expect(ranges).toHaveLength(3)
    expect(ranges[0]).toBeUndefined()
    expect(ranges[1]).toMatch(/^bytes=\d+-\d*$/)
    await expectNoOpenAnswers(server)
  })

  test("is taken up within a range", async () => {
    const { origin } = await serveWeb({ "/a": inTurn(tagged, broken(tagged, 2000), tagged) })
    expect(await read(await track(`${origin}/a`), {}, { start: 5, end: 6005 })).toBe(long.slice(5, 6005))
  })

  test("is taken up without a length to go by", async () => {
    const chunked = file(long, { etag: '"abc"', hasLength: false })
    const { origin } = await serveWeb({ "/a": inTurn(chunked, broken(chunked, 2000), chunked) })
    expect(await read(await track(`${origin}/a`))).toBe(long)
  })

  test.each([
    ["without an ETag", file(long), 2],
    ["with a weak one", file(long, { etag: 'W/"abc"' }), 2],
  ])("%s is an error: the rest could be that of another version", async (_, whole, requests) => {
    const server = await serveWeb({ "/a": inTurn(whole, broken(whole, 3000), whole) })
    const entry = await track(`${server.origin}/a`)
    const error = await refusal("STORAGE", read(entry))
    expect(error.message).toMatch(/broke after \d+ bytes/)
    expect(server.requests).toHaveLength(requests)
    expect(await read(entry)).toBe(long)
  })

  test("does not join two versions", async () => {
    const changed = file(long.replaceAll("0", "x"), { etag: '"def"' })
    const { origin } = await serveWeb({ "/a": inTurn(tagged, broken(tagged, 3000), changed) })
    const error = await refusal("DIGEST_MISMATCH", read(await track(`${origin}/a`)))
    expect(error.details).toMatchObject({ expected: "abc", actual: "def" })
  })

  test("behind which the file goes is EntryNotFoundError", async () => {
    const { origin } = await serveWeb({
      "/a": inTurn(tagged, broken(tagged, 3000), (_, response) => response.writeHead(404).end()),
    })
    await refusal("ENTRY_NOT_FOUND", read(await track(`${origin}/a`)))
  })

  test("by stalling too", async () => {
    const stalling: Answering = (_, response) =>
      response.writeHead(200, { etag: '"abc"', "content-length": 10_000 }).write(long.slice(0, 100))
    const server = await serveWeb({ "/a": inTurn(tagged, stalling, tagged), "/b": inTurn(file(long), stalling) })
    const options = { timeoutMs: 200 }
    expect(await read(await track(`${server.origin}/a`), options)).toBe(long)
    const error = await refusal("STORAGE", read(await track(`${server.origin}/b`), options))
    expect(everything(error.cause)).toContain("200 ms")
    await expectNoOpenAnswers(server)
  })

  test("but one that is only slow is waited for", async () => {
    const slow: Answering = (_, response) => {
      response.writeHead(200, { etag: '"abc"', "content-length": 10 })
      let at = 0
      const timer = setInterval(() => {
        if (at < 10) return response.write(text[at++]!)
        clearInterval(timer)
        return response.end()
      }, 60)
    }
    const server = await serveWeb({ "/a": inTurn(file(text, { etag: '"abc"' }), slow) })
    expect(await read(await track(`${server.origin}/a`), { timeoutMs: 300 })).toBe(text)
    expect(server.requests).toHaveLength(2)
  })
})

describe("refusals", () => {
  test.each([401, 403])("status %d is told with the way out, and is not asked again", async (status) => {
    const server = await serveWeb({ "/a?k=hush": (_, response) => response.writeHead(status).end("no") })
    const error = await refusal("STORAGE", track(`${server.origin}/a?k=hush`))
    expect(error.details).toMatchObject({ status, path: `${server.origin}/a` })
    expect(error.message).toContain("httpReferences")
    expect(everything(error)).not.toContain("hush")
    const headers = { authorization: "Bearer hush" }
    const own = await refusal("STORAGE", track(`${server.origin}/a?k=hush`, { origin: server.origin, headers }))
    expect(own.message).toContain("headers given")
    expect(everything(own)).not.toContain("hush")
    expect(server.requests).toHaveLength(2)
  })

  test("an expired signature is told", async () => {
    const { origin } = await serveWeb({ "/a?sig=hush": (_, response) => response.writeHead(403).end("no") })
    const error = await refusal("STORAGE", track(`${origin}/a?sig=hush`))
    expect(error.message).toContain("run out")
    expect(everything(error)).not.toContain("hush")
  })

  test("a storm of 429 passes", async () => {
    const busy: Answering = (_, response) => response.writeHead(429, { "retry-after": "0" }).end("slow down")
    const found = file(text, { etag: '"abc"' })
    const server = await serveWeb({ "/a": inTurn(busy, busy, busy, found, busy, busy, found) })
    expect(await read(await track(`${server.origin}/a`))).toBe(text)
    expect(server.requests).toHaveLength(7)
  })

  test("a server that wants to be left alone for an hour is left alone", async () => {
    const server = await serveWeb({ "/a": (_, response) => response.writeHead(429, { "retry-after": "3600" }).end() })
    const error = await refusal("STORAGE", track(`${server.origin}/a`))
    expect(error.details.status).toBe(429)
    expect(server.requests).toHaveLength(1)
  })

  test("status 500 is asked again", async () => {
    const down: Answering = (_, response) => response.writeHead(500).end("oops")
    const server = await serveWeb({ "/a": inTurn(down, down, file(text, { etag: '"abc"' })) })
    expect((await track(`${server.origin}/a`)).digest).toBe("abc")
    expect(server.requests).toHaveLength(3)
  })

  test("what fails again and again is told in the end, without the query", async () => {
    const long = file(text.repeat(1000), { etag: '"abc"' })
    const { origin } = await serveWeb({
      "/never?k=hush": () => undefined,
      "/a?k=hush": inTurn(broken(long, 3000), broken(long, 0)),
    })
    const ref = `${origin}/a?k=hush`
    const errors = await Promise.all([
      refusal("STORAGE", track(`${origin}/never?k=hush`, { timeoutMs: 100 })),
      refusal("STORAGE", track("http://127.0.0.1:2/a?k=hush")),
      refusal("STORAGE", track("http://nowhere.invalid/a?k=hush")),
      refusal("STORAGE", read({ path: "a", ref, digest: "abc" })),
    ])
    const words = [/within 100 ms/, /ECONNREFUSED/, /the connection failed \(E[A-Z_]+\)/, /connection failed|broke after/]
    for (const [at, error] of errors.entries()) {
      expect(error.message).toMatch(words[at]!)
      expect(everything(error)).not.toContain("hush")
    }
  })

  test.each(["http://ann:hush@127.0.0.1/a", "http:ann:hush@127.0.0.1/a", "http://hush@127.0.0.1/a"])(
    "%s holds a user: refused, and not repeated",
    async (uri) => {
      for (const checksum of [true, false]) {
        const error = await refusal("INVALID_ARGUMENT", track(uri, {}, { checksum }))
        expect(error.details.argument).toBe("uri")
        expect(error.message).toContain("authorization")
        expect(everything(error)).not.toContain("hush")
      }
      const error = await refusal("UNSUPPORTED", read({ path: "a", ref: uri, digest: "abc" }))
      expect(everything(error)).not.toContain("hush")
    },
  )

  test("an abort ends a look-up, a read, and the wait for a turn", async () => {
    const server = await serveWeb({ "/never": () => undefined, "/a": file(text) })
    const handler = httpReferences()
    const controller = new AbortController()
    const call = { ...defaults, signal: controller.signal }
    const waiting = Array.from({ length: 20 }, () => handler.track(parseReferenceUri(`${server.origin}/never`), call))
    const entry = { path: "a", ref: `${server.origin}/never`, digest: "abc" }
    const { content } = await handler.open(entry)
    const reading = new Response(content.stream({ signal: controller.signal })).text()
    const all = Promise.all([...waiting, reading].map((work) => failure(work)))
    await new Promise((resolve) => setTimeout(resolve, 100))
    controller.abort(new Error("enough"))
    for (const error of await all) expect((error as Error).message).toBe("enough")
    expect(await handler.track(parseReferenceUri(`${server.origin}/a`), defaults)).toHaveLength(1)
    await expectNoOpenAnswers(server)
  })
})

describe("lines", () => {
  test("of a look-up are let go of, though the file has no end", async () => {
    let sent = 0
    const answer = endless(200, { etag: '"abc"' }, (bytes) => (sent += bytes))
    const server = await serveWeb({ "/a": (...request) => setTimeout(() => answer(...request), 100) })
    const handler = httpReferences()
    const uri = parseReferenceUri(`${server.origin}/a`)
    const entries = await Promise.all(Array.from({ length: 100 }, () => handler.track(uri, defaults)))
    expect(entries).toHaveLength(100)
    expect(server.mostConnections).toBeLessThan(60)
    await expectNoOpenAnswers(server)
    expect(sent / 100).toBeLessThan(16 * 2 ** 20)
  })

  test("of answers that are no success are let go of, though they have no end", async () => {
    const server = await serveWeb({ "/a": endless(302, { location: "/b" }), "/b": endless(404, {}), "/c": endless(403, {}) })
    await refusal("ENTRY_NOT_FOUND", track(`${server.origin}/a`))
    await refusal("STORAGE", track(`${server.origin}/c`))
    await expectNoOpenAnswers(server)
  })

  test("of other versions and useless parts are let go of, though they have no end", async () => {
    const packed = { etag: '"abc"', "content-encoding": "gzip", "content-range": "bytes 1-9/10" }
    const server = await serveWeb({
      "/a": endless(200, { etag: '"def"' }),
      "/b": inTurn(endless(206, packed), file(text, { etag: '"abc"' })),
    })
    await refusal("DIGEST_MISMATCH", read({ path: "a", ref: `${server.origin}/a`, digest: "abc" }))
    expect(await read({ path: "b", ref: `${server.origin}/b`, digest: "abc" }, {}, { start: 1 })).toBe(text.slice(1))
    await expectNoOpenAnswers(server)
  })

  test("of a fetch that knows no signals are let go of as well", async () => {
    let cancelled = 0
    const body = () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(9)), cancel: () => void cancelled++ })
    const fetch = async () => new Response(body(), { headers: { etag: '"abc"' } })
    const { content } = await httpReferences({ fetch }).open({ path: "a", ref: "http://web.test/a", digest: "abc" })
    expect((await new Response(content.stream({ range: { start: 2, end: 20 } })).bytes()).byteLength).toBe(18)
    const reader = content.stream().getReader()
    await reader.read()
    await reader.cancel()
    expect(cancelled).toBe(2)
  })

  test("of a reader who has had enough are let go of, also before the answer", async () => {
    const server = await serveWeb({ "/a": file(text.repeat(1e6), { etag: '"abc"' }), "/never": () => undefined })
    const handler = httpReferences()
    for (const path of ["/a", "/never"]) {
      const { content } = await handler.open({ path: "a", ref: server.origin + path, digest: "abc" })
      const reader = content.stream().getReader()
      const reading = reader.read()
      if (path === "/a") expect((await reading).value!.byteLength).toBeGreaterThan(0)
      else await new Promise((resolve) => setTimeout(resolve, 100))
      await reader.cancel()
      await expectNoOpenAnswers(server)
    }
  })
})
