/** A web server that is a function, for references in runtimes that can serve nothing. */
import type { Fetch } from "../../src/net/request.ts"
import { httpReferences } from "../../src/references/http.ts"

export interface WebFile {
  readonly body: string
  readonly etag?: string
  readonly location?: string
}

/** Files by address; what is absent is 404. */
export function webOf(files: { [address: string]: WebFile }) {
  const requests: Request[] = []
  const web = {
    /** Can be changed at any time. */
    files,
    requests,
    /** Bytes after which the line breaks, once. */
    breakAfter: undefined as number | undefined,
    // Without a cache: what these change on the web must be met.
    platform: { references: [httpReferences({ fetch })], cache: () => undefined },
  }
  async function fetch(...[url, { headers, signal }]: Parameters<Fetch>): Promise<Response> {
    signal?.throwIfAborted()
    const request = new Request(url, { headers: headers! })
    requests.push(request)
    const file = files[url.replace(/#.*/, "")]
    if (file === undefined) return new Response("nothing here", { status: 404 })
    if (file.location !== undefined) return new Response(null, { status: 302, headers: { location: file.location } })
    const { breakAfter } = web
    web.breakAfter = undefined
    return answer(file, request.headers.get("range") ?? "", breakAfter)
  }
  return web
}

function answer({ body, etag }: WebFile, range: string, breakAfter: number | undefined): Response {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
  const part = start === undefined ? body : body.slice(Number(start), end ? Number(end) + 1 : undefined)
  const headers = new Headers({ "content-length": String(part.length), ...(etag !== undefined && { etag }) })
  if (start !== undefined) headers.set("content-range", `bytes ${start}-${Number(start) + part.length - 1}/${body.length}`)
  const sent = breakAfter === undefined ? part : brokenStream(part.slice(0, breakAfter))
  return new Response(sent, { status: start === undefined ? 200 : 206, headers })
}

function brokenStream(text: string): ReadableStream<Uint8Array> {
  const chunks = [new TextEncoder().encode(text)]
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = chunks.pop()
        if (chunk === undefined) controller.error(new TypeError("the line broke"))
        else controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}
