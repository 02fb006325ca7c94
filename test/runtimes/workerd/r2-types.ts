/** Compiled, not run: the bucket that Workers' own types describe is one for us. */
import type { R2Bucket } from "@cloudflare/workers-types"
import type { R2BucketBinding } from "../../../src/storage/r2.ts"

export const fits = (bucket: R2Bucket): R2BucketBinding => bucket
