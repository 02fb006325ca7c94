/** References to objects in R2 buckets that are bound to a Worker. @module isofact/references/r2 */
import { untilAborted } from "../bytes/streams.ts"
import type { Entry } from "../core/entry.ts"
import { DigestMismatchError, EntryNotFoundError, InvalidArgumentError, UnsupportedError } from "../errors.ts"
import { createMarkerCheck } from "../net/markers.ts"
import {
  failR2,
  type R2BodyLike,
  type R2BucketBinding,
  type R2ObjectLike,
  type R2ReadOptions,
  wideStream,
} from "../net/r2-bucket.ts"
import { retrying } from "../net/retry.ts"
import type { CallOptions, ReferencedContent, ReferenceEntry, ReferenceHandler, ReferenceUri, TrackOptions } from "../ports.ts"
import { folderPrefix } from "./objects.ts"
import { type RemoteAnswer, remoteContent } from "./remote.ts"
import { parseS3Address, parseS3Ref, type S3Address, type S3Object, s3Ref } from "./s3-address.ts"
import { folderS3Entries, isFolderMarker, singleS3Entry, uncheckedS3Entry } from "./s3-collect.ts"

/** What is used of a binding. A real one fits. */
export type R2ReferenceBinding = Pick<R2BucketBinding, "head" | "get" | "list">

export interface R2ReferenceOptions {
  /** The binding of each bucket by the bucket's name, as `s3:` addresses and other tools call it: `{ photos: env.PHOTOS }`. */
  readonly buckets: Readonly<Record<string, R2ReferenceBinding>>
}

/** One bucket; what fails in passing is asked for again. */
interface R2Place {
  readonly name: string
  readonly bucket: R2ReferenceBinding
  run<T>(operation: string, key: string, call: CallOptions, work: () => Promise<T>): Promise<T>
}

/**
 * `s3:` references to R2 buckets, read through a Worker's bindings: no keys, no way over the network. The entries are those that R2's
 * S3 interface gives, so that other tools read them there. R2 keeps no versions: an object that was overwritten is
 * `DigestMismatchError`. Keys may be any text.
 */
export function r2References(options: R2ReferenceOptions): ReferenceHandler {
  const { buckets } = checkBuckets(options)
  const placeOf = (name: string): R2Place => {
    const store = s3Ref(name, "").slice(0, -1)
    return {
      name,
      bucket: buckets[name]!,
      run(operation, key, { signal }, work) {
        const attempt = () => untilAborted(work().catch(failR2), signal)
        return retrying(attempt, { operation, key, store, signal })
      },
    }
  }
  return {
    handles: ({ scheme, authority }) => scheme === "s3" && Object.hasOwn(buckets, authority),
    track: async (uri, call) => trackR2(placeOf(uri.authority), uri, call),
    async open(entry) {
      const address = parseS3Ref(entry)
      return openR2(placeOf(address.bucket), address, entry)
    },
  }
}

function checkBuckets(options: R2ReferenceOptions): R2ReferenceOptions {
  const bindings = Object.entries((options as Partial<R2ReferenceOptions> | undefined)?.buckets ?? {})
  const isBinding = (value: unknown) => typeof (value as Partial<R2ReferenceBinding> | null)?.head === "function"
  if (bindings.length > 0 && bindings.every(([, binding]) => isBinding(binding))) return options
  throw new InvalidArgumentError(
    "options.buckets",
    'options.buckets must be R2 bindings by the name of their bucket: { "photos": env.PHOTOS }',
  )
}

async function trackR2(place: R2Place, uri: ReferenceUri, options: TrackOptions): Promise<Entry[]> {
  const address = parseS3Address(uri, options.checksum)
  const { bucket, key, versionId } = address
  if (!options.checksum) return [uncheckedS3Entry(address, options.name)]
  if (versionId !== undefined) {
    throw new UnsupportedError(`R2 keeps no versions; reference ${s3Ref(bucket, key)} without ?versionId=`, {
      path: s3Ref(bucket, key),
    })
  }
  const head = key === "" ? null : await place.run("look up", key, options, () => place.bucket.head(key))
  if (head !== null && !isFolderMarker(key, head.size, head.httpMetadata?.contentType)) {
    return [singleS3Entry(bucket, head, options.name)]
  }
  return folderS3Entries(address, pages(place, folderPrefix(key), options), options)
}

async function* pages({ name, bucket, run }: R2Place, prefix: string, call: CallOptions): AsyncGenerator<Iterable<S3Object>> {
  const check = createMarkerCheck(`s3://${name}`, prefix)
  for (let cursor: string | undefined; ; ) {
    const query = { prefix, ...(cursor !== undefined && { cursor }) }
    const page = await run("list", prefix, call, () => bucket.list(query))
    yield page.objects
    if (!page.truncated) return
    cursor = page.cursor
    check(cursor)
  }
}

function openR2({ bucket, run }: R2Place, { key }: S3Address, entry: ReferenceEntry): ReferencedContent {
  const { path, ref, digest, size } = entry
  const isPinned = digest !== ref
  const content = remoteContent({
    label: path,
    size: isPinned && size ? size : undefined,
    isPinned,
    async request({ range }, call): Promise<RemoteAnswer> {
      const options = {
        ...(range !== undefined && { range: parseRange(range) }),
        ...(isPinned && { onlyIf: { etagMatches: digest } }),
      }
      const found = await run("read", path, call, () => bucket.get(key, options))
      if (found === null) throw new EntryNotFoundError(`"${path}" references ${ref}, and nothing is there any more`, { path })
      if (!isBody(found)) throw changed(entry, found.etag)
      const start = options.range?.offset
      const headers = new Headers(start === undefined ? {} : { "content-range": `bytes ${start}-` })
      return { status: start === undefined ? 200 : 206, headers, body: wideStream(found.body) }
    },
  })
  return { content, proof: isPinned ? "version" : "none", expect: undefined }
}

const isBody = (found: R2ObjectLike | R2BodyLike): found is R2BodyLike => "body" in found

function parseRange(range: string): NonNullable<R2ReadOptions["range"]> {
  const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(range)!
  const offset = Number(start)
  return last === "" ? { offset } : { offset, length: Number(last) - offset + 1 }
}

function changed({ path, ref, digest }: ReferenceEntry, etag: string): DigestMismatchError {
  return new DigestMismatchError(`"${path}" references ${ref}, which has changed since: its ETag was ${digest} and is ${etag}`, {
    path,
    paths: [path],
    expected: digest,
    actual: etag,
  })
}
