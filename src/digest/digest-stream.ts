import { createJsHasher } from "../bytes/js-hasher.ts"
import { type Digest, digestFromBytes } from "../core/digest-text.ts"
import { UnsupportedError } from "../errors.ts"
import type { Hasher } from "../ports.ts"

/**
 * Pieces no larger are hashed in plain JavaScript. Measured in workerd: 64 bytes take 4 µs there and 6 µs by `crypto.subtle`, 1 KiB 8 and
 * 5; from 64 KiB on it is 240 against 600 MB/s.
 */
const SMALL_BYTES = 256
/** Smaller chunks are gathered, since each write to the platform's stream costs 5 µs and more. */
const GATHER_BYTES = 64 * 1024

interface DigestStreamLike extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>
}

type DigestStreamClass = new (algorithm: string) => DigestStreamLike

/** MD5 by workerd's `crypto.DigestStream` and `crypto.subtle`, native and off the JavaScript heap. Elsewhere it rejects with `UnsupportedError`. */
export function createDigestStreamHasher(): Hasher {
  const small = createJsHasher()
  return {
    async create() {
      const stream = new (requireDigestStream())("MD5")
      return createState(stream)
    },
    async hash(bytes) {
      requireDigestStream()
      if (bytes.byteLength <= SMALL_BYTES) return small.hash(bytes)
      return digestFromBytes(new Uint8Array(await crypto.subtle.digest("MD5", bytes as Uint8Array<ArrayBuffer>)))
    },
  }
}

function createState(stream: DigestStreamLike) {
  const writer = stream.getWriter()
  // Both reject as well when a write does, which is told by that write.
  stream.digest.catch(() => undefined)
  writer.closed.catch(() => undefined)
  let gathered: Uint8Array | undefined
  let length = 0
  let open = true
  const check = () => {
    if (!open) throw new TypeError("this hash has ended")
  }
  const flush = async () => {
    const bytes = gathered?.subarray(0, length)
    length = 0
    if (bytes?.byteLength) await writer.write(bytes)
  }
  return {
    async update(bytes: Uint8Array): Promise<void> {
      check()
      if (length + bytes.byteLength > GATHER_BYTES) await flush()
      if (bytes.byteLength >= GATHER_BYTES) return writer.write(bytes)
      gathered ??= new Uint8Array(GATHER_BYTES)
      gathered.set(bytes, length)
      length += bytes.byteLength
    },
    async digest(): Promise<Digest> {
      check()
      open = false
      await flush()
      await writer.close()
      return digestFromBytes(new Uint8Array(await stream.digest))
    },
  }
}

function requireDigestStream(): DigestStreamClass {
  const { DigestStream } = (globalThis.crypto ?? {}) as { readonly DigestStream?: DigestStreamClass }
  if (DigestStream !== undefined) return DigestStream
  throw new UnsupportedError(
    "crypto.DigestStream exists in Cloudflare's runtime only; pass another hasher, such as createWasmHasher() of isofact/digest/hash-wasm",
  )
}
