import { relayStream } from "../bytes/streams.ts"
import { checkBoolean, checkPositiveInteger, checkString } from "../core/check.ts"
import { base64Encode, hexDecode } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { Manifest } from "../core/manifest.ts"
import { baseName, entryPath } from "../core/path.ts"
import { EntryNotFoundError, InvalidArgumentError, RegistryError, StorageError } from "../errors.ts"
import type {
  CallOptions,
  Content,
  Platform,
  ReadOptions,
  ReferencedContent,
  ReferenceEntry,
  ReferenceHandler,
  ReferenceUri,
  Registry,
} from "../ports.ts"
import { pickHandler, referenceTable } from "../references/table.ts"
import { parseReferenceUri } from "../references/uri.ts"
import { checkCall, checkRegistry } from "./call.ts"
import { defaultRegistry } from "./place.ts"
import { provable, storedEntry } from "./read.ts"
import {
  type AddReferenceOptions,
  artifactRefUrl,
  artifactScheme,
  isArtifactReference,
  isDraftReference,
  type ReadReferenceOptions,
} from "./reference.ts"
import type { Session } from "./session.ts"
import type { ArtifactState } from "./state.ts"

const tables = new WeakMap<Platform, readonly ReferenceHandler[]>()

/** The handlers of a runtime, the same each time: they keep what they were told; artifact addresses are resolved by the registry instead. */
function handlersOf(platform: Platform): readonly ReferenceHandler[] {
  const hash = (content: Content, options: CallOptions) =>
    platform.stage().take(content, { owner: platform, keep: false, signal: options.signal })
  const table = tables.get(platform) ?? referenceTable(platform, { ...platform, hash })
  tables.set(platform, table)
  return table
}

/** What both kinds of reference need, checked. */
function checkReferenceOptions(options: AddReferenceOptions) {
  const {
    name,
    checksum = true,
    maxObjects = 10_000_000,
    registry,
    signal,
  } = checkCall(options, {
    name: checkString,
    checksum: checkBoolean,
    maxObjects: checkPositiveInteger,
    registry: (_, value) => checkRegistry(value),
  })
  return { name: name === undefined ? undefined : entryPath(name, "options.name"), checksum, maxObjects, registry, signal }
}

export async function addReference(state: ArtifactState, uri: string | URL, options: AddReferenceOptions = {}): Promise<Entry[]> {
  const { name, checksum, maxObjects, registry, signal } = checkReferenceOptions(options)
  const manifest = state.requireChangeable("addReference")
  const parsed = parseReferenceUri(uri instanceof URL ? uri.href : uri)
  const entries =
    parsed.scheme === artifactScheme
      ? [await resolveArtifactReference(registry ?? defaultRegistry(state.platform), parsed, name, { signal })]
      : await pickHandler(handlersOf(state.platform), parsed).track(parsed, { name, checksum, maxObjects, signal })
  return addEntries(state, manifest, entries)
}

/** A reference to an entry of a draft or of a logged version. Chains end at the entry that owns the bytes. */
export function addEntryReference(state: ArtifactState, target: Entry, refUrl: string, options: AddReferenceOptions = {}): Entry[] {
  const { name } = checkReferenceOptions(options)
  const manifest = state.requireChangeable("addReference")
  const ref = isArtifactReference(target.ref) ? target.ref : refUrl
  const path = name ?? baseName(target.path)
  return addEntries(state, manifest, [{ path, ref, digest: target.digest, size: 0 }])
}

function addEntries(state: ArtifactState, manifest: Manifest, entries: readonly Entry[]): Entry[] {
  // One that is refused must not leave the ones before it behind.
  const all = new Manifest()
  for (const { path, digest } of entries.map((entry) => all.add(entry))) {
    const existing = manifest.get(path)
    if (existing !== undefined && existing.digest !== digest) {
      throw new InvalidArgumentError(
        "name",
        `"${path}" is in the artifact already, with other content; remove it first or pass another name`,
        { path },
      )
    }
  }
  return entries.map((entry) => {
    state.files.delete(entry.path)
    return manifest.add(entry)
  })
}

