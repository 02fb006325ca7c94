import { trackFile } from "../artifact/progress.ts"
import { useStored } from "../artifact/read.ts"
import { type Put, type Sendable, sendMissing } from "../artifact/send-missing.ts"
import type { Logged } from "../artifact/state.ts"
import { WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { relayStream } from "../bytes/streams.ts"
import { verifiedBytes, verifiedStream } from "../bytes/verified.ts"
import { type Digest, isDigest } from "../core/digest-text.ts"
import { type Entry, hasMd5 } from "../core/entry.ts"
import type { Manifest } from "../core/manifest.ts"
import { UnsupportedError } from "../errors.ts"
import type { CallOptions, Content, Hasher, Membership } from "../ports.ts"
import type { Job } from "./job.ts"

/** Sends the files that the target asks for, and writes into the manifest which version brought each. */
export async function sendFiles(job: Job, member: Membership, pendingId: string, manifest: Manifest): Promise<void> {
  const { collection, index } = member
  const logged: Logged = { session: job.session, member, name: `${collection.collection}:v${index}`, deleted: false }
  const files = [...manifest.entries.values()].filter(({ ref }) => ref === undefined).map(requireMd5)
  const sending = {
    registry: job.to,
    pendingId,
    files,
    manifest,
    progress: job.progress,
    concurrency: job.concurrency,
    ...job.call,
  }
  await sendMissing(sending, (entry, put, signal) => sendFile(job, logged, entry, put, { signal }))
}

function requireMd5(entry: Entry): Entry & Sendable {
  if (isDigest(entry.digest) && hasMd5(entry)) return entry as Entry & Sendable
  const { path } = entry
  throw new UnsupportedError(`"${path}" is stored under another digest than MD5, which cannot be copied`, { path })
}

async function sendFile(job: Job, logged: Logged, entry: Entry, put: Put, call: CallOptions): Promise<void> {
  const { onBytes, done } = trackFile(job.progress, "store", entry.path)
  await useStored(logged, entry, (content) => sendProven(job, content, entry, (proven) => put(proven, { ...call, onBytes })), {
    ...call,
    skipCache: true,
  })
  job.tally.bytes += entry.size ?? 0
  done(entry.size ?? 0)
}

/**
 * A registry on this machine proves what it stores as it stores it. On the way to any other the bytes are hashed here, and a failure to
 * read them is told as what it is, whatever it looked like to whoever was sending.
 */
async function sendProven(job: Job, content: Content, entry: Entry, send: (content: Content) => Promise<void>): Promise<void> {
  if (!job.to.remote) return send(content)
  const failed: { reason?: unknown } = {}
  try {
    await send(prove(content, entry, job.session.platform.hasher, failed))
  } catch (error) {
    throw failed.reason ?? error
  }
}

/** The same content, hashed as it is read. A part cannot be: whoever reads parts checks the whole. */
function prove(content: Content, { path, digest, size }: Entry, hasher: Hasher, failed: { reason?: unknown }): Content {
  const expected = { digest: digest as Digest, size }
  const note = (reason: unknown) => {
    failed.reason = reason
    return reason
  }
  const bytes: Content["bytes"] = async ({ signal } = {}) => {
    try {
      return await verifiedBytes(content, expected, hasher, { label: path, signal })
    } catch (error) {
      throw note(error)
    }
  }
  return {
    stability: content.stability,
    size: content.size ?? size,
    name: path,
    stream({ range, signal } = {}) {
      if (range !== undefined) return content.stream({ range, signal })
      return relayStream(verifiedStream(content, expected, hasher, { label: path, signal }), signal, note)
    },
    ...(size !== undefined && size <= WHOLE_BYTES && { bytes }),
  }
}
