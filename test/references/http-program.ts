/** What each runtime does with references to a real server; {@link ./http-runtimes.test.ts} compares what comes of it. */
import { type Entry, isArtifactError } from "isofact"
import type { ReferenceEntry } from "../../src/ports.ts"
import { type HttpReferenceOptions, httpReferences } from "../../src/references/http.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import type { Outcomes } from "./in-runtimes.ts"

export interface Origins {
  readonly origin: string
  /** The same server under another name. */
  readonly other: string
}

export async function exercise({ origin, other }: Origins): Promise<Outcomes> {
  const outcomes: Outcomes = {}
  const attempt = async (name: string, work: () => Promise<unknown>) => {
    outcomes[name] = await work().catch(describeError)
  }
  const track = async (path: string, options: HttpReferenceOptions = {}) => {
    const call = { name: undefined, checksum: true, maxObjects: 1 }
    return (await httpReferences(options).track(parseReferenceUri(origin + path), call))[0]!
  }
  const read = async (entry: Entry, range?: { start: number; end?: number }, options: HttpReferenceOptions = {}) => {
    const { content, proof } = await httpReferences(options).open(entry as ReferenceEntry)
    return { text: await textOf(content.stream({ range })), proof }
  }
  const known = { path: "a", ref: `${origin}/tagged`, digest: "abc" }

  for (const path of [
    "/tagged",
    "/bare?x=1",
    "/gzip",
    "/chunked",
    "/hop",
    "/hop-away",
    "/signed-hop#part",
    "/absent",
    "/locked?k=hush",
  ]) {
    await attempt(`track ${path}`, () => track(path))
  }
  await attempt("read whole", () => read(known))
  await attempt("read a part", () => read(known, { start: 2, end: 5 }))
  await attempt("read beyond the end", () => read(known, { start: 50 }))
  await attempt("read compressed", () => read({ ...known, ref: `${origin}/gzip` }))
  await attempt("read a part of what is compressed", () => read({ ...known, ref: `${origin}/gzip` }, { start: 2, end: 5 }))
  await attempt("read a part where there are none", () => read({ ...known, ref: `${origin}/chunked` }, { start: 2, end: 5 }))
  await attempt("read what changed", () => read({ ...known, digest: "def" }))
  await attempt("read what breaks", () => read({ ...known, ref: `${origin}/breaks` }))
  await attempt("read what breaks, of no version", async () => {
    const ref = `${origin}/breaks-again?k=hush`
    return read({ path: "a", ref, digest: ref })
  })
  await attempt("read what stalls", () => read({ ...known, ref: `${origin}/stalls` }, undefined, { timeoutMs: 300 }))
  await attempt("ask one that hangs up", () => track("/hangs-up?k=hush"))
  await attempt("ask in circles", () => track("/circle?k=hush"))
  await attempt("ask with headers", () => track("/guarded", { origin, headers: { authorization: "Bearer hush" } }))
  await attempt("send headers elsewhere", () => track("/guarded-hop", { origin, headers: { authorization: "Bearer hush" } }))
  await attempt("send what no header can hold", () => track("/tagged", { origin, headers: { authorization: "hush\nhush" } }))
  await attempt("stop reading", async () => {
    const { content } = await httpReferences().open({ ...known, ref: `${origin}/endless` })
    const reader = content.stream().getReader()
    await reader.read()
    await reader.cancel()
    return "stopped"
  })
  await attempt("abort", async () => {
    const { content } = await httpReferences().open({ ...known, ref: `${origin}/never` })
    const stream = content.stream({ signal: AbortSignal.timeout(100) })
    return textOf(stream)
  })
  return JSON.parse(JSON.stringify(outcomes).replaceAll(origin, "ORIGIN").replaceAll(other, "OTHER"))
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text.length > 100 ? `${text.length} letters` : text
    text += decoder.decode(value, { stream: true })
  }
}

function describeError(error: unknown) {
  return { code: isArtifactError(error) ? error.code : (error as Error).name, leaks: /hush/.test(everything(error)) }
}

function everything(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.name, error.message, error.stack, JSON.stringify({ ...error }), everything(error.cause)].join("\n")
}
