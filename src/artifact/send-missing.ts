import type { Digest } from "../core/digest-text.ts"
import type { Manifest } from "../core/manifest.ts"
import { RegistryError } from "../errors.ts"
import type { CallOptions, Registry, UploadTicket } from "../ports.ts"
import { forEachConcurrent } from "./for-each-concurrent.ts"
import type { Progress } from "./progress.ts"

/** How many files are asked about at once: enough that asking is cheap, few enough that storing starts early. */
const BATCH = 1000

export type Put = NonNullable<UploadTicket["put"]>

export interface Sendable {
  readonly path: string
  readonly digest: Digest
  /** Bytes, when known. */
  readonly size?: number | undefined
}

interface Sending<F> extends CallOptions {
  readonly registry: Registry
  /** The version that they are for. */
  readonly pendingId: string
  readonly files: readonly F[]
  /** Learns which version brought each. */
  readonly manifest: Manifest
  readonly progress: Progress
  readonly concurrency: number
}

/** Has `send` send those of `files` that the registry lacks; equal content under several names is sent once. */
export async function sendMissing<F extends Sendable>(
  sending: Sending<F>,
  send: (file: F, put: Put, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { manifest, progress, concurrency, signal } = sending
  const sent = new Set<Digest>()
  const sendOne = async ([file, ticket]: readonly [F, UploadTicket], stop: AbortSignal) => {
    manifest.add({ ...manifest.get(file.path)!, birthArtifactId: ticket.birthArtifactId }, { overwrite: true })
    if (ticket.put === undefined || sent.has(file.digest)) return progress.skip(file.path, "stored", file.size ?? 0)
    sent.add(file.digest)
    await send(file, ticket.put, stop)
  }
  await forEachConcurrent(ticketed(sending), concurrency, sendOne, { signal })
}

async function* ticketed<F extends Sendable>(sending: Sending<F>): AsyncGenerator<readonly [F, UploadTicket]> {
  const { registry, pendingId, files, signal } = sending
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH)
    const requests = batch.map(({ path, digest, size }) => ({ path, digest, size }))
    const tickets = await registry.requestUploads(pendingId, requests, { signal })
    if (tickets.length !== batch.length) {
      throw new RegistryError(`${registry.name} answered ${tickets.length} of ${batch.length} upload requests`, {
        operation: "requestUploads",
      })
    }
    for (const [index, file] of batch.entries()) yield [file, tickets[index]!]
  }
}
