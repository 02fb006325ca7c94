import { digestToHex } from "../core/digest-text.ts"
import { isArtifactError, RegistryError } from "../errors.ts"
import type { Content, PutOptions, UploadRequest } from "../ports.ts"
import { webAddress } from "./address.ts"
import { isExpired } from "./answer.ts"
import type { Context } from "./context.ts"
import { WireFailure } from "./failure.ts"
import { hashParts, type Part } from "./hash-parts.ts"
import { completeMultipart, type PartInput } from "./logging-documents.ts"
import { checkContent, putContent, type Slot } from "./put-content.ts"
import { trackSent } from "./track-sent.ts"
import { uploadBody, wantsLength } from "./upload-body.ts"

export interface FileSlot extends Slot {
  readonly storagePath: string | null
  /** Only when they were asked for and the server takes them. */
  readonly parts: PartPlaces | undefined
  readonly artifactId: string
}

interface PartPlaces {
  readonly uploadID: string
  readonly urls: readonly string[]
}

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
  const upload: Upload = {
    context,
    request,
    content,
    parts,
    options,
    sent: parts.map(() => trackSent(options.onBytes)),
    tags: [],
    tells: new Map(),
  }
  for (let round = 1; ; round++) {
    const slot = await renew(inputs)
    if (slot.uploadUrl === null) return
    const { parts: places } = slot
    if (places === undefined) return putContent(context, request, content, { first: slot, renew: () => renew() }, options)
    try {
      await sendParts(upload, places, slot.headers["content-type"])
      return await complete(upload, places.uploadID, slot, renew)
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
  /** Whether the server at an origin tells of a part that it has it; absent: not asked yet. */
  readonly tells: Map<string, boolean>
}

async function sendParts(upload: Upload, { uploadID, urls }: PartPlaces, contentType: string | undefined): Promise<void> {
  if (urls.length !== upload.parts.length) {
    throw new RegistryError(`The server gave addresses for ${urls.length} of ${upload.parts.length} parts`, {
      operation: "CreateArtifactFiles",
      path: upload.request.path,
    })
  }
  if (upload.uploadId !== uploadID) upload.tags = []
  upload.uploadId = uploadID
  const stop = new AbortController()
  const { signal } = upload.options
  const onAbort = () => stop.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener("abort", onAbort, { once: true })
  const queue = upload.parts.keys()
  const work = async () => {
    for (const index of queue) {
      if (upload.tags[index] !== undefined) continue
      upload.tags[index] = await sendPart(upload, index, urls[index]!, contentType, stop.signal)
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

/** The tag of a part that is there. An address that is signed for sending only answers otherwise, and its origin is not asked again. */
async function findPart(upload: Upload, tag: string, url: string, signal: AbortSignal): Promise<string | undefined> {
  const { origin } = webAddress(url)
  if (upload.tells.get(origin) === false) return undefined
  const request = { operation: "upload", method: "HEAD", url, expected: [404] } as const
  try {
    const { response, watch } = await upload.context.http.open(request, signal)
    watch.stop()
    upload.tells.set(origin, true)
    return response.ok && response.headers.get("etag") === tag ? tag : undefined
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof WireFailure)) throw error
    upload.tells.set(origin, upload.tells.get(origin) ?? false)
    return undefined
  }
}

async function complete(upload: Upload, uploadID: string, slot: FileSlot, renew: Renew): Promise<void> {
  const { context, request, tags, options } = upload
  const completedParts = tags.map((tag, index) => ({ partNumber: index + 1, hexMD5: tag! }))
  const variables = { completedParts, artifactID: slot.artifactId, storagePath: slot.storagePath ?? "", uploadID }
  try {
    await context.ask(completeMultipart, variables, { signal: options.signal, path: request.path, isSlow: true })
  } catch (error) {
    options.signal?.throwIfAborted()
    // The answer to an earlier attempt may have been lost.
    if (!isArtifactError(error) || (await renew()).uploadUrl !== null) throw error
  }
}
