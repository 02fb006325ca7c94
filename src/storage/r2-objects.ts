import { readHashed } from "../bytes/hash-stream.ts"
import { untilAborted } from "../bytes/streams.ts"
import { base64Decode, type Digest } from "../core/digest-text.ts"
import { DigestMismatchError, StorageError } from "../errors.ts"
import {
  failR2,
  type R2BodyLike,
  type R2BucketBinding,
  type R2ObjectLike,
  type R2ReadOptions,
  r2ErrorCode,
  wideStream,
} from "../net/r2-bucket.ts"
import { retrying } from "../net/retry.ts"
import type { CallOptions, Content, Hasher, StoredFile } from "../ports.ts"
import { keyPrefix } from "./object-names.ts"
import type { Condition, ObjectInfo, ObjectReadOptions, Objects, ObjectUpload, StreamOptions } from "./object-port.ts"

/** The least that R2 takes: two of these for each upload must fit a Worker's 128 MB many times. */
const PART_BYTES = 5 * 1024 * 1024
/** Connections that a Worker may wait on. */
const REQUESTS_AT_ONCE = 6
const BAD_DIGEST = 10037

export interface R2Options {
  readonly bucket: R2BucketBinding
  /** Put before every key, `"team/isofact"`. Default: none. */
  readonly prefix?: string | undefined
}

type Run = <T>(operation: string, key: string, call: CallOptions, work: () => Promise<T>, repeatable?: boolean) => Promise<T>

/** R2 through a Worker's binding. Bytes are never held for a stream of known length: R2 itself verifies it by the MD5 it is given. */
export function createR2Objects(options: R2Options): Objects {
  const { bucket } = options
  const prefix = keyPrefix(options.prefix)
  const name = `the R2 bucket${prefix === "" ? "" : ` below ${prefix}`}`
  const run: Run = (operation, key, { signal }, work, repeatable) => {
    const attempt = () => untilAborted(work().catch(failR2), signal)
    return retrying(attempt, { operation, key, store: name, signal, repeatable })
  }
  const toInfo = ({ key, size, etag, uploaded }: R2ObjectLike): ObjectInfo => {
    return { key: key.slice(prefix.length), size, etag, modifiedAt: uploaded.getTime() }
  }

  return {
    name,
    partBytes: PART_BYTES,
    partsAtOnce: 1,
    requestsAtOnce: REQUESTS_AT_ONCE,
    async head(key, call) {
      const found = await run("look up", key, call, () => bucket.head(prefix + key))
      return found === null ? undefined : toInfo(found)
    },
    read: (key, read) =>
      run("read", key, read, async () => {
        const found = await bucket.get(prefix + key, readOptions(read))
        return isBody(found) ? { etag: found.etag, bytes: new Uint8Array(await found.arrayBuffer()) } : undefined
      }),
    async open(key, read) {
      const found = await run("read", key, read, () => bucket.get(prefix + key, readOptions(read)))
      return isBody(found) ? wideStream(found.body) : undefined
    },
    put(key, bytes, { md5, condition, signal }) {
      const write = { ...(md5 && { md5: md5Bytes(md5) }), ...(condition && { onlyIf: onlyIf(condition) }) }
      const attempt = async (unclear: boolean) => {
        const stored = await untilAborted(bucket.put(prefix + key, bytes, write).catch(failR2), signal)
        return stored === null ? { unclear } : { etag: stored.etag }
      }
      return retrying(attempt, { operation: "put", key, store: name, signal })
    },
    putStream: (key, content, stream) => putStream(bucket, prefix, name, key, content, stream),
    async begin(key, call) {
      const upload = await run("begin", key, call, () => bucket.createMultipartUpload(prefix + key))
      return wrapUpload(upload, key, run)
    },
    delete: (key, { once, ...call }) => run("delete", key, call, () => bucket.delete(prefix + key), !once),
    async *list(below, call) {
      let cursor: string | undefined
      for (;;) {
        const from = cursor
        const query = { prefix: prefix + below, ...(from !== undefined && { cursor: from }) }
        const page = await run("list", below, call, () => bucket.list(query))
        for (const found of page.objects) {
          call.signal?.throwIfAborted()
          yield toInfo(found)
        }
        if (!page.truncated) return
        cursor = page.cursor
        if (cursor === undefined || cursor === from)
          throw new StorageError(`Listing "${below}" in ${name} does not get on`, { path: below })
      }
    },
  }
}

