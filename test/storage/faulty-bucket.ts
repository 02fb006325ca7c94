/** An R2 bucket in memory that fails as told: what a real one does, and no simulator on demand. */
import { digestFromBytes } from "../../src/core/digest-text.ts"
import { md5 } from "../../src/core/md5.ts"
import type { R2BucketBinding, R2ObjectLike } from "../../src/net/r2-bucket.ts"

interface Stored extends R2ObjectLike {
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface FaultyBucket {
  readonly bucket: R2BucketBinding
  readonly objects: Map<string, Stored>
  /** Called before each operation; throwing makes it fail. */
  before: (operation: string, key: string) => void | Promise<void>
  /** Called after each that changed something; throwing makes its answer get lost. */
  after: (operation: string, key: string) => void | Promise<void>
  /** Added to the store's clock. */
  ageMs: number
}

export function createFaultyBucket(): FaultyBucket {
  const objects = new Map<string, Stored>()
  const faults: FaultyBucket = { bucket: undefined as never, objects, before() {}, after() {}, ageMs: 0 }
  const bucket: R2BucketBinding = {
    async head(key) {
      await faults.before("head", key)
      return objects.get(key) ?? null
    },
    async get(key, { range, onlyIf } = {}) {
      await faults.before("get", key)
      const found = objects.get(key)
      if (found === undefined) return null
      const { bytes, ...info } = found
      if (onlyIf !== undefined && onlyIf.etagMatches !== found.etag) return info
      const part = range === undefined ? bytes : bytes.slice(range.offset, range.length && range.offset + range.length)
      return { ...info, body: new Blob([part]).stream(), arrayBuffer: async () => part.slice().buffer }
    },
    async put(key, value, { onlyIf } = {}) {
      await faults.before("put", key)
      const bytes = new Uint8Array(await new Response(value).arrayBuffer())
      const found = objects.get(key)
      if (onlyIf !== undefined && ("etagMatches" in onlyIf ? onlyIf.etagMatches !== found?.etag : found !== undefined)) return null
      const etag = digestFromBytes(md5(bytes))
      const stored = { key, size: bytes.byteLength, etag, uploaded: new Date(Date.now() - faults.ageMs), bytes }
      objects.set(key, stored)
      await faults.after("put", key)
      return stored
    },
    async createMultipartUpload(key) {
      await faults.before("begin", key)
      const parts = new Map<number, Uint8Array<ArrayBuffer>>()
      return {
        async uploadPart(part, value) {
          await faults.before("part", key)
          parts.set(part, new Uint8Array(value))
          return { partNumber: part, etag: String(part) }
        },
        async complete(list) {
          await faults.before("complete", key)
          const bytes = new Uint8Array(await new Blob(list.map(({ partNumber }) => parts.get(partNumber)!)).arrayBuffer())
          const stored = { key, size: bytes.byteLength, etag: `${list.length}`, uploaded: new Date(), bytes }
          objects.set(key, stored)
          await faults.after("complete", key)
          return stored
        },
        async abort() {
          await faults.before("abort", key)
          parts.clear()
        },
      }
    },
    async delete(key) {
      await faults.before("delete", key)
      objects.delete(key)
      await faults.after("delete", key)
    },
    async list({ prefix = "" } = {}) {
      await faults.before("list", prefix)
      return { objects: [...objects.values()].filter(({ key }) => key.startsWith(prefix)), truncated: false }
    },
  }
  return Object.assign(faults, { bucket })
}

/** An error as R2 throws it. */
export const r2Error = (code: number, text: string): Error => Object.assign(new Error(`put: ${text} (${code})`), { code })
