import { createJsHasher } from "../bytes/js-hasher.ts"
import { checkOptions, checkPositiveInteger, checkString, optional } from "../core/check.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { BlobStore, Hasher, Membership, RecordStore, Registry } from "../ports.ts"
import { getCollection, listCollections, listTypes, updateCollection } from "./collections.ts"
import { commitVersion, storeManifest } from "./commit.ts"
import type { Context } from "./context.ts"
import { createVersion } from "./create-version.ts"
import { reportCorrupt } from "./damage.ts"
import { getManifest, openFile } from "./files.ts"
import { type FsckOptions, type FsckReport, fsck } from "./fsck.ts"
import { collectGarbage, type GcOptions, type GcReport } from "./gc.ts"
import { checkProject } from "./inputs.ts"
import { finishRun, getRun, loggedBy, runVersions, upsertRun, usedBy, useVersion } from "./lineage.ts"
import { addAliases, link, removeAliases, unlink } from "./links.ts"
import { deleteCollection, deleteVersion } from "./removal.ts"
import { updateVersion } from "./update-version.ts"
import { type BirthCache, requestUploads } from "./uploads.ts"
import { findVersion, getVersion, listAliases, listMemberships, listVersions, resolveClientId } from "./versions.ts"

export interface EmbeddedRegistryOptions {
  readonly records: RecordStore
  readonly blobs: BlobStore
  /** Entity meant when a path names none. Default `"local"`. */
  readonly entity?: string | undefined
  /** Project meant when a path names none. Default `"uncategorized"`. */
  readonly project?: string | undefined
  /** Time to live of versions that inherit it, in seconds. Default: for ever. */
  readonly defaultTtlSeconds?: number | undefined
  /** Hashes stored blobs for `fsck` and `reportCorrupt`. Default: plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /** Where a server shows this registry: `versionUrl` gives pages below it. */
  readonly pageUrl?: string | undefined
  /**
   * Look every file up when unchanged content is logged again, to notice bytes that vanished and that nobody has missed yet. Costs one
   * look-up per file. Default false: only loss that some reader has met is repaired.
   */
  readonly statOnRelog?: boolean | undefined
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The whole {@link Registry}, and what only the owner of the stores can do. */
export interface EmbeddedRegistry extends Registry {
  reportCorrupt: NonNullable<Registry["reportCorrupt"]>
  /** Deletes what no version needs. Rejects with `ConflictError` while another collection runs. */
  gc(options?: GcOptions): Promise<GcReport>
  /** Hashes everything that is stored. */
  fsck(options?: FsckOptions): Promise<FsckReport>
}

/**
 * A registry in the program itself, over any two stores. Many registries may work on the same stores at once, from any number of
 * processes.
 *
 * What is where: a collection's record lists its versions and aliases and hands out numbers; a version's record holds what belongs to
 * it alone; its manifest is a blob. A version is committed when, and because, its sequence lists it. Logging writes in this order, and
 * may be cut off after any step:
 *
 * 1. names of project and type, the collection, and its name: an empty collection at worst;
 * 2. the version's record, the run's edge, the client id: a pending version, invisible;
 * 3. blobs, then the manifest as a blob, then both of them noted in the version's record;
 * 4. wait until no garbage collection is deleting; look whether every blob is there;
 * 5. compare-and-swap of the collection: number, `latest`, aliases. **This is the commit**;
 * 6. the version's record says so too. Nothing believes it before the collection.
 *
 * Deleting goes the other way: the record first says "committed" if it did not yet, the collection drops the version (this is the
 * deletion), then record and portfolios are tidied.
 *
 * Readers judge every link and record by the sequence and change neither. All they ever write is a note that bytes which a version needs
 * are lost, and what they found rotten goes aside (`BlobStore.setAside`; deleted where the store has none).
 */
export function createEmbeddedRegistry(options: EmbeddedRegistryOptions): EmbeddedRegistry {
  const context = createContext(options)
  const births: BirthCache = new Map()
  return {
    name: context.name,
    remote: context.blobs.remote,
    defaults: async () => context.defaults,

    upsertRun: (run, call = {}) => upsertRun(context, run, call),
    finishRun: (run, exitCode, call = {}) => finishRun(context, run, exitCode, call),
    getRun: (run, call = {}) => getRun(context, run, call),

    createVersion: (input, call = {}) => createVersion(context, input, call),
    requestUploads: (id, files, call = {}) => requestUploads(context, births, id, files, call),
    storeManifest: (id, manifest, call = {}) => storeManifest(context, id, manifest, call),
    async commitVersion(id, call = {}) {
      const membership = await commitVersion(context, id, call)
      births.delete(id)
      return membership
    },

    findVersion: (path, call = {}) => findVersion(context, path, call),
    getVersion: (id, call = {}) => getVersion(context, id, call),
    resolveClientId: (clientId, call = {}) => resolveClientId(context, clientId, call),
    memberships: (id, call = {}) => listMemberships(context, id, call),
    getManifest: (id, call = {}) => getManifest(context, id, call),
    openFile: (member, file, call = {}) => openFile(context, member, file, call),
    reportCorrupt: (digest, call = {}) => reportCorrupt(context, digest, call),
    versionUrl: (membership) => versionUrl(context, membership),

    updateVersion: (id, changes, call = {}) => updateVersion(context, id, changes, call),
    addAliases: (member, aliases, call = {}) => addAliases(context, member, aliases, call),
    removeAliases: (member, aliases, call = {}) => removeAliases(context, member, aliases, call),
    deleteVersion: (id, call = {}) => deleteVersion(context, id, call),
    link: (id, target, aliases, call = {}) => link(context, id, target, aliases, call),
    unlink: (member, call = {}) => unlink(context, member, call),

    useVersion: (member, run, call = {}) => useVersion(context, member, run, call),
    loggedBy: (id, call = {}) => loggedBy(context, id, call),
    usedBy: (id, call = {}) => usedBy(context, id, call),
    runVersions: (run, direction, call = {}) => runVersions(context, run, direction, call),

    types: (project, call = {}) => listTypes(context, project, call),
    collections: (project, type, call = {}) => listCollections(context, project, type, call),
    getCollection: (ref, call = {}) => getCollection(context, ref, call),
    updateCollection: (ref, changes, call = {}) => updateCollection(context, ref, changes, call),
    deleteCollection: (ref, call = {}) => deleteCollection(context, ref, call),
    collectionAliases: (ref, call = {}) => listAliases(context, ref, call),
    versions: (ref, call = {}) => listVersions(context, ref, call),

    gc: (call = {}) => collectGarbage(context, call),
    fsck: (call = {}) => fsck(context, call),
  }
}

const optionNames = [
  "records",
  "blobs",
  "entity",
  "project",
  "defaultTtlSeconds",
  "hasher",
  "pageUrl",
  "statOnRelog",
  "now",
] as const

function createContext(options: EmbeddedRegistryOptions): Context {
  checkOptions("options", options, optionNames)
  const { records, blobs, hasher = createJsHasher(), now = Date.now, statOnRelog = false } = options
  if (typeof records?.put !== "function")
    throw new InvalidArgumentError("options.records", "options.records must be a RecordStore.")
  if (typeof blobs?.put !== "function") throw new InvalidArgumentError("options.blobs", "options.blobs must be a BlobStore.")
  return {
    name: `the embedded registry in ${records.name}`,
    records,
    blobs,
    hasher,
    now,
    statOnRelog,
    defaults: checkProject({ entity: options.entity ?? "local", project: options.project ?? "uncategorized" }),
    defaultTtl: optional(checkPositiveInteger, "options.defaultTtlSeconds", options.defaultTtlSeconds) ?? null,
    pageUrl: optional(checkString, "options.pageUrl", options.pageUrl)?.replace(/\/+$/, ""),
  }
}

/** W&B's address of a version below `pageUrl`; without one, a name that is stable and says what it is: `isofact://entity/project/collection:vN`. */
function versionUrl({ pageUrl }: Context, { collection, index }: Membership): string {
  const { entity, project, type, collection: name } = collection
  const quote = encodeURIComponent
  if (pageUrl === undefined) return `isofact://${quote(entity)}/${quote(project)}/${quote(name)}:v${index}`
  return `${pageUrl}/${quote(entity)}/${quote(project)}/artifacts/${quote(type)}/${quote(name)}/v${index}`
}
