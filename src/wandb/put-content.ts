import { checkExpected, readHashed } from "../bytes/hash-stream.ts"
import { verifiedStream } from "../bytes/verified.ts"
import type { Content, PutOptions, UploadRequest } from "../ports.ts"
import { isExpired } from "./answer.ts"
import type { Context } from "./context.ts"
import { WireFailure } from "./failure.ts"
import { trackSent } from "./track-sent.ts"
import { uploadBody, wantsLength } from "./upload-body.ts"

/** Where bytes go, until it expires; no `uploadUrl`: they are there. */
export interface Slot {
  readonly uploadUrl: string | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Slots {
  readonly first: Slot
  /** Another one for the same bytes. */
  renew(): Promise<Slot>
}

const maxRenewals = 3

/** An address that has run out, or bytes that did not arrive as they were sent. */
const isRenewable = (failure: WireFailure) => isExpired(failure) || isRefused(failure) || wantsLength(failure)
const isRefused = ({ facts }: WireFailure) => facts.status === 400 || facts.status === 422

/**
 * Sends the whole of `content`, asking for a new address when one has run out. Bytes that the other end refuses are hashed here: what is
 * wrong with them is a `DigestMismatchError`; what was wrong with the line is sent again. Rejects with a {@link WireFailure} when the other
 * end goes on refusing.
 */
export async function putContent(
  context: Context,
  request: UploadRequest,
  content: Content,
  slots: Slots,
  options: PutOptions = {},
): Promise<void> {
  const sent = trackSent(options.onBytes)
  let slot = slots.first
  for (let renewals = 0; slot.uploadUrl !== null; renewals++) {
    try {
      await putOnce(context, request, content, { ...slot, uploadUrl: slot.uploadUrl }, sent.restart, options)
      break
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error
      if (wantsLength(error)) context.stores.takeNoStreams = true
      if (isRefused(error) && content.stability !== "once") await checkContent(context, request, content, options)
      if (renewals === maxRenewals || content.stability === "once") throw error
      slot = await slots.renew()
    }
  }
  sent.complete(content.size ?? request.size ?? 0)
}

async function putOnce(
  { http, hasher, stores }: Context,
  request: UploadRequest,
  content: Content,
  slot: Slot & { readonly uploadUrl: string },
  restart: () => (count: number) => void,
  { signal }: PutOptions,
): Promise<void> {
  const { path, digest } = request
  const isOnce = content.stability === "once"
  const size = request.size ?? content.size
  const stream = () => verifiedStream(content, { digest, size }, hasher, { label: path, signal })
  const source: Content = isOnce ? { stability: "once", size, stream } : content
  await http.send({
    operation: "upload",
    path,
    method: "PUT",
    url: slot.uploadUrl,
    headers: { "content-md5": digest, ...slot.headers },
    body: (watch) => uploadBody(source, { path, digest, size, onBytes: restart(), gather: stores.takeNoStreams }, watch),
    repeatable: !isOnce,
    handles: isRenewable,
    signal,
  })
}

/** Rejects with `DigestMismatchError` when the content is not what was announced. */
export async function checkContent(
  context: Context,
  request: UploadRequest,
  content: Content,
  { signal }: PutOptions,
): Promise<void> {
  checkExpected(request.path, request, await readHashed(content, context.hasher, { signal }))
}

/** `Key:Value`, cut at the first colon; what has none says nothing. protocol.md 3.4. */
export function readHeaders(lines: readonly string[] | null | undefined): { [name: string]: string } {
  const headers: { [name: string]: string } = {}
  for (const line of lines ?? []) {
    const colon = line.indexOf(":")
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  return headers
}
