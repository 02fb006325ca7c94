import { readAll } from "../bytes/hash-stream.ts"
import { bytesStream } from "../bytes/streams.ts"
import { type Digest, digestFromBytes, isDigest } from "../core/digest-text.ts"
import { Manifest } from "../core/manifest.ts"
import { md5 } from "../core/md5.ts"
import { DigestMismatchError, InvalidArgumentError, StorageError } from "../errors.ts"
import type { CallOptions, Content } from "../ports.ts"
import type { Context } from "./context.ts"
import { noteQuietly } from "./damage.ts"

/** Manifests are blobs like any other: stored before anything names them, verified when read. */
export async function storeText(context: Context, text: string, options: CallOptions): Promise<Digest> {
  const bytes = new TextEncoder().encode(text)
  const digest = digestFromBytes(md5(bytes))
  await context.blobs.put(digest, bytesContent(bytes), { signal: options.signal })
  return digest
}

/** The text, or a `StorageError` when it is lost and a `DigestMismatchError` when it has rotted. `label` names the version. */
export async function readText(context: Context, digest: Digest, label: string, options: CallOptions): Promise<string> {
  const content = await context.blobs.get(digest, options)
  if (content === undefined) {
    await noteQuietly(({ noteMissing }) => noteMissing(context, digest, options), options)
    throw new StorageError(`The manifest of ${label} is gone from ${context.blobs.name}; log the same content again to restore it.`)
  }
  const bytes = (await content.bytes?.(options)) ?? (await readAll(content, options))
  const actual = digestFromBytes(md5(bytes))
  if (actual === digest) return new TextDecoder().decode(bytes)
  await noteQuietly(({ reportCorrupt }) => reportCorrupt(context, digest, options), options)
  throw new DigestMismatchError(
    `The manifest of ${label} has been damaged in ${context.blobs.name}; log the same content again to restore it.`,
    {
      path: "wandb_manifest.json",
      expected: digest,
      actual,
    },
  )
}

export async function readManifest(context: Context, digest: Digest, label: string, options: CallOptions): Promise<Manifest> {
  return Manifest.decode(await readText(context, digest, label, options))
}

/** Bytes a manifest needs to be stored, by digest: their size where known, and a path for messages. */
export function filesOf(manifest: Manifest): Map<Digest, { readonly path: string; readonly size: number | undefined }> {
  const files = new Map<Digest, { readonly path: string; readonly size: number | undefined }>()
  for (const { path, digest, size, ref } of manifest.entries.values()) {
    if (ref !== undefined) continue
    if (!isDigest(digest))
      throw new InvalidArgumentError("manifest", `"${path}" has the digest "${digest}", which is not a base64 MD5.`, { path })
    files.set(digest, { path, size })
  }
  return files
}

function bytesContent(bytes: Uint8Array): Content {
  return { stability: "frozen", size: bytes.length, stream: (options) => bytesStream(bytes, options), bytes: async () => bytes }
}
