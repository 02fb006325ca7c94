/** References to a real server in every runtime without a page around it: the same entries, bytes and errors. */
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { exercise, type Origins } from "./http-program.ts"
import { type Outcomes, runIn } from "./in-runtimes.ts"
import { expectNoOpenAnswers, serveWeb } from "./web.ts"
import { type Answering, broken, endless, file, inTurn, redirect, type WebServer } from "./web-server.ts"

const text = "0123456789"
const long = text.repeat(10_000)

async function serve(): Promise<Origins & { server: WebServer }> {
  const tagged = file(text, { etag: '"abc"' })
  const packed = file(gzipSync(text), { etag: 'W/"abc"', headers: { "content-encoding": "gzip" } })
  const whole = file(long, { etag: '"abc"' })
  const server = await serveWeb({
    "/tagged": tagged,
    "/bare?x=1": file(text),
    "/gzip": packed,
    "/chunked": file(text, { etag: '"abc"', hasLength: false, hasRanges: false }),
    "/hop": redirect("/bare?x=1", 308),
    "/signed-hop": redirect("/signed?X-Amz-Signature=hush"),
    "/signed?X-Amz-Signature=hush": file(text),
    "/locked?k=hush": (_, response) => response.writeHead(403).end("no"),
    "/breaks": inTurn(broken(whole, 3000), whole),
    "/breaks-again?k=hush": broken(file(long), 3000),
    "/stalls": inTurn(
      (_, response) => response.writeHead(200, { etag: '"abc"', "content-length": long.length }).write(text),
      whole,
    ),
    "/hangs-up?k=hush": (request) => request.socket.destroy(),
    "/circle?k=hush": redirect("/circle?k=hush"),
    "/guarded": guarded(tagged),
    "/endless": endless(200, { etag: '"abc"' }),
    "/never": () => undefined,
  })
  const other = server.origin.replace("127.0.0.1", "localhost")
  server.paths["/hop-away"] = redirect(`${other}/bare?x=1`)
  server.paths["/guarded-hop"] = guarded(redirect(`${other}/guarded`))
  return { server, origin: server.origin, other }
}

const guarded =
  (answer: Answering): Answering =>
  (request, response) =>
    request.headers.authorization === "Bearer hush" ? answer(request, response) : response.writeHead(401).end()

const entry = { path: "tagged", ref: "ORIGIN/tagged", digest: "abc", size: 10, extra: { etag: '"abc"' } }
const bare = { path: "bare?x=1", ref: "ORIGIN/bare?x=1", digest: "ORIGIN/bare?x=1", size: 10 }
const failed = (code: string) => ({ code, leaks: false })
const version = (words: string) => ({ text: words, proof: "version" })
const expected: Outcomes = {
  "track /tagged": entry,
  "track /bare?x=1": bare,
  "track /gzip": {
    ...entry,
    path: "gzip",
    ref: "ORIGIN/gzip",
    digest: 'W/"abc',
    size: gzipSync(text).length,
    extra: { etag: 'W/"abc"' },
  },
  "track /chunked": { path: "chunked", ref: "ORIGIN/chunked", digest: "abc", extra: { etag: '"abc"' } },
  "track /hop": { ...bare, path: "hop" },
  "track /hop-away": { ...bare, path: "hop-away", ref: "OTHER/bare?x=1", digest: "OTHER/bare?x=1" },
  "track /signed-hop#part": { ...bare, path: "signed-hop#part", ref: "ORIGIN/signed-hop#part", digest: "ORIGIN/signed-hop#part" },
  "track /absent": failed("ENTRY_NOT_FOUND"),
  "track /locked?k=hush": failed("STORAGE"),
  "read whole": version(text),
  "read a part": version("234"),
  "read beyond the end": version(""),
  "read compressed": version(text),
  "read a part of what is compressed": version("234"),
  "read a part where there are none": version("234"),
  "read what changed": failed("DIGEST_MISMATCH"),
  "read what breaks": version("100000 letters"),
  "read what breaks, of no version": failed("STORAGE"),
  "read what stalls": version("100000 letters"),
  "ask one that hangs up": failed("STORAGE"),
  "ask in circles": failed("STORAGE"),
  "ask with headers": { ...entry, path: "guarded", ref: "ORIGIN/guarded" },
  "send headers elsewhere": failed("STORAGE"),
  "send what no header can hold": failed("INVALID_ARGUMENT"),
  "stop reading": "stopped",
  abort: failed("TimeoutError"),
}

test.each(["node", "deno", "bun", "workerd"] as const)("%s", { timeout: 120_000 }, async (runtime) => {
  const { server, origin, other } = await serve()
  const origins = { origin, other }
  const outcomes = await (runtime === "node" ? exercise(origins) : runIn(runtime, "references/http-program.ts", origins))
  expect(outcomes).toEqual(expected)
  await expectNoOpenAnswers(server)
})
