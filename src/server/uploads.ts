import { type Expected, readChunks, sizeMismatch } from "../bytes/hash-stream.ts"
import { verifiedStream } from "../bytes/verified.ts"
import { type Digest, digestFromBytes, digestToHex } from "../core/digest-text.ts"
import { Manifest } from "../core/manifest.ts"
import { md5 } from "../core/md5.ts"
import { DigestMismatchError, InvalidArgumentError } from "../errors.ts"
import { bodyContent, drain, lengthOf, measured, readText } from "./body.ts"
import type { Setup } from "./call.ts"
import type { Claims } from "./urls.ts"

type SignedHandler<K extends keyof Claims> = (setup: Setup, claim: Claims[K], request: Request) => Promise<Response>

/** PUT: streams the body into the store, which proves its digest. What is there already is proven and let go. */
const putFile: SignedHandler<"upload"> = async (setup, { version, path, digest }, request) => {
  checkMd5Header(request, digest)
  const { signal } = request
  const ask = async () => (await setup.registry.requestUploads(version, [{ path, digest, size: lengthOf(request) }], { signal }))[0]
  let ticket = await ask()
  if (ticket?.put !== undefined && ticket.storedSize !== undefined) {
    // Of bytes of two lengths one is wrong, and it may be what is stored.
    await setup.registry.reportCorrupt?.(digest, { signal })
    ticket = await ask()
  }
  const size = ticket?.storedSize
  await checkLength(request, path, { digest, size })
  if (ticket?.put !== undefined) {
    await ticket.put((setup.isGateway ? measured : bodyContent)(request, path), { signal })
  } else {
    const again = verifiedStream(bodyContent(request, path), { digest, size }, setup.hasher, { label: path, signal })
    await readChunks(again, signal, () => undefined)
  }
  return new Response(null, { status: 200, headers: { etag: etagOf(digest) } })
}

/** Read of a body that is refused, so that a client which sends little hears why instead of a connection that breaks. */
const mostRefused = 1024 * 1024

/** Bytes of another length than those that are there cannot be the same. */
async function checkLength(request: Request, path: string, expected: Expected): Promise<void> {
  const length = lengthOf(request)
  if (length === undefined || expected.size === undefined || length === expected.size) return
  await drain(request, mostRefused)
  throw sizeMismatch(path, expected, length)
}

/** The same for a part. HEAD says whether it is there, so that a client that was cut off sends only what is missing. */
const putPart: SignedHandler<"part"> = async (setup, claim, request) => {
  if (request.method === "PUT") return putFile(setup, claim, request)
  const { version, path, digest } = claim
  const [ticket] = await setup.registry.requestUploads(version, [{ path, digest, size: undefined }], { signal: request.signal })
  if (ticket?.put !== undefined) return new Response(null, { status: 404 })
  return new Response(null, { status: 200, headers: { etag: etagOf(digest) } })
}

/** Manifests are text and read whole. */
const putManifest: SignedHandler<"upload-manifest"> = async (setup, { version, kind, digest, baseId }, request) => {
  checkMd5Header(request, digest)
  const text = await readText(request, setup.maxManifestBytes)
  const actual = digestFromBytes(md5(new TextEncoder().encode(text)))
  if (actual !== digest)
    throw new DigestMismatchError("The manifest's bytes are not what was announced.", { expected: digest, actual })
  const manifest = Manifest.decode(text)
  // W&B's client writes where the uploader keeps its files; decoding drops that, and nobody else should learn it.
  const json = text.includes('"local_path"') ? manifest.encode() : text
  const { size, fileCount } = manifest
  await setup.registry.storeManifest(version, { kind, json, size, fileCount, baseId }, { signal: request.signal })
  return new Response(null, { status: 200, headers: { etag: etagOf(digest) } })
}

const putRunFile: SignedHandler<"run-file"> = async (_setup, _claim, request) => {
  await drain(request)
  return new Response(null, { status: 200 })
}

export const uploads = { upload: putFile, part: putPart, "upload-manifest": putManifest, "run-file": putRunFile }

function checkMd5Header(request: Request, digest: Digest): void {
  const header = request.headers.get("content-md5")
  if (header === null || header === digest) return
  throw new InvalidArgumentError("Content-MD5", "Content-MD5 is not the digest that this address is for.", { expected: digest })
}

/** Quoted hex MD5, as S3 has it. */
export function etagOf(digest: Digest): string {
  return `"${digestToHex(digest)}"`
}
