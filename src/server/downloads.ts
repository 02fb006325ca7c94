import { verifiedStream } from "../bytes/verified.ts"
import { digestFromBytes, digestToHex } from "../core/digest-text.ts"
import { md5 } from "../core/md5.ts"
import type { StoredEntry, VersionRef } from "../ports.ts"
import type { Setup } from "./call.ts"
import { safeHeaders } from "./content-type.ts"
import { etagOf } from "./uploads.ts"
import type { Claims } from "./urls.ts"

/** The bytes behind an address never change; whoever may see them may keep them, and nobody in between. */
const immutable = "private, max-age=31536000, immutable"

export const downloads = {
  file: (setup: Setup, { member, file }: Claims["file"], request: Request) => sendFile(setup, member, file, request),
  manifest: (setup: Setup, { version }: Claims["manifest"], request: Request) => sendManifest(setup, version, request),
}

/**
 * A stored file. Asked for whole, it proves itself while it streams: bytes that have rotted break the answer off before its end, and the
 * registry is told. What is asked for by a range is not proven, and neither is what is known by its XXH128, which only W&B's own servers
 * hold.
 */
export async function sendFile(
  setup: Setup,
  member: VersionRef & { readonly id: string },
  file: StoredEntry,
  request: Request,
): Promise<Response> {
  const etag = file.alg === undefined ? etagOf(file.digest) : `"${file.alg}-${digestToHex(file.digest)}"`
  const headers = new Headers({ ...safeHeaders(file.path), etag, "cache-control": immutable })
  if (isCurrent(request, etag)) return new Response(null, { status: 304, headers })
  const { signal } = request
  const content = await setup.registry.openFile(member, file, { signal })
  const size = file.size ?? content.size
  const range = size === undefined ? undefined : askedRange(request, etag, size)
  if (size !== undefined) headers.set("accept-ranges", "bytes")
  if (range === "none") {
    headers.set("content-range", `bytes */${size}`)
    headers.set("cache-control", "no-store")
    return new Response(null, { status: 416, headers })
  }
  const length = range === undefined ? size : range.end - range.start
  if (length !== undefined) headers.set("content-length", String(length))
  if (range !== undefined) headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`)
  const status = range === undefined ? 200 : 206
  if (request.method === "HEAD") return new Response(null, { status, headers })
  const isProven = range === undefined && file.alg === undefined
  const stream = isProven
    ? verifiedStream(content, { digest: file.digest, size: file.size }, setup.hasher, { label: file.path, signal })
    : content.stream({ range, signal })
  return new Response(sized(isProven ? reporting(setup, stream, file) : stream, length), { status, headers })
}

/** The same where a key or a session opens it: unlike at a signed address, what is kept of it is worth nothing once that has ended. */
export async function sendGuarded(...file: Parameters<typeof sendFile>): Promise<Response> {
  const response = await sendFile(...file)
  response.headers.set("cache-control", "private, no-cache")
  return response
}

/** Manifest text, which the registry has verified. */
async function sendManifest(setup: Setup, version: string, request: Request): Promise<Response> {
  const bytes = new TextEncoder().encode(await setup.registry.getManifest(version, { signal: request.signal }))
  const etag = etagOf(digestFromBytes(md5(bytes)))
  const headers = new Headers({ ...safeHeaders("wandb_manifest.json"), etag, "cache-control": immutable })
  if (isCurrent(request, etag)) return new Response(null, { status: 304, headers })
  headers.set("content-length", String(bytes.length))
  return new Response(request.method === "HEAD" ? null : bytes, { status: 200, headers })
}

function isCurrent(request: Request, etag: string): boolean {
  const header = request.headers.get("if-none-match")
  // Tags are compared weakly, since a proxy that compresses makes them weak.
  return header !== null && (header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag))
}

/** The bytes asked for, end exclusive; undefined for all of them, which also answers several ranges; "none": there are none such. */
function askedRange(request: Request, etag: string, size: number): { start: number; end: number } | "none" | undefined {
  const [whole, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/i.exec(request.headers.get("range")?.replace(/\s/g, "") ?? "") ?? []
  if (request.method !== "GET" || whole === undefined || first + last === "") return undefined
  if ((request.headers.get("if-range") ?? etag) !== etag) return undefined
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size)
  return start < end ? { start, end } : "none"
}

/** Passes a verified stream on, and its failure to the registry too. */
function reporting(setup: Setup, stream: ReadableStream<Uint8Array>, { digest }: StoredEntry): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          controller.error(error)
          await reportDamage(setup, error, digest)
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

async function reportDamage({ registry, onError }: Setup, error: unknown, digest: StoredEntry["digest"]): Promise<void> {
  if ((error as { code?: unknown } | null)?.code !== "DIGEST_MISMATCH") return
  onError(error, {})
  await registry.reportCorrupt?.(digest).catch(() => undefined)
}

/** Where the runtime has streams of known length (Workers) it sends the length by them and no other way; elsewhere the header says it. */
function sized(body: ReadableStream<Uint8Array>, length: number | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { FixedLengthStream: Sized } = globalThis as { FixedLengthStream?: new (length: number) => TransformStream }
  const typed = body as ReadableStream<Uint8Array<ArrayBuffer>>
  return Sized === undefined || length === undefined ? typed : typed.pipeThrough(new Sized(length))
}
