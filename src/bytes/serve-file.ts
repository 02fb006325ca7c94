/** End exclusive. */
interface Range {
  readonly start: number
  readonly end: number
}

/**
 * A file of `size` bytes as the answer to a GET or HEAD: one range, under `headers`, whose `etag` an `If-Range` is compared with. A file
 * of unknown size is sent whole and without its length. `open` is called only when bytes are wanted.
 */
export async function serveRange(
  request: Request,
  headers: Headers,
  size: number | undefined,
  open: (range: Range | undefined) => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>,
): Promise<Response> {
  if (size !== undefined) headers.set("accept-ranges", "bytes")
  const range = size === undefined ? undefined : askedRange(request, headers.get("etag"), size)
  if (range === "none") {
    headers.set("content-range", `bytes */${size}`)
    headers.set("cache-control", "no-store")
    return new Response(null, { status: 416, headers })
  }
  if (range !== undefined) headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`)
  const length = range === undefined ? size : range.end - range.start
  if (length !== undefined) headers.set("content-length", String(length))
  const status = range === undefined ? 200 : 206
  if (request.method === "HEAD") return new Response(null, { status, headers })
  return new Response(sizedBody(await open(range), length), { status, headers })
}

/** The bytes asked for; undefined for all of them, which is also the answer to several ranges; "none": there are none such. */
function askedRange(request: Request, etag: string | null, size: number): Range | "none" | undefined {
  const [whole, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/i.exec(request.headers.get("range")?.replace(/\s/g, "") ?? "") ?? []
  if (request.method !== "GET" || whole === undefined || first + last === "") return undefined
  if ((request.headers.get("if-range") ?? etag) !== etag) return undefined
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size)
  return start < end ? { start, end } : "none"
}

/** Whether the client has what `etag` stands for. Tags are compared weakly, since a proxy that compresses makes them weak. */
export function isCurrent({ headers }: Request, etag: string | null): boolean {
  const header = headers.get("if-none-match")
  if (header === null || etag === null) return false
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
}

/** Headers under which a browser takes the body for what it is called, and runs nothing in it. */
export function safeHeaders(type: string): Record<string, string> {
  const headers: Record<string, string> = { "content-type": type, "x-content-type-options": "nosniff" }
  // Browsers show no PDF in a sandbox, and a PDF has no access to the origin it came from.
  if (type !== "application/pdf") headers["content-security-policy"] = "sandbox"
  return headers
}

/**
 * A stream as the body of a response of `length` bytes. Where the runtime has streams of known length (Workers) it sends the length by
 * them and no other way; elsewhere the header says it.
 */
export function sizedBody(body: ReadableStream<Uint8Array>, length: number | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { FixedLengthStream: Sized } = globalThis as { FixedLengthStream?: new (length: number) => TransformStream }
  return Sized === undefined || length === undefined
    ? (body as ReadableStream<Uint8Array<ArrayBuffer>>)
    : body.pipeThrough(new Sized(length))
}
