import { readAll } from "../bytes/hash-stream.ts"
import { relayStream } from "../bytes/streams.ts"
import { verifiedBytes, verifiedStream } from "../bytes/verified.ts"
import type { Digest } from "../core/digest-text.ts"
import { type Entry, hasMd5 } from "../core/entry.ts"
import { DigestMismatchError } from "../errors.ts"
import type { ByteRange, CallOptions, Content } from "../ports.ts"
import { openStored, provable, reportDamaged, storedEntry, useStored } from "./read.ts"
import { openReference } from "./reference.ts"
import type { Logged } from "./state.ts"

/** A stream of an entry's bytes that says whether its last read proves them. */
export interface EntryStream extends ReadableStream<Uint8Array> {
  /** False: a range of a file that is not whole on this machine, or a reference without a hash to check it against. */
  readonly verified: boolean
}

/** Versions of local files that this process hashed whole, by digest, so that ranges of them are known to be right. */
const proven = new WeakMap<object, Map<string, string>>()

export async function streamEntry(
  logged: Logged,
  entry: Entry,
  options: CallOptions & { readonly range?: ByteRange | undefined },
): Promise<EntryStream> {
  const { content, expect, isLocal } = await openEntry(logged, entry, { signal: options.signal })
  const { hasher } = logged.session.platform
  if (expect === undefined) return label(content.stream(options), false)
  if (options.range !== undefined) {
    const proof = isLocal ? await prove(logged, entry, content, options) : content
    return label(proof.stream(options), isLocal)
  }
  const stream = verifiedStream(content, { digest: expect, size: entry.ref === undefined ? entry.size : undefined }, hasher, {
    signal: options.signal,
    label: entry.path,
  })
  // Bytes that were handed out cannot be asked for again, so a wrong stream is reported and ends with the error.
  const report = (error: unknown) =>
    error instanceof DigestMismatchError && entry.ref === undefined ? reportDamaged(logged, entry, error) : error
  return label(relayStream(stream, options.signal, report), true)
}

export async function readWhole(logged: Logged, entry: Entry, options: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { hasher } = logged.session.platform
  const read = (content: Content, digest: Digest | undefined) =>
    digest === undefined ? readAll(content, options) : verifiedBytes(content, { digest }, hasher, { ...options, label: entry.path })
  if (entry.ref === undefined) return useStored(logged, entry, read, options)
  const { content, expect } = await openReference(logged.session, { ...entry, ref: entry.ref }, options)
  return read(content, expect)
}

async function openEntry(
  logged: Logged,
  entry: Entry,
  options: CallOptions,
): Promise<{ content: Content; expect: Digest | undefined; isLocal: boolean }> {
  const { registry, cache } = logged.session
  if (entry.ref !== undefined) {
    const opened = await openReference(logged.session, { ...entry, ref: entry.ref }, options)
    return { ...opened, isLocal: opened.isLocal ?? opened.content.path !== undefined }
  }
  const cached = registry.remote && hasMd5(entry) ? await cache?.get(entry.digest as Digest, options) : undefined
  const content = cached ?? (await openStored(logged, storedEntry(entry), options))
  return { ...(await provable(entry, content)), isLocal: cached !== undefined || !registry.remote }
}

/** Hashes a local file once, so that any number of ranges can be cut from it; the content that was proven. */
async function prove(logged: Logged, entry: Entry, content: Content, options: CallOptions): Promise<Content> {
  const { registry, platform } = logged.session
  const known = proven.get(registry) ?? new Map<string, string>()
  proven.set(registry, known)
  if (content.version !== undefined && known.get(entry.digest) === content.version) return content
  const check = async (candidate: Content) => {
    const { digest } = await platform.stage().take(candidate, { owner: logged, keep: false, signal: options.signal })
    if (digest !== entry.digest) {
      throw new DigestMismatchError(
        `"${entry.path}" references bytes that have changed since: they hash to ${digest}, not ${entry.digest}`,
        {
          path: entry.path,
          expected: entry.digest,
          actual: digest,
        },
      )
    }
    return candidate
  }
  const right = entry.ref === undefined ? await useStored(logged, entry, check, options) : await check(content)
  if (right.version !== undefined) known.set(entry.digest, right.version)
  return right
}

function label(stream: ReadableStream<Uint8Array>, verified: boolean): EntryStream {
  return Object.assign(stream, { verified })
}
