import { createJsHasher } from "../bytes/js-hasher.ts"
import { checkOptions, checkPositiveInteger, checkString, type OptionChecks, refuse } from "../core/check.ts"
import type { BlobStore, Hasher, Membership, RecordStore, Registry } from "../ports.ts"
import { commitVersion, storeManifest } from "./commit.ts"
import { type Context, type More, more } from "./context.ts"
import { createVersion } from "./create-version.ts"
import { getManifest, openFile } from "./files.ts"
import type { FsckOptions, FsckReport } from "./fsck.ts"
import type { GcOptions, GcReport } from "./gc.ts"
import { checkProject } from "./inputs.ts"
import { finishRun, getRun, upsertRun, useVersion } from "./runs.ts"
import { createBirthCache, requestUploads } from "./uploads.ts"
import { findVersion, listMemberships } from "./versions.ts"

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
  const births = createBirthCache()
  const { bind, late, lateList } = methodsOf(context)
  return {
    name: context.name,
    remote: context.blobs.remote,
    defaults: async () => context.defaults,

    upsertRun: bind(upsertRun),
    finishRun: bind(finishRun),
    getRun: bind(getRun),

    createVersion: bind(createVersion),
    requestUploads: (id, files, options) => requestUploads(context, births, id, files, options),
    storeManifest: bind(storeManifest),
    async commitVersion(id, options) {
      const membership = await commitVersion(context, id, options)
      births.delete(id)
      return membership
    },

    findVersion: bind(findVersion),
    memberships: bind(listMemberships),
    getManifest: bind(getManifest),
    openFile: bind(openFile),
    fileUrl: context.blobs.sign && late((module) => module.fileUrl),
    useVersion: bind(useVersion),
    versionUrl: bind(versionUrl),

    getVersion: late((module) => module.getVersion),
    resolveClientId: late((module) => module.resolveClientId),
    heartbeat: late((module) => module.heartbeat),
    updateRun: late((module) => module.updateRun),
    deleteRun: late((module) => module.deleteRun),
    runs: lateList((module) => module.listRuns),
    loggedBy: late((module) => module.loggedBy),
    usedBy: late((module) => module.usedBy),
    runVersions: lateList((module) => module.runVersions),
    projects: lateList((module) => module.listProjects),
    getProject: late((module) => module.getProject),
    upsertProject: late((module) => module.upsertProject),
    deleteProject: late((module) => module.deleteProject),
    types: lateList((module) => module.listTypes),
    collections: lateList((module) => module.listCollections),
    versions: lateList((module) => module.listVersions),
    getCollection: late((module) => module.getCollection),
    collectionAliases: late((module) => module.listAliases),

    updateVersion: late((module) => module.updateVersion),
    addAliases: late((module) => module.addAliases),
    removeAliases: late((module) => module.removeAliases),
    deleteVersion: late((module) => module.deleteVersion),
    link: late((module) => module.link),
    unlink: late((module) => module.unlink),
    updateCollection: late((module) => module.updateCollection),
    deleteCollection: late((module) => module.deleteCollection),

    reportCorrupt: late((module) => module.reportCorrupt),
    gc: late((module) => module.collectGarbage),
    fsck: late((module) => module.fsck),
  }
}

type Verb<A extends unknown[], R> = (context: Context, ...args: A) => R

/** Verbs as methods of one registry; `late` and `lateList` are for those that are loaded by the first call of one. */
function methodsOf(context: Context) {
  const bind =
    <A extends unknown[], R>(verb: Verb<A, R>) =>
    (...args: A): R =>
      verb(context, ...args)
  const late =
    <A extends unknown[], R>(pick: (module: More) => Verb<A, Promise<R>>) =>
    async (...args: A): Promise<R> =>
      pick(await more())(context, ...args)
  const lateList = <A extends unknown[], T>(pick: (module: More) => Verb<A, AsyncIterable<T>>) =>
    async function* (...args: A): AsyncGenerator<T> {
      yield* pick(await more())(context, ...args)
    }
  return { bind, late, lateList }
}

const optionChecks: OptionChecks<EmbeddedRegistryOptions> = {
  records: undefined,
  blobs: undefined,
  entity: undefined,
  project: undefined,
  defaultTtlSeconds: checkPositiveInteger,
  hasher: undefined,
  pageUrl: checkString,
  statOnRelog: undefined,
  now: undefined,
}

function createContext(options: EmbeddedRegistryOptions): Context {
  const {
    records,
    blobs,
    entity = "local",
    project = "uncategorized",
    pageUrl,
    ...rest
  } = checkOptions("options", options, optionChecks)
  const { defaultTtlSeconds = null, hasher = createJsHasher(), statOnRelog = false, now = Date.now } = rest
  if (typeof records?.put !== "function") refuse("options.records", "a RecordStore", records)
  if (typeof blobs?.put !== "function") refuse("options.blobs", "a BlobStore", blobs)
  return {
    name: `the embedded registry in ${records.name}`,
    records,
    blobs,
    hasher,
    now,
    statOnRelog,
    defaults: checkProject({ entity, project }),
    defaultTtl: defaultTtlSeconds,
    pageUrl: pageUrl?.replace(/\/+$/, ""),
  }
}

/** W&B's address of a version below `pageUrl`; without one, a name that is stable and says what it is: `isofact://entity/project/collection:vN`. */
function versionUrl({ pageUrl }: Context, { collection, index }: Membership): string {
  const { entity, project, type, collection: name } = collection
  const quote = encodeURIComponent
  if (pageUrl === undefined) return `isofact://${quote(entity)}/${quote(project)}/${quote(name)}:v${index}`
  return `${pageUrl}/${quote(entity)}/${quote(project)}/artifacts/${quote(type)}/${quote(name)}/v${index}`
}
