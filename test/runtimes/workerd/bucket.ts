/// <reference path="../../../src/doors/cloudflare.d.ts" />
import { env } from "cloudflare:workers"
import { createDigestStreamHasher } from "../../../src/digest/digest-stream.ts"
import type { R2BucketBinding } from "../../../src/storage/r2.ts"

export const bucket = env.ISOFACT as R2BucketBinding
export const hasher = createDigestStreamHasher()

let places = 0

/** A prefix that nobody has used: a bucket of one's own. */
export const newPrefix = (): string => `test-${crypto.randomUUID().slice(0, 8)}-${places++}`

export async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) })
    keys.push(...page.objects.map(({ key }) => key))
    if (!page.truncated) return keys
    cursor = page.cursor
  }
}
