import { collect, mapAhead } from "../bytes/ahead.ts"
import { pause } from "../bytes/pause.ts"
import { pullStream } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import { ConflictError, UnsupportedError } from "../errors.ts"
import type { Content, ReadOptions } from "../ports.ts"
import type { Call, Setup } from "./call.ts"
import { Refusal } from "./failure.ts"
import { parsePartMd5 } from "./inputs.ts"
import { demand } from "./principal.ts"
import type { MultipartClaim } from "./urls.ts"

/** An upload that has moved no byte for this long is nobody's any more. */
const silentMs = 60_000
const pollMs = 25

/**
 * Puts the parts together and the whole under its digest, which the store proves. Asked again, also while it is still at it, it answers
 * the same.
 */
export async function completeMultipart(call: Call, uploadId: string, tags: readonly string[]): Promise<Digest> {
  const { setup } = call
  const claim = await setup.signer.verify<MultipartClaim>("multipart", uploadId)
  // What a bucket calls a part need not be its MD5.
  const isPart = (tag: string, index: number) => setup.direct || parsePartMd5(tag) === claim?.parts[index]
  const isSame = tags.length === claim?.parts.length && tags.every(isPart)
  if (claim === undefined || !isSame) {
    const message = "This upload has expired, or these are not the parts it was begun with; ask for the file's addresses again."
    throw new Refusal(403, message)
  }
  const version = await setup.registry.getVersion(claim.version, { signal: call.signal })
  if (version !== undefined) demand(call.principal, "write", version.source)
  const { completing } = setup
  const beat = () => void completing.set(uploadId, performance.now())
  while (isUnderWay(completing.get(uploadId))) await pause(pollMs, call.signal)
  beat()
  try {
    await assemble(setup, claim, beat)
  } finally {
    completing.delete(uploadId)
  }
  return claim.digest
}

/** In a Worker the request that was at it may have been cancelled, and then what it waited for never settles. */
function isUnderWay(lastSeen = Number.NEGATIVE_INFINITY): boolean {
  return performance.now() - lastSeen < silentMs
}

/** What is there by now is not put together again. A store that joins its blobs itself is told which they are. */
async function assemble(setup: Setup, claim: MultipartClaim, onBytes: () => void) {
  const { version, path, digest } = claim
  const [ticket] = await setup.registry.requestUploads(version, [{ path, digest, size: undefined }])
  if (ticket?.put === undefined) return
  const contents = await openParts(setup, claim)
  const sized = contents.flatMap(({ size }, index) => (size === undefined ? [] : { digest: claim.parts[index]!, size }))
  const parts = sized.length === contents.length ? sized : undefined
  const size = parts?.reduce((sum, part) => sum + part.size, 0)
  const stream: Content["stream"] = (options) => joinedStream(contents, options)
  await ticket.put({ stability: "frozen", size, name: path, stream }, { onBytes, parts })
}

async function openParts(setup: Setup, { version, path, parts }: MultipartClaim): Promise<Content[]> {
  const record = await setup.registry.getVersion(version)
  if (record === undefined) throw new ConflictError("The version that this file belongs to is gone; log it again.")
  const member = { ...record.source, index: record.source.index ?? 0, id: version }
  const open = (digest: Digest) => setup.registry.openFile(member, { path, digest, size: undefined, birthArtifactId: version })
  return collect(mapAhead(parts, open))
}

/** One part after the other, each opened when it is its turn. */
function joinedStream(contents: readonly Content[], { range, signal }: ReadOptions = {}): ReadableStream<Uint8Array> {
  if (range !== undefined) throw new UnsupportedError("A file in parts can only be read whole; leave out the range.")
  const waiting = contents.values()
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const pull = async () => {
    for (;;) {
      const content = reader === undefined ? waiting.next().value : undefined
      if (reader === undefined && content === undefined) return undefined
      reader ??= content!.stream({ signal }).getReader()
      const { done, value } = await reader.read()
      if (!done) return value
      reader = undefined
    }
  }
  return pullStream({ pull, cancel: (reason) => reader?.cancel(reason) }, signal)
}
