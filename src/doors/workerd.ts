import { env } from "cloudflare:workers"
import { createDigestStreamHasher } from "../digest/digest-stream.ts"
import { UnsupportedError } from "../errors.ts"
import type { Platform, Stage } from "../ports.ts"
import { createEmbeddedRegistry, type EmbeddedRegistry } from "../registry/embedded.ts"
import { createMemoryStage } from "../storage/memory-stage.ts"
import { createR2BlobStore, createR2RecordStore, createR2Stage, type R2BucketBinding } from "../storage/r2.ts"

/** The platform of workerd, with what only its owner can do: tidy the registry. */
export interface WorkerdPlatform extends Platform {
  registry(options?: { readonly dir?: string | undefined }): EmbeddedRegistry
}

const noFiles = (what: string) => () => {
  throw new UnsupportedError(`A Worker has no local files, so ${what}`)
}

/**
 * The defaults of Cloudflare's Workers: a registry in the R2 bucket that is bound as `ISOFACT`, below `options.dir` where given; drafts
 * in memory while they are small and in that bucket when not, or all in memory where there is none. Bindings are read at first use.
 *
 * @param options.bucket instead of the one bound as `ISOFACT`
 */
export function createWorkerdPlatform(options: { readonly bucket?: R2BucketBinding | undefined } = {}): WorkerdPlatform {
  const hasher = createDigestStreamHasher()
  const registries = new Map<string, EmbeddedRegistry>()
  let stage: Stage | undefined
  const findBucket = () => options.bucket ?? (env.ISOFACT as R2BucketBinding | undefined)
  const openRegistry = (prefix: string): EmbeddedRegistry => {
    const bucket = findBucket()
    if (bucket === undefined) {
      throw new UnsupportedError(
        "There is no bucket to keep artifacts in; bind an R2 bucket as ISOFACT, or pass a registry: init({ registry })",
      )
    }
    const blobs = createR2BlobStore({ bucket, prefix, hasher })
    // Drafts that died with their isolate are litter of this place too.
    const sweep: typeof blobs.sweep = async (call) =>
      (await blobs.sweep!(call)) + (await createR2Stage({ bucket, hasher }).sweep(call))
    return createEmbeddedRegistry({ records: createR2RecordStore({ bucket, prefix }), blobs: { ...blobs, sweep }, hasher })
  }
  const openStage = (): Stage => {
    const bucket = findBucket()
    return bucket === undefined ? createMemoryStage({ hasher }) : createR2Stage({ bucket, hasher })
  }
  return {
    name: "workerd",
    hasher,
    // A Worker may wait on six connections.
    concurrency: 6,
    env(name) {
      const value = env[name]
      return (typeof value === "string" ? value : globalThis.process?.env?.[name]) || undefined
    },
    openFile: noFiles("a path cannot be added: pass bytes, a Blob, a Response or a stream"),
    walk: noFiles("a directory path cannot be added: pass files, a Map or an (async) iterable of them"),
    locate: async () => undefined,
    resolvePath: (path) => path,
    directory: async () =>
      noFiles(
        "download needs a target: read single files with entry.stream(), or pass a Directory, such as createMemoryDirectory() of isofact/storage/memory",
      )(),
    stage: () => (stage ??= openStage()),
    cache: () => undefined,
    registry({ dir = "" } = {}) {
      const known = registries.get(dir) ?? openRegistry(dir)
      registries.set(dir, known)
      return known
    },
  }
}

export const platform: WorkerdPlatform = /* @__PURE__ */ createWorkerdPlatform()
