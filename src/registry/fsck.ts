import { mapAhead } from "../bytes/ahead.ts"
import { readHashed } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import { comparePaths } from "../core/path.ts"
import { isArtifactError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { isExpired } from "./collection-state.ts"
import type { Context } from "./context.ts"
import { collectionPrefix } from "./keys.ts"
import { filesOf } from "./manifests.ts"
import { readIfThere } from "./presence.ts"
import { listRecords } from "./records.ts"
import { repairBlob } from "./repair.ts"
import type { CollectionRow, Member } from "./rows.ts"
import { readVersionRow } from "./version-row.ts"
import { clockOf } from "./versions.ts"

/** Large blobs are hashed one after the other where threads are few; more at once only costs memory. */
const blobsAtOnce = 4

export interface FsckOptions extends CallOptions {
  /** Set aside what has rotted and note what is lost, so that logging the same content again stores it anew. Default false. */
  readonly repair?: boolean | undefined
  /** Called after each blob with what has been checked so far. */
  readonly onProgress?: ((done: { readonly blobs: number; readonly bytes: number }) => void) | undefined
}

export interface FsckReport {
  readonly blobs: number
  /** Bytes hashed. */
  readonly bytes: number
  /** Blobs that are not what their digest says. */
  readonly corrupt: readonly Digest[]
  /** Files of committed versions that are rotten or not there: `entity/project/collection:vN` and the entry path. */
  readonly damaged: readonly { readonly version: string; readonly path: string; readonly digest: Digest }[]
  /** What is wrong with each record that cannot be read. What those versions need was not looked for. */
  readonly unreadable: readonly string[]
}

/** Hashes every stored blob, and looks whether every version has all of its files. */
export async function fsck(context: Context, options: FsckOptions = {}): Promise<FsckReport> {
  const { signal, repair = false, onProgress } = options
  const sound = new Set<Digest>()
  const corrupt: Digest[] = []
  let blobs = 0
  let bytes = 0
  const check = (info: { readonly digest: Digest }) => hashBlob(context, info.digest, { signal })
  for await (const found of mapAhead(context.blobs.list({ signal }), check, blobsAtOnce)) {
    if (found === undefined) continue
    blobs++
    bytes += found.size
    if (found.isSound) sound.add(found.digest)
    else corrupt.push(found.digest)
    onProgress?.({ blobs, bytes })
  }
  const unreadable: string[] = []
  const onDamaged = (error: unknown) => unreadable.push(error instanceof Error ? error.message : String(error))
  const damaged = await listDamaged(context, sound, { signal, onDamaged })
  if (repair)
    for (const digest of new Set([...corrupt, ...damaged.map((file) => file.digest)])) await repairBlob(context, digest, { signal })
  return { blobs, bytes, corrupt, damaged, unreadable }
}

async function hashBlob(context: Context, digest: Digest, options: CallOptions) {
  const content = await context.blobs.get(digest, options)
  const found = content && (await readHashed(content, context.hasher, options))
  return found && { digest, size: found.size, isSound: found.digest === digest }
}

/** Also true for what was stored since the blobs were listed. */
async function isSound(context: Context, sound: Set<Digest>, digest: Digest, options: CallOptions): Promise<boolean> {
  if (!sound.has(digest) && (await hashBlob(context, digest, options))?.isSound) sound.add(digest)
  return sound.has(digest)
}

type Reading = CallOptions & { onDamaged(error: unknown): void }

async function listDamaged(context: Context, sound: Set<Digest>, options: Reading) {
  const damaged: { version: string; path: string; digest: Digest }[] = []
  for await (const { value } of listRecords(context.records, collectionPrefix, options)) {
    const row = value as unknown as CollectionRow
    if (row.kind !== "sequence" || row.deleted) continue
    for (const member of row.members) {
      if (isExpired(member, clockOf(context))) continue
      const version = `${row.entity}/${row.project}/${row.name}:v${member.index}`
      for (const file of await damagedFiles(context, member, sound, options)) damaged.push({ version, ...file })
    }
  }
  return damaged.sort((a, b) => comparePaths(a.version, b.version) || comparePaths(a.path, b.path))
}

async function damagedFiles(context: Context, member: Member, sound: Set<Digest>, options: Reading) {
  const row = await readVersionRow(context, member.id, options).catch((error) => {
    if (!isArtifactError(error)) throw error
    options.onDamaged(error)
    return undefined
  })
  if (!row?.manifest) return []
  const whole = [{ path: "wandb_manifest.json", digest: row.manifest }]
  if (!(await isSound(context, sound, row.manifest, options))) return whole
  const manifest = await readIfThere(context, row.manifest, row.id, options)
  if (manifest === undefined) return whole
  const damaged: { path: string; digest: Digest }[] = []
  for (const [digest, { path }] of filesOf(manifest)) {
    if (!(await isSound(context, sound, digest, options))) damaged.push({ path, digest })
  }
  return damaged
}
