import { type Digest, digestToHex } from "../core/digest-text.ts"
import type { ManifestKind, SignedRequest, StoredEntry, UploadRequest, VersionRef } from "../ports.ts"
import type { Call } from "./call.ts"

/**
 * Addresses that are their own permission. What one allows stands, signed, in its query, which nobody writes into logs and messages;
 * each kind is good for its own methods only.
 */
export interface Claims {
  /** PUT of a file of a version. */
  readonly upload: { readonly version: string; readonly path: string; readonly digest: Digest }
  /** PUT of one part of a file, under the part's own digest; HEAD tells whether it is there. */
  readonly part: { readonly version: string; readonly path: string; readonly digest: Digest }
  /** PUT of manifest JSON. */
  readonly "upload-manifest": {
    readonly version: string
    readonly kind: ManifestKind
    readonly digest: Digest
    readonly baseId?: string | undefined
  }
  /** PUT of a file of a run, which is let go. */
  readonly "run-file": { readonly run: string }
  /** GET, HEAD of a file. */
  readonly file: { readonly member: VersionRef & { readonly id: string }; readonly file: StoredEntry }
  /** GET, HEAD of manifest JSON. */
  readonly manifest: { readonly version: string }
}

/** A multipart upload, from its first part to its end. */
export interface MultipartClaim {
  readonly version: string
  readonly path: string
  readonly digest: Digest
  /** The parts in order, so that no others can be put in their place. */
  readonly parts: readonly Digest[]
}

export async function signedUrl<K extends keyof Claims>({ setup, baseUrl }: Call, kind: K, claim: Claims[K]): Promise<string> {
  return `${baseUrl}/storage/${kind}?sig=${await setup.signer.sign(kind, claim, setup.urlExpiresInSeconds)}`
}

export function fileUrl(call: Call, member: VersionRef & { readonly id: string }, file: StoredEntry): Promise<string> {
  const { registry, direct, isGateway, urlExpiresInSeconds: expiresInSeconds } = call.setup
  // The server behind a gateway decides by itself how long its addresses are good for.
  const life = isGateway ? {} : { expiresInSeconds }
  if (direct && registry.fileUrl !== undefined) return registry.fileUrl(member, file, { ...life, signal: call.signal })
  const { entity, project, collection, index, id } = member
  const { path, digest, alg, size, birthArtifactId } = file
  return signedUrl(call, "file", {
    member: { entity, project, collection, index, id },
    file: { path, digest, alg, size, birthArtifactId },
  })
}

/** Where to send a file or a part of one, and the headers that must go with it, as the `Key:Value` lines of protocol.md 3.4. */
export async function uploadTarget(
  call: Call,
  kind: "upload" | "part",
  version: string,
  { path, digest }: UploadRequest,
  sign?: (options: { expiresInSeconds: number }) => Promise<SignedRequest>,
): Promise<{ readonly uploadUrl: string; readonly uploadHeaders: string[] }> {
  if (call.setup.direct && sign !== undefined) {
    const { url, headers } = await sign({ expiresInSeconds: call.setup.urlExpiresInSeconds })
    return { uploadUrl: url, uploadHeaders: Object.entries(headers).map(([name, value]) => `${name}:${value}`) }
  }
  return { uploadUrl: await signedUrl(call, kind, { version, path, digest }), uploadHeaders: uploadHeaders(digest) }
}

export function uploadHeaders(digest: Digest, type = "application/octet-stream"): string[] {
  return [`Content-MD5:${digest}`, `Content-Type:${type}`]
}

export function storagePath(digest: Digest): string {
  return `wandb_artifacts/${digestToHex(digest)}`
}
