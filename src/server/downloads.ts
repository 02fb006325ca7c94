import { isCurrent, serveRange } from "../bytes/serve-file.ts"
import { verifiedStream } from "../bytes/verified.ts"
import { digestFromBytes, digestToHex } from "../core/digest-text.ts"
import { md5 } from "../core/md5.ts"
import type { StoredEntry, VersionRef } from "../ports.ts"
import type { Setup } from "./call.ts"
import { storedHeaders } from "./content-type.ts"
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
  const headers = new Headers({ ...storedHeaders(file.path), etag, "cache-control": immutable })
  if (isCurrent(request, etag)) return new Response(null, { status: 304, headers })
  const { signal } = request
  const content = await setup.registry.openFile(member, file, { signal })
  return serveRange(request, headers, file.size ?? content.size, (range) => {
    if (range !== undefined || file.alg !== undefined) return content.stream({ range, signal })
    const expected = { digest: file.digest, size: file.size }
    return reporting(setup, verifiedStream(content, expected, setup.hasher, { label: file.path, signal }), file)
  })
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
  const headers = new Headers({ ...storedHeaders("wandb_manifest.json"), etag, "cache-control": immutable })
  if (isCurrent(request, etag)) return new Response(null, { status: 304, headers })
  headers.set("content-length", String(bytes.length))
  return new Response(request.method === "HEAD" ? null : bytes, { status: 200, headers })
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
