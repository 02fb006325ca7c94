/** References to a real server in every runtime without a page around it: the same entries, bytes and errors. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { expect, test } from "vitest"
import { bundleTests, root } from "../runtimes/bundle.ts"
import { COMPATIBILITY_DATE } from "../runtimes/workerd.ts"
import { exercise, type Origins, type Outcomes } from "./http-program.ts"
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

const programs = {
  deno: [join(root, "node_modules/.bin/deno"), "run", "--allow-all", "--no-config", "--no-lock"],
  bun: [join(root, "node_modules/.bin/bun")],
} as const

async function runInProcess(runtime: keyof typeof programs, origins: Origins): Promise<Outcomes> {
  const entry = `import { exercise } from "../references/http-program.ts"
console.log(JSON.stringify(await exercise(${JSON.stringify(origins)})))`
  const work = mkdtempSync(join(tmpdir(), `isofact-${runtime}-`))
  try {
    const path = join(work, "program.mjs")
    writeFileSync(path, await bundleTests({ door: runtime, tests: [], entry, external: ["node:*"] }))
    const [program, ...args] = [...programs[runtime], path] as [string, ...string[]]
    const child = spawn(program, args, { cwd: work, env: { ...process.env, DENO_DIR: work, NO_COLOR: "1" } })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part))
    await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
    const line = output.split("\n").find((each) => each.startsWith("{"))
    if (line === undefined) throw new Error(`${runtime} ended without an outcome:\n${output}`)
    return JSON.parse(line)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function runInWorkerd(origins: Origins): Promise<Outcomes> {
  const entry = `import { exercise } from "../references/http-program.ts"
export default { fetch: async () => Response.json(await exercise(${JSON.stringify(origins)})) }`
  const contents = await bundleTests({ door: "workerd", tests: [], entry, external: ["cloudflare:*"] })
  const modules = [{ type: "ESModule" as const, path: "program.mjs", contents }]
  const worker = new Miniflare(convertV4MiniflareOptions({ modules, compatibilityDate: COMPATIBILITY_DATE }))
  try {
    const response = await worker.dispatchFetch("http://worker.test/")
    if (!response.ok) throw new Error(`workerd failed: ${await response.text()}`)
    return (await response.json()) as Outcomes
  } finally {
    await worker.dispose()
  }
}

test.each([
  ["node", exercise],
  ["deno", (origins: Origins) => runInProcess("deno", origins)],
  ["bun", (origins: Origins) => runInProcess("bun", origins)],
  ["workerd", runInWorkerd],
])("%s", { timeout: 120_000 }, async (_, run) => {
  const { server, origin, other } = await serve()
  expect(await run({ origin, other })).toEqual(expected)
  await expectNoOpenAnswers(server)
})
