import { type Digest, hexEncode } from "../core/digest-text.ts"
import { Manifest } from "../core/manifest.ts"
import { md5 } from "../core/md5.ts"
import { ConflictError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, ManifestUpload, Membership } from "../ports.ts"
import { latestLiving, relog, withMember } from "./collection-state.ts"
import { changeCollection } from "./collections.ts"
import { type Context, more, timestamp } from "./context.ts"
import { checkManifestKind } from "./inputs.ts"
import { gcLockKey } from "./keys.ts"
import { filesOf, readManifest, storeText } from "./manifests.ts"
import { isWhole, missingFiles } from "./presence.ts"
import { readRecord } from "./records.ts"
import type { CollectionRow, ManifestPart, VersionRow } from "./rows.ts"
import { addTags, changeVersion, readVersionRow } from "./version-row.ts"
import { clockOf, type LoadedVersion, loadVersion, requireVersion, sourceMembership } from "./versions.ts"

/** Others keep changing what a commit builds on; after this many times it gives up. */
const maxRounds = 50
const pathsShown = 5

/** Keeps a manifest with its pending version, which stays invisible. Also restores the manifest of a committed one. */
export async function storeManifest(
  context: Context,
  versionId: string,
  upload: ManifestUpload,
  options: CallOptions = {},
): Promise<void> {
  const { kind, json, baseId } = upload
  checkManifestKind("manifest.kind", kind)
  const loaded = await requireVersion(context, versionId, options)
  const manifest = Manifest.decode(json)
  filesOf(manifest)
  if (kind === "FULL") checkDigest(manifest, loaded.row)
  if (loaded.state === "COMMITTED") return (await more()).restoreManifest(context, loaded, upload, options)
  const part = { kind, digest: await storeText(context, json, options), content: manifest.digest(), ...(baseId && { baseId }) }
  const row = await changeVersion(context, loaded.row.id, (current) => withPart(context, current, part), options)
  // Alone with its version, nobody can be committing it meanwhile.
  if (kind === "PATCH") await (await more()).announcePart(context, row, options)
}

function checkDigest(manifest: Manifest, row: VersionRow): void {
  const actual = manifest.digest()
  if (actual === row.digest) return
  throw new InvalidArgumentError("manifest", `The manifest's digest is ${actual}, but the version was created for ${row.digest}.`, {
    expected: row.digest,
    actual,
  })
}

function withPart(context: Context, row: VersionRow, part: ManifestPart): VersionRow {
  if (row.state !== "PENDING")
    throw new ConflictError(`Version ${row.id} was committed or deleted meanwhile; log again to make another.`)
  const last = row.parts.at(-1)
  if (last?.digest === part.digest && last.kind === part.kind && last.baseId === part.baseId) return row
  return { ...row, parts: [...row.parts, part], partAt: context.now() }
}

/** Counts as a change, so that a swap prepared before fails; tells whether the version is listed. */
export function touch(id: string) {
  return (current: CollectionRow) => ({ row: { ...current }, result: current.members.some((member) => member.id === id) })
}

/**
 * Makes a pending version visible: one compare-and-swap on its sequence gives it its number, moves `latest` and its aliases, and is the
 * commit. Everything it needs is stored before; what is left to do after only repeats what the sequence says.
 */
export async function commitVersion(context: Context, versionId: string, options: CallOptions = {}): Promise<Membership> {
  for (let round = 0; round < maxRounds; round++) {
    const loaded = await loadVersion(context, versionId, options)
    if (loaded?.state === "COMMITTED") return alreadyCommitted(context, loaded, options)
    const { row, source } = await requireVersion(context, versionId, options)
    if (source === undefined || row.parts.length === 0) {
      throw new ConflictError(`Version ${row.id} has no manifest yet; store one before committing it.`)
    }
    const base = row.baseId ?? latestLiving(source, clockOf(context))?.id
    const prepared = await prepare(context, row, base, options)
    const outcome = await publish(context, source, prepared, base, options)
    if (outcome === "again") continue
    if (outcome.id === row.id) await settle(context, row.id, outcome.index, options)
    else await standFor(context, prepared, outcome.id, options)
    return sourceMembership(context, await requireVersion(context, outcome.id, options), options)
  }
  throw new ConflictError(
    `Version ${versionId} could not be committed: its base or its parts change too fast. Nothing was changed; try again.`,
  )
}

async function alreadyCommitted(context: Context, loaded: LoadedVersion, options: CallOptions): Promise<Membership> {
  if (!(await isWhole(context, loaded.row, options))) {
    const manifest = await readManifest(context, loaded.row.manifest!, loaded.row.id, options)
    refuseMissing(context, await missingFiles(context, manifest, options))
  }
  return sourceMembership(context, loaded, options)
}