function wrapUpload(upload: Awaited<ReturnType<R2BucketBinding["createMultipartUpload"]>>, key: string, run: Run): ObjectUpload {
  return {
    put: async (part, bytes, call) => (await run("put a part of", key, call, () => upload.uploadPart(part, bytes))).etag,
    async complete(etags, _size, call) {
      await run("complete", key, call, () => upload.complete(etags.map((etag, at) => ({ partNumber: at + 1, etag }))))
    },
    // What stays is removed by R2 after seven days.
    abort: () => upload.abort().catch(() => undefined),
  }
}

/** Says what it was told: bytes that the store verifies need no hash of ours. */
const trusting = (digest: Digest): Hasher => ({ create: async () => ({ update() {}, digest: () => digest }), hash: () => digest })

async function putStream(
  bucket: R2BucketBinding,
  prefix: string,
  store: string,
  key: string,
  content: Content,
  { size, md5, hasher, signal, onBytes }: StreamOptions,
): Promise<StoredFile> {
  let told = 0
  const attempt = async (): Promise<StoredFile> => {
    const { readable, writable } = new FixedLengthStream(size)
    const writer = writable.getWriter()
    writer.closed.catch(() => undefined)
    const putting: Promise<unknown> = bucket.put(prefix + key, readable, md5 === undefined ? {} : { md5: md5Bytes(md5) })
    putting.catch(() => undefined)
    let seen = 0
    try {
      const found = await readHashed(content, md5 === undefined ? hasher : trusting(md5), {
        signal,
        // An attempt after the first tells only what the one before did not.
        onBytes(count) {
          seen += count
          if (seen > told) onBytes?.(seen - told)
          told = Math.max(told, seen)
        },
        async write(chunk) {
          if (seen + chunk.byteLength > size) throw wrongSize(content, size, `at least ${seen + chunk.byteLength}`, md5)
          // When R2 gives up, its reason tells more than that of the pipe.
          const writing = writer.write(chunk).catch(async (error) =>
            failR2(
              await putting.then(
                () => error,
                (reason) => reason,
              ),
            ),
          )
          await untilAborted(writing, signal)
        },
      })
      if (found.size < size) throw wrongSize(content, size, `${found.size}`, md5)
      const closing = writer.close().catch(() => undefined)
      await untilAborted(
        closing.then(() => putting.catch((error) => failPut(error, content, md5))),
        signal,
      )
      return found
    } catch (error) {
      await untilAborted(
        writer.abort(error).catch(() => undefined),
        signal,
      )
      throw error
    }
  }
  return retrying(attempt, { operation: "put", key, store, signal, repeatable: content.stability !== "once" })
}

function wrongSize({ name }: Content, size: number, found: string, expected: Digest | undefined): DigestMismatchError {
  const label = name ?? expected ?? "the content"
  return new DigestMismatchError(`"${label}" is damaged: it has ${found} bytes, not ${size}`, {
    path: label,
    ...(expected && { expected }),
  })
}

function failPut(error: unknown, content: Content, expected: Digest | undefined): never {
  if (expected === undefined || r2ErrorCode(error) !== BAD_DIGEST) failR2(error)
  const label = content.name ?? expected
  throw new DigestMismatchError(`"${label}" is damaged: its bytes do not have digest ${expected}`, { path: label, expected })
}

const md5Bytes = (text: string) => new Uint8Array(base64Decode(text))

const isBody = (found: R2ObjectLike | R2BodyLike | null): found is R2BodyLike => found !== null && "body" in found

const onlyIf = (condition: Condition) => ("etag" in condition ? { etagMatches: condition.etag } : { etagDoesNotMatch: "*" })

function readOptions({ range, etag }: ObjectReadOptions): R2ReadOptions {
  return {
    ...(range && { range: { offset: range.start, length: range.end - range.start } }),
    ...(etag !== undefined && { onlyIf: { etagMatches: etag } }),
  }
}

declare class FixedLengthStream {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  constructor(length: number)
}
