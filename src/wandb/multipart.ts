import { digestToHex } from "../core/digest-text.ts"
import { isArtifactError, RegistryError } from "../errors.ts"
import type { Content, PutOptions, UploadRequest } from "../ports.ts"
import { isExpired } from "./answer.ts"
import type { Context } from "./context.ts"
import { WireFailure } from "./failure.ts"
import { hashParts, type Part } from "./hash-parts.ts"
import { completeMultipart, type FileSlot, type PartInput } from "./logging-documents.ts"
import { checkContent, putContent, readHeaders } from "./put-content.ts"
import { trackSent } from "./track-sent.ts"
import { uploadBody, wantsLength } from "./upload-body.ts"

type SizedRequest = UploadRequest & { readonly size: number }
type Renew = (parts?: readonly PartInput[]) => Promise<FileSlot>

const maxRounds = 4
const partsAtOnce = 8

/**
 * Sends a large file in parts, protocol.md 3.5. Parts that are there already, from a client that was stopped or before an address ran
 * out, are not sent again where the server says that it has them.
 */
export async function putParts(
  context: Context,
  request: SizedRequest,
  content: Content,
  renew: Renew,
  options: PutOptions = {},
): Promise<void> {
  const parts = await hashParts(context, content, request, options)
  const inputs = parts.map(({ digest }, index) => ({ partNumber: index + 1, hexMD5: digestToHex(digest) }))
  const upload: Upload = { context, request, content, parts, options, sent: parts.map(() => trackSent(options.onBytes)), tags: [] }
  for (let round = 1; ; round++) {
    const slot = await renew(inputs)
    if (slot.uploadUrl === null) return
    if (slot.uploadMultipartUrls === null) {
      return putContent(context, request, content, { first: slot, renew: () => renew() }, options)
    }
    try {
      await sendParts(upload, slot)
      return await complete(upload, slot, renew)
    } catch (error) {
      // What was taken for frozen and is not is the better thing to hear of.
      if (isArtifactError(error) && content.stability === "frozen") await checkContent(context, request, content, options)
      if (!(error instanceof WireFailure)) throw error
      if (wantsLength(error)) context.stores.takeNoStreams = true
      if (round === maxRounds) throw error
    }
  }
}

interface Upload {
  readonly context: Context
  readonly request: SizedRequest
  readonly content: Content
  readonly parts: readonly Part[]
  readonly options: PutOptions
  readonly sent: readonly ReturnType<typeof trackSent>[]
  /** What the server calls each part that it has, for this `uploadId`. */
  tags: (string | undefined)[]
  uploadId?: string
  /** Whether the server tells of a part that it has it; undefined: not asked yet. */
  tells?: boolean
}

async function sendParts(upload: Upload, slot: FileSlot): Promise<void> {
  const { uploadID, uploadUrlParts } = slot.uploadMultipartUrls!
  if (uploadUrlParts.length !== upload.parts.length) {
    throw new RegistryError(`The server gave addresses for ${uploadUrlParts.length} of ${upload.parts.length} parts`, {
      operation: "CreateArtifactFiles",
      path: upload.request.path,
    })
  }
  if (upload.uploadId !== uploadID) upload.tags = []
  upload.uploadId = uploadID
  const contentType = readHeaders(slot.uploadHeaders)["content-type"]
  const stop = new AbortController()
  const { signal } = upload.options
  const onAbort = () => stop.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener("abort", onAbort, { once: true })
  const queue = upload.parts.keys()
  const work = async () => {
    for (const index of queue) {
      if (upload.tags[index] !== undefined) continue
      upload.tags[index] = await sendPart(upload, index, uploadUrlParts[index]!.uploadUrl, contentType, stop.signal)
    }
  }
  try {
    const workers = Array.from({ length: partsAtOnce }, () =>
      work().catch((error) => {
        stop.abort(error)
        throw error
      }),
    )
    await Promise.allSettled(workers)
    stop.signal.throwIfAborted()
  } finally {
    signal?.removeEventListener("abort", onAbort)
  }
}

async function sendPart(
  upload: Upload,
  index: number,
  url: string,
  contentType: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { context, request, content, parts, sent } = upload
  const { start, end, digest } = parts[index]!
  const there = await findPart(upload, `"${digestToHex(digest)}"`, url, signal)
  if (there !== undefined) return there
  const { headers } = await context.http.send({
    operation: "upload",
    path: request.path,
    method: "PUT",
    url,
    headers: { "content-md5": digest, ...(contentType !== undefined && { "content-type": contentType }) },
    body: (watch) => {
      const { path } = request
      const piece = { path, digest, size: end - start, range: { start, end } }
      return uploadBody(content, { ...piece, onBytes: sent[index]!.restart(), gather: context.stores.takeNoStreams }, watch)
    },
    handles: (failure) => isExpired(failure) || wantsLength(failure) || failure.facts.status === 400,
    signal,
  })
  sent[index]!.complete(end - start)
  const tag = headers.get("etag")
  if (tag !== null) return tag
  throw new RegistryError(
    `The store took part ${index + 1} of "${request.path}" and its ETag cannot be read; in a page, its CORS rules must expose ETag`,
    { operation: "upload", path: request.path },
  )
}

/** The tag of a part that is there. An address that is signed for sending only answers otherwise, and is not asked again. */
async function findPart(upload: Upload, tag: string, url: string, signal: AbortSignal): Promise<string | undefined> {
  if (upload.tells === false) return undefined
  const request = { operation: "upload", method: "HEAD", url, expected: [404] } as const
  try {
    const { response, watch } = await upload.context.http.open(request, signal)
    watch.stop()
    upload.tells = true
    return response.ok && response.headers.get("etag") === tag ? tag : undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof WireFailure)) throw error
    upload.tells ??= false
    return undefined
  }
}

async function complete(upload: Upload, slot: FileSlot, renew: Renew): Promise<void> {
  const { context, request, tags, options } = upload
  const completedParts = tags.map((tag, index) => ({ partNumber: index + 1, hexMD5: tag! }))
  const { storagePath, artifact } = slot
  const { uploadID } = slot.uploadMultipartUrls!
  const variables = { completedParts, artifactID: artifact.id, storagePath: storagePath ?? "", uploadID }
  try {
    await context.ask(completeMultipart, variables, { signal: options.signal, path: request.path, isSlow: true })
  } catch (error) {
    options.signal?.throwIfAborted()
    // The answer to an earlier attempt may have been lost.
    if (!isArtifactError(error) || (await renew()).uploadUrl !== null) throw error
  }
}