/** Stores the whole manifest and what is known of it, then makes sure that everything it names is there. */
async function prepare(context: Context, row: VersionRow, base: string | undefined, options: CallOptions): Promise<VersionRow> {
  const last = row.parts.at(-1)!
  const isFull = last.kind === "FULL"
  const manifest = isFull
    ? await readManifest(context, last.digest, row.id, options)
    : await (await more()).mergeParts(context, row, base, options)
  const digest = isFull ? last.digest : await storeText(context, manifest.encode(), options)
  const described = describe(context, row, manifest, digest)
  const prepared = await changeVersion(
    context,
    row.id,
    (current) =>
      current.state === "PENDING" && current.parts.length === row.parts.length ? { ...current, ...described } : current,
    options,
  )
  // From here on garbage collection sees what this version needs; one that began before must end before we look what is there.
  if ((await readRecord(context.records, gcLockKey, options)) !== undefined) await (await more()).waitForSweep(context, options)
  const missing = await missingFiles(context, manifest, options)
  if ((await context.blobs.stat(digest, options)) === undefined) missing.unshift({ digest, path: "wandb_manifest.json" })
  if (missing.length > 0) refuseMissing(context, missing)
  return prepared
}

function describe(context: Context, row: VersionRow, manifest: Manifest, digest: Digest): Partial<VersionRow> {
  const content = manifest.digest()
  return {
    manifest: digest,
    merged: row.parts.length,
    preparedAt: context.now(),
    // Its life begins with the commit; what was changed before is how it is made.
    updatedAt: null,
    digest: content,
    size: manifest.size,
    fileCount: manifest.fileCount,
    commitHash: hexEncode(md5(new TextEncoder().encode(`${row.id}:${content}:${digest}`))),
  }
}

function refuseMissing(context: Context, missing: readonly { readonly path: string }[]): never {
  const paths = missing.map(({ path }) => path)
  const shown = paths.slice(0, pathsShown).join(", ") + (paths.length > pathsShown ? ` and ${paths.length - pathsShown} more` : "")
  throw new ConflictError(
    `Not stored in ${context.blobs.name}, or not in the size the manifest gives: ${shown}. Upload and commit again.`,
    { paths },
  )
}

/** The commit. Names the version that has this content from now on, which may be an older one. */
function publish(context: Context, source: CollectionRow, prepared: VersionRow, base: string | undefined, options: CallOptions) {
  type Outcome = { readonly row: CollectionRow; readonly result: "again" | { readonly id: string; readonly index: number } }
  const swap = async (current: CollectionRow): Promise<Outcome> => {
    const listed = current.members.find(({ id }) => id === prepared.id)
    if (listed !== undefined) return { row: current, result: listed }
    // Read after the collection: who deletes or adds to a pending version changes its record first, and the collection after that.
    const row = await readVersionRow(context, prepared.id, options)
    if (!isReady(row, prepared) || isRebased(context, row, current, base)) return { row: current, result: "again" }
    const twin = relog(current, { ...row, ttl: row.ttl === "inherit" ? undefined : row.ttl }, clockOf(context))
    if (twin !== undefined) return { row: twin.row, result: twin.member }
    const ttl = row.ttl === "inherit" ? {} : { ttl: row.ttl }
    const member = { id: row.id, digest: row.digest, createdAt: timestamp(context), ...ttl }
    return { row: withMember(current, member, row.aliases), result: { id: row.id, index: current.next } }
  }
  return changeCollection(context, source, swap, options)
}

function isReady(row: VersionRow | undefined, prepared: VersionRow): row is VersionRow {
  return row?.state === "PENDING" && row.manifest === prepared.manifest && row.manifest !== null && row.merged === row.parts.length
}

/** An incremental version without a base of its own builds on the newest; another one has become that since. */
function isRebased(context: Context, row: VersionRow, current: CollectionRow, base: string | undefined): boolean {
  const buildsOnLatest = row.baseId === null && row.parts.some(({ kind, baseId }) => kind === "INCREMENTAL" && !baseId)
  return buildsOnLatest && latestLiving(current, clockOf(context))?.id !== base
}

/** The version is visible; a record that still says "pending" does no harm, so failing here must not look like a failed commit. */
async function settle(context: Context, id: string, index: number, options: CallOptions): Promise<void> {
  await changeVersion(context, id, (row) => ({ ...row, state: "COMMITTED", index }), options).catch(() => undefined)
}

async function standFor(context: Context, pending: VersionRow, twin: string, options: CallOptions): Promise<void> {
  await changeVersion(context, pending.id, (row) => ({ ...row, sameAs: twin }), options)
  await addTags(context, twin, pending.tags, options)
}