/** Replaces references to drafts by references to what they became. The digests, and so the artifact's, stay as they are. */
export async function resolveDraftReferences(manifest: Manifest, registry: Registry, options: CallOptions): Promise<void> {
  for (const entry of manifest.entries.values()) {
    if (!isDraftReference(entry.ref)) continue
    const { authority, path } = parseReferenceUri(entry.ref)
    const id = await registry.resolveClientId(authority, options)
    if (id === undefined) {
      throw new InvalidArgumentError(
        "artifact",
        `"${entry.path}" references a file of an artifact that is not logged in ${registry.name}: log that artifact first`,
        { path: entry.path },
      )
    }
    manifest.add({ ...entry, ref: artifactRefUrl(id, path.slice(1)) }, { overwrite: true })
  }
}

/** The bytes behind a reference entry. */
export async function openReference(
  session: Session,
  entry: ReferenceEntry,
  options: ReadReferenceOptions,
): Promise<ReferencedContent> {
  const uri = parseReferenceUri(entry.ref)
  if (uri.scheme !== artifactScheme) {
    const found = await pickHandler(handlersOf(session.platform), uri).open(entry, options)
    return { ...found, content: (await cachedCopy(session, entry, found, options)) ?? found.content }
  }
  const { target, id } = await findOwner(session.registry, uri, options)
  if (target.ref !== undefined) return openReference(session, { ...target, ref: target.ref }, options)
  const [member] = await session.registry.memberships(id, options)
  if (member === undefined) throw missing(uri)
  const content = await session.registry.openFile({ ...member.collection, index: member.index, id }, storedEntry(target), options)
  return { ...(await provable(target, content)), proof: "bytes", isLocal: !session.registry.remote }
}

/** A copy of this very version from the cache; one that changes unseen is never kept. */
async function cachedCopy(
  session: Session,
  entry: ReferenceEntry,
  { content, proof, isLocal }: ReferencedContent,
  { keep = false, signal }: ReadReferenceOptions,
): Promise<Content | undefined> {
  const copies = session.referenceCache()
  if (copies === undefined || proof === "none" || isLocal || !entry.size) return undefined
  const source: { error?: unknown } = {}
  const note = (error: unknown) => (source.error = error)
  const stream = (options?: ReadOptions) => relayStream(content.stream(options), options?.signal, note)
  try {
    const copy = await copies.get(entry, { signal })
    if (copy !== undefined || !keep) return copy
    return await copies.put(entry, { stability: "frozen", size: content.size, stream }, { signal })
  } catch (error) {
    if (source.error !== undefined) throw source.error
    // A cache that is full or cannot be written costs speed, not the download.
    if (error instanceof StorageError) return undefined
    throw error
  }
}

async function resolveArtifactReference(
  registry: Registry,
  uri: ReferenceUri,
  name: string | undefined,
  options: CallOptions,
): Promise<Entry> {
  const { target, id } = await findOwner(registry, uri, options)
  return { path: entryPath(name ?? baseName(uri.path)), ref: artifactRefUrl(id, target.path), digest: target.digest, size: 0 }
}

/** Follows artifact references to the entry that holds the bytes, or an address outside. */
async function findOwner(registry: Registry, start: ReferenceUri, options: CallOptions): Promise<{ target: Entry; id: string }> {
  let uri = start
  // References are flattened when added, so a long chain is a forged manifest, possibly a loop.
  for (let hops = 0; hops < 8; hops++) {
    const found = await findTarget(registry, uri, options)
    if (found.target.ref === undefined) return found
    uri = parseReferenceUri(found.target.ref)
    // Not by the text: the scheme may be written in capitals.
    if (uri.scheme !== artifactScheme && !isDraftReference(found.target.ref)) return found
  }
  throw new RegistryError(`${start.text} leads through too many artifacts; its manifest is damaged`)
}

async function findTarget(registry: Registry, uri: ReferenceUri, options: CallOptions): Promise<{ target: Entry; id: string }> {
  const id = artifactIdOf(uri)
  const version = await registry.getVersion(id, options)
  if (version === undefined || version.state === "DELETED") throw missing(uri)
  const target = Manifest.decode(await registry.getManifest(id, options)).get(uri.path.slice(1))
  if (target === undefined) throw missing(uri)
  return { target, id }
}

/** The id in a `wandb-artifact://` address. */
export function artifactIdOf(uri: ReferenceUri): string {
  try {
    return base64Encode(hexDecode(uri.authority))
  } catch (cause) {
    throw new RegistryError(`"${uri.text}" does not name an artifact: its id must be hexadecimal`, {}, { cause })
  }
}

function missing(uri: ReferenceUri): EntryNotFoundError {
  return new EntryNotFoundError(`${uri.text} references an artifact or a file of it that is not there (any more)`, {
    path: uri.text,
  })
}
