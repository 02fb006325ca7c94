import type { Digest } from "../core/digest-text.ts"
import { type Entry, hasMd5 } from "../core/entry.ts"
import type { Manifest } from "../core/manifest.ts"
import { DigestMismatchError, EntryNotFoundError, isArtifactError, RegistryError, UnsupportedError } from "../errors.ts"
import type { CallOptions, Content, ManifestKind, Membership, RunRef, UploadRequest } from "../ports.ts"
import { type OnProgress, type Progress, trackFile, trackProgress } from "./progress.ts"
import { useStored } from "./read.ts"
import { isDraftReference } from "./reference.ts"
import { type Put, sendMissing } from "./send-missing.ts"
import type { Session } from "./session.ts"
import { type ArtifactState, type DraftFile, type Logged, more } from "./state.ts"

export interface PublishOptions extends CallOptions {
  readonly entity: string
  readonly project: string
  readonly run?: RunRef | undefined
  readonly aliases: readonly string[]
  readonly tags: readonly string[]
  readonly onProgress?: OnProgress | undefined
  /** False: store this writer's share and leave the version pending for others. */
  readonly commit?: boolean | undefined
}

/**
 * Draft → version: create it pending, store what the registry lacks, store the manifest, commit. Every step may be repeated, so a
 * publish that failed anywhere is simply run again.
 */
export async function publish(state: ArtifactState, session: Session, options: PublishOptions): Promise<Membership | undefined> {
  const { registry } = session
  const { signal } = options
  const manifest = state.requireManifest()
  state.final = true
  const pending = await registry.createVersion(describe(state, session, manifest, options), { signal })
  const files = pending.state === "COMMITTED" ? [] : filesToStore(state, session, manifest)
  const progress = trackProgress(
    options.onProgress,
    files.length,
    files.reduce((sum, file) => sum + file.size, 0),
  )
  if (pending.state !== "COMMITTED") {
    const sending = {
      registry,
      pendingId: pending.id,
      files,
      manifest,
      progress,
      concurrency: session.platform.concurrency,
      signal,
    }
    await sendMissing(sending, (file, put, stop) => storeFile(session, file, put, progress, stop))
    if (Array.from(manifest.entries.values()).some(({ ref }) => isDraftReference(ref))) {
      const { resolveDraftReferences } = await more()
      await resolveDraftReferences(manifest, registry, { signal })
    }
    const { size, fileCount } = manifest
    const upload = { kind: kindOf(state), json: manifest.encode(), size, fileCount }
    await registry.storeManifest(pending.id, upload, { signal })
    if (options.commit === false) return undefined
    await registry.commitVersion(pending.id, { signal })
  }
  const [member] = await registry.memberships(pending.id, { signal })
  if (member === undefined) throw new RegistryError(`${registry.name} committed "${state.collection}" but does not list it`)
  progress.done("commit", `${member.collection.collection}:v${member.index}`)
  return member
}

function describe(state: ArtifactState, session: Session, manifest: Manifest, options: PublishOptions) {
  const { collection, type, clientId, distributedId, storageRegion, base } = state
  const { description, metadata, ttl } = state.attributes
  const { entity, project, aliases, tags, run } = options
  // Ids mean something only in the registry that gave them out.
  const baseId = base?.session.registry === session.registry ? base.member.version.id : undefined
  const place = { entity, project, collection, type, run, aliases, tags }
  const digest = manifest.digest()
  return { ...place, digest, kind: kindOf(state), description, metadata, ttl, clientId, baseId, distributedId, storageRegion }
}

function kindOf(state: ArtifactState): ManifestKind {
  if (state.incremental) return "INCREMENTAL"
  return state.distributedId === undefined ? "FULL" : "PATCH"
}

interface FileToStore extends UploadRequest {
  readonly size: number
  readonly skipCache: boolean
  /** Hands its bytes to `put`; called only when the registry asks for them. */
  send(put: (content: Content) => Promise<void>, options: CallOptions): Promise<void>
}

/**
 * What a draft brings: its new bytes, and, when it is based on a version of another registry, that version's too.
 */
function filesToStore(state: ArtifactState, session: Session, manifest: Manifest): FileToStore[] {
  const files: FileToStore[] = []
  for (const entry of manifest.entries.values()) {
    if (entry.ref !== undefined) continue
    const file = state.files.get(entry.path)
    const send = sender(entry, file, state.base, session)
    if (send === undefined) continue
    const { path, size = 0 } = entry
    files.push({ path, digest: entry.digest as Digest, size, skipCache: file?.skipCache ?? true, send })
  }
  return files
}

function sender(
  entry: Entry,
  file: DraftFile | undefined,
  base: Logged | undefined,
  session: Session,
): FileToStore["send"] | undefined {
  if (file !== undefined) return (put) => sendDraft(entry, file, put)
  if (base === undefined) {
    throw new EntryNotFoundError(`"${entry.path}" is in the manifest but its bytes were never added; add the file again`, {
      path: entry.path,
    })
  }
  if (base.session.registry === session.registry) return undefined
  if (!hasMd5(entry)) {
    throw new UnsupportedError(
      `"${entry.path}" is identified by its XXH128, not its MD5, and cannot be stored elsewhere as it stands; download it and add the file`,
      { path: entry.path },
    )
  }
  return (put, options) => useStored(base, entry, put, options)
}

async function sendDraft({ path, digest }: Entry, file: DraftFile, put: (content: Content) => Promise<void>): Promise<void> {
  const ways = file.alternative === undefined ? [file.content] : [file.content, file.alternative]
  let failure: unknown
  for (const content of ways) {
    try {
      return await put(content)
    } catch (error) {
      if (!isArtifactError(error)) throw error
      failure ??= error
    }
  }
  if (!(failure instanceof DigestMismatchError)) throw failure
  throw new DigestMismatchError(
    `"${path}" has other bytes than when it was added: it changed, and policy "immutable" takes no snapshot, or its snapshot is damaged. Add it again`,
    { ...failure.details, path, paths: [path], expected: digest },
  )
}

async function storeFile(session: Session, file: FileToStore, put: Put, progress: Progress, signal: AbortSignal): Promise<void> {
  const { onBytes, done } = trackFile(progress, "store", file.path)
  const send = async (content: Content) => {
    await put(content, { signal, onBytes })
    if (!file.skipCache) await cacheStored(session, file.digest, content, signal)
  }
  await file.send(send, { signal })
  done(file.size)
}

/** As Python does after an upload, so that using the version here needs no download; a cache that cannot take it is left alone. */
async function cacheStored({ cache }: Session, digest: Digest, content: Content, signal: AbortSignal): Promise<void> {
  if (cache === undefined || content.stability === "once") return
  await cache.put(digest, content, { signal }).catch(() => signal.throwIfAborted())
}
