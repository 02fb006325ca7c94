/**
 * The seams of isofact, types only. Rooms meet here and nowhere else: whatever touches a host, a store or a wire implements one of
 * these and is passed in.
 *
 * Two conventions hold for every method. An aborted `signal` rejects with `signal.reason` and leaves nothing half done. "Absent" is
 * `undefined`, and only a recognised not-found is absent: any other failure rejects with its cause.
 */

import type { Digest } from "./core/digest-text.ts"
import type { Entry } from "./core/entry.ts"
import type { Json } from "./core/json.ts"
import type { ArtifactPath } from "./core/path-string.ts"

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** Bytes `start` to `end`, end exclusive as in `Blob.slice`. Without `end`: to the last byte. */
export interface ByteRange {
  readonly start: number
  readonly end?: number | undefined
}

export interface ReadOptions extends CallOptions {
  readonly range?: ByteRange | undefined
}

// ---------------------------------------------------------------- bytes

/**
 * Bytes that can be read, wherever they are.
 *
 * `stability` says how far they can be trusted to be the same next time: `"frozen"` can never change (a `Blob`, a stored blob),
 * `"volatile"` may change beneath us (a path, a caller's typed array), `"once"` can be read a single time (a stream).
 */
export interface Content {
  readonly stability: "frozen" | "volatile" | "once"
  /** Bytes, when known before reading. */
  readonly size?: number | undefined
  /** What to call it in a message, and the default entry name. */
  readonly name?: string | undefined
  /** A file on this machine that holds exactly these bytes; lets adapters clone instead of copy. */
  readonly path?: string | undefined
  /** A `Blob` of exactly these bytes; lets adapters hand it to the platform or to another thread instead of reading it. */
  readonly blob?: Blob | undefined
  /** Changes whenever the file is touched; lets a reader hash once and then trust. Absent: unknown. */
  readonly version?: string | undefined
  stream(options?: ReadOptions): ReadableStream<Uint8Array>
  /** All of it at once; for small content this is much cheaper than a stream. */
  bytes?(options?: CallOptions): Promise<Uint8Array>
}

/** One running hash. */
export interface HashState {
  update(bytes: Uint8Array): void | Promise<void>
  /** Ends the hash; the state cannot be used again. */
  digest(): Digest | Promise<Digest>
}

/**
 * Bytes → MD5. An engine that cannot load in this runtime rejects at the first call and says what to use instead.
 */
export interface Hasher {
  create(): Promise<HashState>
  /** One whole piece. */
  hash(bytes: Uint8Array): Digest | Promise<Digest>
  /** Many whole pieces, in order. Engines with SIMD lanes hash them side by side; others loop. */
  hashMany?(pieces: readonly Uint8Array[]): Promise<Digest[]>
}

/** A hash that runs on another thread. `update` takes what `allocate` made; nobody may write to it until that has settled. */
export interface ThreadHash extends HashState {
  update(bytes: Uint8Array): Promise<void>
  /** Ends a hash whose digest nobody wants. Never rejects. */
  abandon(): Promise<void>
}

/** Hashes large files beside this thread, a few at a time. */
export interface HashThreads {
  /** Memory that all threads see. */
  allocate(bytes: number): Uint8Array
  /** Resolves with undefined where no thread is free, or none can be started. */
  open(): Promise<ThreadHash | undefined>
}

// ---------------------------------------------------------------- storage

export interface BlobInfo {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Milliseconds since the epoch: when it was stored or last asked for by `put`. */
  readonly modifiedAt: number
}

/**
 * Immutable bytes by digest.
 *
 * `put` verifies: bytes that do not hash to `digest` reject with `DigestMismatchError` and leave nothing. A blob appears whole or
 * not at all, also when the process is killed. `put` of a blob that is there already and has the right size refreshes its
 * `modifiedAt` and stores nothing. `get` does not verify (a stored blob may have rotted): readers do.
 */
export interface BlobStore {
  /** What to call it in a message: `"memory"`, or a directory. */
  readonly name: string
  /** Whether reading a blob crosses a network, so that a local cache in front of it pays. */
  readonly remote: boolean
  stat(digest: Digest, options?: StatOptions): Promise<BlobInfo | undefined>
  /** `"stored"` when bytes were written, `"present"` when the blob was there. `replace` overwrites a blob that is known to have rotted. */
  put(digest: Digest, content: Content, options?: PutOptions): Promise<"stored" | "present">
  get(digest: Digest, options?: CallOptions): Promise<Content | undefined>
  /** Absent is fine. */
  delete(digest: Digest, options?: CallOptions): Promise<void>
  /**
   * Takes a blob that is known to be damaged out of sight, keeping its bytes for somebody who wants to rescue them until `sweep` removes
   * them after 30 days. Absent is fine.
   */
  setAside?(digest: Digest, options?: CallOptions): Promise<void>
  list(options?: CallOptions): AsyncIterable<BlobInfo>
  /**
   * An address where the bytes can be read, or sent, by whoever has it. A `PUT` there stores nothing but these bytes: the store itself
   * refuses others. Absent where a store has no address of its own.
   */
  readonly sign?: ((method: "GET" | "PUT", digest: Digest, options: SignOptions) => Promise<SignedRequest>) | undefined
  /** Removes what writers that died left behind and nobody can still be writing; returns the bytes freed. */
  sweep?(options?: CallOptions): Promise<number>
}

export interface StatOptions extends CallOptions {
  /** Bytes that it should have, when known: a store of several places then looks in one. */
  readonly size?: number | undefined
}

export interface PutOptions extends CallOptions {
  readonly replace?: boolean | undefined
  /** Called with the bytes written since the last call. */
  readonly onBytes?: ((count: number) => void) | undefined
  /**
   * The blobs of this store that the content is made of, one after the other, where it is: a store that can joins them where they are. The
   * content has to be readable twice, and is proven all the same. Default: its bytes are sent.
   */
  readonly parts?: readonly StoredFile[] | undefined
}

/** A record and the tag that changes whenever it does. */
export interface RecordEntry {
  readonly key: string
  readonly value: Json
  readonly etag: string
}

/**
 * Small mutable JSON documents by key, changed by compare-and-swap: a writer names the etag it read (or `null` for "must not exist
 * yet") and learns whether it won. Writes are durable and whole when `put` resolves.
 *
 * A key is one or more segments joined by `/`; each segment matches `[A-Za-z0-9._~%-]+` and is not `.` or `..` (callers
 * percent-encode names).
 */
export interface RecordStore {
  readonly name: string
  get(key: string, options?: CallOptions): Promise<RecordEntry | undefined>
  /** The new etag, or `undefined` when the record is no longer as `etag` says: read again and retry. */
  put(key: string, value: Json, etag: string | null, options?: CallOptions): Promise<string | undefined>
  /** Whether it was removed; `false` when the record has changed since `etag`. */
  delete(key: string, etag: string, options?: CallOptions): Promise<boolean>
  /** Every record whose key starts with `prefix + "/"`, keys ascending by code unit. */
  list(prefix: string, options?: ListRecordsOptions): AsyncIterable<RecordEntry>
  sweep?(options?: CallOptions): Promise<number>
}

export interface ListRecordsOptions extends CallOptions {
  /** Told of each record that cannot be read, in stores that can tell; it is then left out. Default: the first one rejects. */
  readonly onDamaged?: ((error: unknown) => void) | undefined
}

/** Holds what was added to a draft until it is stored. */
export interface Stage {
  /**
   * Reads `content` once, hashing. With `keep`, what it returns can be read later and does not change when the source does; without,
   * the source itself is returned if it can be read again.
   */
  take(content: Content, options: StageOptions): Promise<StagedContent>
  /** Lets go of everything taken for `owner`. */
  release(owner: object): Promise<void>
}

export interface StageOptions extends CallOptions {
  /** The draft it is for; {@link Stage.release} frees by it. */
  readonly owner: object
  readonly keep: boolean
  readonly onBytes?: ((count: number) => void) | undefined
}

export interface StagedContent {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly content: Content
  /** The same bytes by another way, if `content` turns out to be damaged. */
  readonly alternative?: Content | undefined
}

/** A tree of files that a download writes into. Paths are entry paths: relative, `/`-separated, already proven safe as names. */
export interface Directory {
  /** What `download` returns and messages show: a path where the platform has paths. */
  readonly name: string
  /** The file at `path`, or undefined. A directory or a special file there is a `StorageError`. */
  open(path: string, options?: CallOptions): Promise<Content | undefined>
  /**
   * Writes a file whole: under a temporary name, verified against `expect` when given, then under its final name, replacing what
   * was there. Never writes outside the tree: a symbolic link on the way is a `StorageError`.
   */
  put(path: string, content: Content, options?: DirectoryPutOptions): Promise<StoredFile>
  /** Removes a file, and directories left empty by it. Absent is fine. */
  remove(path: string, options?: CallOptions): Promise<void>
  /** Every file below, in no order. */
  list(options?: CallOptions): AsyncIterable<{ readonly path: string; readonly size: number }>
  /** Base64 MD5 of the file at `path`, or undefined when there is none. */
  digest(path: string, options?: CallOptions): Promise<StoredFile | undefined>
}

export interface StoredFile {
  readonly digest: Digest
  readonly size: number
}

export interface DirectoryPutOptions extends CallOptions {
  readonly expect?: Digest | undefined
  readonly onBytes?: ((count: number) => void) | undefined
}

// ---------------------------------------------------------------- registry

export type CollectionKind = "sequence" | "portfolio"
export type ArtifactState = "PENDING" | "COMMITTED" | "DELETED"

/** Seconds until a version expires; `"inherit"`: the default of its team; `null`: never. */
export type Ttl = number | "inherit" | null

export interface ProjectRef {
  readonly entity: string
  readonly project: string
}
export interface CollectionRef extends ProjectRef {
  readonly collection: string
}
export interface RunRef extends ProjectRef {
  /** The run's id, the last part of its path; not its display name. */
  readonly run: string
}
export interface VersionRef extends CollectionRef {
  /** Zero-based number of the version in this collection. */
  readonly index: number
}

/** A version, as everyone sees it whatever collection it was reached through. */
export interface VersionRecord {
  /** Opaque, and valid padded base64: references embed it. */
  readonly id: string
  /** Where it was first logged. `index` is undefined while pending. */
  readonly source: CollectionRef & { readonly index: number | undefined }
  readonly type: string
  readonly state: ArtifactState
  /** Hex MD5 of the manifest. */
  readonly digest: string
  readonly description: string | null
  readonly metadata: { readonly [key: string]: Json }
  /** The JSON text of `metadata`, where it says more: whole numbers beyond 2^53, `1.0`, the order of keys that are numbers. */
  readonly metadataText?: string | undefined
  readonly tags: readonly string[]
  /** Effective time to live, seconds; null: never. */
  readonly ttl: number | null
  readonly ttlIsInherited: boolean
  /** Bytes, references included. */
  readonly size: number
  readonly fileCount: number
  readonly commitHash: string | null
  readonly historyStep: number | null
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly updatedAt: string | null
}

/** One version in one collection: its number and nicknames there. */
export interface Membership {
  readonly collection: CollectionRecord
  /** Where the version was first logged; the same as `collection` unless this is a link. */
  readonly sourceCollection: CollectionRecord
  readonly index: number
  /** Without `vN`. */
  readonly aliases: readonly string[]
  /** When it joined this collection. ISO 8601, UTC. */
  readonly createdAt: string
  readonly version: VersionRecord
}

export interface CollectionRecord extends CollectionRef {
  readonly id: string
  readonly kind: CollectionKind
  readonly type: string
  readonly description: string | null
  readonly tags: readonly string[]
  readonly createdAt: string
  readonly updatedAt: string | null
}

export interface ProjectRecord extends ProjectRef {
  readonly id: string
  readonly description: string | null
  /** The only types its collections may have; null: any. W&B's registries (projects named `wandb-registry-…`) use it. */
  readonly artifactTypes: readonly string[] | null
  readonly createdAt: string
  readonly updatedAt: string | null
}

/** What is undefined is left alone. */
export interface ProjectChanges {
  /** Only of a project that is there and in which nothing was logged, such as a registry: links go along. */
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly artifactTypes?: readonly string[] | null | undefined
}

export interface ArtifactTypeRecord {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly createdAt: string
}

export interface RunRecord extends RunRef {
  readonly id: string
  readonly displayName: string
  readonly jobType: string | null
  readonly group: string | null
  readonly notes: string | null
  readonly tags: readonly string[]
  readonly config: { readonly [key: string]: Json }
  /** The JSON text of `config`, where it says more, as in {@link VersionRecord.metadataText}. */
  readonly configText?: string | undefined
  /** Absent, as what follows, where the registry keeps none. */
  readonly description?: string | null | undefined
  /** The machine that it ran on. */
  readonly host?: string | undefined
  /** What the run says came out of it. */
  readonly summary?: { readonly [key: string]: Json } | undefined
  /** The JSON text of `summary`, where it says more. */
  readonly summaryText?: string | undefined
  /** Lines of its history that were sent, and the step of the last. */
  readonly historyLineCount?: number | undefined
  readonly lastStep?: number | undefined
  /** ISO 8601, UTC. Null for one that has sent none since it was started. */
  readonly heartbeatAt?: string | null | undefined
  /** `"crashed"`: its heartbeat stopped, so it is not known whether it goes on. */
  readonly state: "running" | "finished" | "failed" | "crashed"
  readonly createdAt: string
}

export interface RunInput extends RunRef, RunChanges {}

/** What a run sends of itself while it goes on. */
export interface RunNews {
  /** Lines from the `offset`-th on, each the JSON text of an object. A registry may note no more than where they end. */
  readonly history?: { readonly offset: number; readonly lines: readonly string[] } | undefined
  /** All of it, the JSON text of an object. */
  readonly summary?: string | undefined
}

/** What is undefined is left alone. */
export interface RunChanges {
  readonly displayName?: string | undefined
  readonly description?: string | undefined
  readonly host?: string | undefined
  readonly jobType?: string | undefined
  readonly group?: string | undefined
  readonly notes?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** An object, or the JSON text of one, of which nothing is lost. */
  readonly config?: { readonly [key: string]: Json } | string | undefined
  /** All of it, likewise. A registry may keep no more than the smaller members of a large one. */
  readonly summary?: { readonly [key: string]: Json } | string | undefined
}

/** What W&B calls `CreateArtifactInput`, protocol.md 3.3. */
export interface NewVersion extends CollectionRef {
  readonly type: string
  /** Hex MD5 of the manifest, for deduplication. */
  readonly digest: string
  /** What the digest covers; only a full manifest says what the version will be. Default `"FULL"`. */
  readonly kind?: ManifestKind | undefined
  readonly description?: string | null | undefined
  /** An object, or the JSON text of one, of which nothing is lost. */
  readonly metadata?: { readonly [key: string]: Json } | string | undefined
  readonly aliases?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  /** Undefined: inherit for a new version, leave alone for one that is there already. */
  readonly ttl?: Ttl | undefined
  readonly run?: RunRef | undefined
  readonly historyStep?: number | undefined
  /** 1 to 128 characters of `[A-Za-z0-9]`; creating again with the same id and digest returns the same version. */
  readonly clientId: string
  readonly baseId?: string | undefined
  /** Writers that name the same one share a pending version, until one commits. */
  readonly distributedId?: string | undefined
  /** Where the bytes should live, for registries with regions. */
  readonly storageRegion?: string | undefined
}

/** What a manifest upload contains: everything, only what is new over the base, or one writer's share. protocol.md 2.5. */
export type ManifestKind = "FULL" | "INCREMENTAL" | "PATCH"

export interface PendingVersion {
  readonly id: string
  /** `"COMMITTED"`: this content is a version already and there is nothing left to do. */
  readonly state: ArtifactState
  /** The version that was the latest before. */
  readonly latestId: string | undefined
}

export interface UploadRequest {
  readonly path: string
  readonly digest: Digest
  /** Bytes; undefined where the asker does not know, as over W&B's wire. */
  readonly size: number | undefined
}

/** The answer to an {@link UploadRequest}: no `put` means the bytes are there. */
export interface UploadTicket {
  /** Id of the version under which these bytes were first stored. */
  readonly birthArtifactId: string
  /** Bytes that are stored under the digest, when there are some and it is known how many. */
  readonly storedSize?: number | undefined
  put?(content: Content, options?: PutOptions): Promise<void>
  /** Where somebody else can send the bytes without passing this process; absent where that is not possible. */
  readonly sign?: ((options: SignOptions) => Promise<SignedRequest>) | undefined
}

export interface SignOptions extends CallOptions {
  readonly expiresInSeconds: number
}

/** A request that is its own permission: whoever has it can make it until it expires. Never put it into a message or a log. */
export interface SignedRequest {
  readonly url: string
  /** To be sent exactly as they are. */
  readonly headers: { readonly [name: string]: string }
}

export interface VersionChanges {
  readonly description?: string | null | undefined
  /** An object, or the JSON text of one, of which nothing is lost. */
  readonly metadata?: { readonly [key: string]: Json } | string | undefined
  readonly addTags?: readonly string[] | undefined
  readonly removeTags?: readonly string[] | undefined
  readonly ttl?: Ttl | undefined
}

export interface CollectionChanges {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly type?: string | undefined
  readonly addTags?: readonly string[] | undefined
  readonly removeTags?: readonly string[] | undefined
}

export interface OpenFileOptions extends CallOptions {
  /**
   * The last bytes of this file that were read were not what they should be. A registry that can have them proven where they are stored
   * does, so that what has rotted there is noticed there. Default false.
   */
  readonly isDoubted?: boolean | undefined
}

/**
 * Tells which manifest a name and version mean. The domain, not the wire: the embedded registry and W&B's client both implement
 * it, one publisher and one downloader drive either, and the server exposes any.
 *
 * Publishing is `createVersion` → `requestUploads` and `put` what is missing → `storeManifest` → `commitVersion`. A version is visible
 * only after its commit, and every step may be repeated.
 */
export interface Registry {
  /** What to call it in a message. Never holds a key. */
  readonly name: string
  /** Whether bytes cross a network, so that a local cache pays. */
  readonly remote: boolean
  /** The entity and project meant when a path names none. */
  defaults(options?: CallOptions): Promise<ProjectRef>
  /**
   * The same place by the name that it is kept under, in registries that take several for one: W&B's finds those of an organization by
   * its teams' names too. Whoever guards a registry decides by this. Absent: every place has one name.
   */
  canonical?<T extends ProjectRef>(ref: T, options?: CallOptions): Promise<T>

  /** Starts a run, or goes on with one. */
  upsertRun(run: RunInput, options?: CallOptions): Promise<RunRecord>
  /** Changes a run that is there, and leaves alone whether it goes on. */
  updateRun(run: RunRef, changes: RunChanges, options?: CallOptions): Promise<RunRecord>
  /** Tells that a run goes on, with what is new of it, if anything. One that has told so and then falls silent counts as crashed. */
  heartbeat(run: RunRef, news: RunNews, options?: CallOptions): Promise<void>
  finishRun(run: RunRef, exitCode: number, options?: CallOptions): Promise<void>
  /**
   * What the run logged stays, and has no run that logged it. With `deleteVersions` it goes as well, with its aliases and links; a registry
   * may spare what another run logged or used too.
   */
  deleteRun(run: RunRef, options?: CallOptions & { readonly deleteVersions?: boolean }): Promise<void>
  getRun(run: RunRef, options?: CallOptions): Promise<RunRecord | undefined>
  /** Every run of a project, each once; none where there is no such project. */
  runs(project: ProjectRef, options?: CallOptions): AsyncIterable<RunRecord>

  createVersion(input: NewVersion, options?: CallOptions): Promise<PendingVersion>
  /** One ticket per request, in order. Rejects with `DigestMismatchError` from a ticket's `put` when content and digest differ. */
  requestUploads(versionId: string, files: readonly UploadRequest[], options?: CallOptions): Promise<UploadTicket[]>
  /** Stores the manifest of a pending version, or one writer's share of it; the version stays invisible. */
  storeManifest(versionId: string, manifest: ManifestUpload, options?: CallOptions): Promise<void>
  /** Makes the version visible, with its aliases moved. Idempotent. */
  commitVersion(versionId: string, options?: CallOptions): Promise<Membership>

  /** `path.alias` is an alias, `vN`, or absent for `latest`. */
  findVersion(path: ArtifactPath & CollectionRef, options?: CallOptions): Promise<Membership | undefined>
  /** Its record, also while it is pending and once it is deleted. */
  getVersion(id: string, options?: CallOptions): Promise<VersionRecord | undefined>
  /** The version that a client id stands for, also while pending. */
  resolveClientId(clientId: string, options?: CallOptions): Promise<string | undefined>
  /** The collections a version is in, its source first. */
  memberships(id: string, options?: CallOptions): Promise<Membership[]>
  /** Manifest JSON text. */
  getManifest(id: string, options?: CallOptions): Promise<string>
  /** One stored file, by the membership it was reached through. Not verified: the reader does that. */
  openFile(member: VersionRef & { readonly id: string }, file: StoredEntry, options?: OpenFileOptions): Promise<Content>
  /** A reader found stored bytes that are not what their digest says: forget them, so that logging the same content stores it anew. */
  reportCorrupt?(digest: Digest, options?: CallOptions): Promise<void>
  /** An address that a browser or another program can GET, when the registry can give one. `UnsupportedError`: not one that lasts as asked. */
  readonly fileUrl?:
    | ((
        member: VersionRef & { readonly id: string },
        file: StoredEntry,
        options?: CallOptions & { readonly expiresInSeconds?: number },
      ) => Promise<string>)
    | undefined
  /** The registry's own page for a version. */
  versionUrl(membership: Membership): string

  updateVersion(id: string, changes: VersionChanges, options?: CallOptions): Promise<VersionRecord>
  addAliases(member: VersionRef, aliases: readonly string[], options?: CallOptions): Promise<void>
  removeAliases(member: VersionRef, aliases: readonly string[], options?: CallOptions): Promise<void>
  /** Rejects with `ConflictError` when it has aliases and they were not given up. */
  deleteVersion(id: string, options?: CallOptions & { readonly deleteAliases?: boolean }): Promise<void>
  link(id: string, target: CollectionRef, aliases: readonly string[], options?: CallOptions): Promise<Membership>
  unlink(member: VersionRef, options?: CallOptions): Promise<void>

  useVersion(member: VersionRef & { readonly id: string }, run: RunRef, options?: CallOptions): Promise<void>
  loggedBy(id: string, options?: CallOptions): Promise<RunRecord | undefined>
  usedBy(id: string, options?: CallOptions): Promise<RunRecord[]>
  runVersions(run: RunRef, direction: "logged" | "used", options?: CallOptions): AsyncIterable<Membership>

  /** Of one entity, or of all that may be seen; in order of their names. */
  projects(entity: string | undefined, options?: CallOptions): AsyncIterable<ProjectRecord>
  getProject(ref: ProjectRef, options?: CallOptions): Promise<ProjectRecord | undefined>
  /** Creates it, or changes what is there. */
  upsertProject(ref: ProjectRef, changes: ProjectChanges, options?: CallOptions): Promise<ProjectRecord>
  /** With all its collections. */
  deleteProject(ref: ProjectRef, options?: CallOptions): Promise<void>

  types(project: ProjectRef, options?: CallOptions): AsyncIterable<ArtifactTypeRecord>
  collections(project: ProjectRef, type: string | undefined, options?: CallOptions): AsyncIterable<CollectionRecord>
  getCollection(ref: CollectionRef, options?: CallOptions): Promise<CollectionRecord | undefined>
  updateCollection(ref: CollectionRef, changes: CollectionChanges, options?: CallOptions): Promise<CollectionRecord>
  /** A sequence takes its versions with it, a portfolio only its links. */
  deleteCollection(ref: CollectionRef, options?: CallOptions): Promise<void>
  collectionAliases(ref: CollectionRef, options?: CallOptions): Promise<string[]>
  /** Newest first. */
  versions(ref: CollectionRef, options?: CallOptions): AsyncIterable<Membership>
}

export interface ManifestUpload {
  readonly kind: ManifestKind
  /** Manifest JSON text. */
  readonly json: string
  /** Bytes, references included. */
  readonly size: number
  readonly fileCount: number
  /** Id of the version that an incremental one comes on top of. Default: the one its version was created on, else the latest. */
  readonly baseId?: string | undefined
}

/** What a registry needs to know of a manifest entry to hand out its bytes. */
export interface StoredEntry {
  readonly path: string
  readonly digest: Digest
  /** Of what the digest is, where it is not the MD5. */
  readonly alg?: "XXH128" | undefined
  readonly size: number | undefined
  readonly birthArtifactId: string | undefined
}

// ---------------------------------------------------------------- references

/** A URI cut the way Python's `urlparse` does it, so that both tools name the same object; nothing is decoded. */
export interface ReferenceUri {
  readonly text: string
  /** Lower case. */
  readonly scheme: string
  /** Bucket, host, artifact id. */
  readonly authority: string
  /** With its leading `/`. */
  readonly path: string
  readonly query: string
  readonly fragment: string
}

export interface TrackOptions extends CallOptions {
  /** Entry path, or the folder for what a directory holds. */
  readonly name: string | undefined
  readonly checksum: boolean
  readonly maxObjects: number
}

/**
 * How far the bytes behind a reference are known to be those that were recorded. `"bytes"`: they hash to it; `"version"`: the store says
 * that they are that version; `"none"`: nothing was recorded that could be compared.
 */
export type ReferenceProof = "bytes" | "version" | "none"

/** Bytes a reference points at. Reading them fails with `DigestMismatchError` as soon as the store has another version than `proof` says. */
export interface ReferencedContent {
  readonly content: Content
  readonly proof: ReferenceProof
  /** With the proof `"bytes"`: what they must hash to, which is left to the reader. */
  readonly expect: Digest | undefined
  /** Whether they are here, so that hashing the whole to prove a range of it costs no more than reading it. Default false. */
  readonly isLocal?: boolean | undefined
}

/** Copies of what references point at, each known by the address, the digest and the size that its entry recorded. */
export interface ReferenceCache {
  get(entry: ReferenceEntry, options?: CallOptions): Promise<Content | undefined>
  /** Keeps a copy once all of `content` has been read, and hands it out: also one that `get` does not find, as its size is not the recorded one. */
  put(entry: ReferenceEntry, content: Content, options?: CallOptions): Promise<Content>
}

/** One kind of place that references point to. */
export interface ReferenceHandler {
  handles(uri: ReferenceUri): boolean
  /** The entries that stand for what is at `uri`. Nothing there: `EntryNotFoundError`. */
  track(uri: ReferenceUri, options: TrackOptions): Promise<Entry[]>
  /** Nothing there: `EntryNotFoundError`, from here or from the first read. */
  open(entry: ReferenceEntry, options?: CallOptions): Promise<ReferencedContent>
}

/** An entry that stands for bytes elsewhere. */
export interface ReferenceEntry extends Entry {
  readonly ref: string
}

// ---------------------------------------------------------------- media

/** What `Artifact.add` takes and `Artifact.get` gives: a typed object that is one JSON file and the files it names. */
export interface MediaObject {
  /** W&B's name of its kind, as in `"image-file"`; the suffix of its entry: `name.image-file.json`. */
  readonly logType: string
  /** Grows with each change. Added once more elsewhere, an object that did not change becomes a reference. Absent: it never changes. */
  readonly revision?: number
  /** The bytes of its JSON file, after the files and objects it names were added to `draft`. */
  toContent(draft: MediaDraft): Promise<Content>
}

/** The draft that a media object is being added to. */
export interface MediaDraft extends CallOptions {
  /** Anything that `Artifact.addFile` takes, ready to be read. */
  open(source: unknown): Promise<Content>
  /** What is in it already. */
  entry(path: string): Entry | undefined
  /** The path of the entry that was added from this local file. */
  addedPath(localPath: string): string | undefined
  /** Adds a file, once per path and content. `isTmp`: its content's MD5 stands for the base name up to the first dot. */
  addFile(content: Content, options: { readonly name: string; readonly isTmp?: boolean }): Promise<Entry>
  /** Tracks what lives elsewhere. */
  addReference(uri: string, options: { readonly name: string }): Promise<Entry>
  /** A file of a version, by reference, under the path it has there. */
  addStored(source: MediaSource, path: string): Promise<Entry>
  /** Adds an object, once however often it comes. */
  add(object: MediaObject, name: string): Promise<Entry>
  /** Bytes that can be read again, kept beside the draft until it is logged or dropped: where a large object is put together. */
  keep(content: Content): Promise<Content>
}

/** The version that a media object was read from. */
export interface MediaSource {
  /** @throws EntryNotFoundError */
  entry(path: string): Entry
  /** The entries below a folder, in the order of the manifest; of all folders without one. */
  list(folder?: string): readonly Entry[]
  /** Verified bytes; references are followed. @throws EntryNotFoundError */
  open(path: string, options?: CallOptions): Promise<Content>
  /** The object at `name`, as `Artifact.get` finds it. */
  get(name: string, options?: CallOptions): Promise<MediaObject | undefined>
}

// ---------------------------------------------------------------- the runtime

/** Copies kept on this machine of what crosses a network. */
export interface Cache extends BlobStore {
  /** Absent: what references point at is not kept. */
  readonly references?: ReferenceCache | undefined
}

/** What a door supplies: defaults for its runtime, each of which the caller can replace. */
export interface Platform {
  /** `"node"`, `"browser"`, …: for messages only, nothing branches on it. */
  readonly name: string
  readonly hasher: Hasher
  /** Environment variables, where the runtime has them. */
  env(name: string): string | undefined
  /** A local path or `file:` URL as content; rejects with `InvalidArgumentError` when it is not a file. */
  openFile(path: string, options?: CallOptions): Promise<Content>
  /** Every file below a local directory, as entry path and content, but for what registries keep there in `.isofact`. */
  walk(path: string, options?: WalkOptions): AsyncIterable<readonly [path: string, content: Content]>
  /** What is at a local path; undefined for nothing, a special file, or text that is no path. */
  locate(path: string): Promise<LocalPlace | undefined>
  /** The local path as `openFile` and `walk` report it in `Content.path`. */
  resolvePath(path: string): string
  /** Whether a path names a file that other programs can open, so that `artifact.file()` answers with one. Absent: no. */
  readonly hasPaths?: boolean | undefined
  /** Where a download goes: a local path, the same text in the runtime's own file system, or a folder that was picked. */
  directory(place: string | DirectoryHandle, options?: CallOptions): Promise<Directory>
  stage(): Stage
  cache(): Cache | undefined
  /**
   * The embedded registry used when `init` and `Api` are given none; the same object for the same place.
   *
   * @param options.dir where its `.isofact` is; default the working directory, or the runtime's one place
   */
  registry(options?: { readonly dir?: string | undefined }): Registry
  /** The registry that the environment asks for in place of the embedded one, where there is an environment: `WANDB_MODE=online`. */
  remoteRegistry?(): Registry | undefined
  /** Handlers of references, asked before those of isofact, the first first. Default: none. */
  readonly references?: readonly ReferenceHandler[] | undefined
  /** Files read, stored or written at once unless the caller says otherwise. */
  readonly concurrency: number
}

/** A `FileSystemDirectoryHandle`, picked or of OPFS, by what tells it from other objects; programs need not have the DOM's types. */
export interface DirectoryHandle {
  readonly kind: "directory"
  readonly name: string
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<unknown>
  getFileHandle(name: string, options?: { create?: boolean }): Promise<unknown>
}

export interface LocalPlace {
  readonly kind: "file" | "directory"
  /** Absolute, symbolic links resolved. */
  readonly realPath: string
  /** Bytes, of a file. */
  readonly size: number
}

export interface WalkOptions extends CallOptions {
  /** What to do with symbolic links. Default `"follow"`, as Python does; `"files"` follows those to files only. */
  readonly links?: "follow" | "files" | "skip" | "error" | undefined
  /** Entry paths to leave out. */
  readonly ignore?: ((path: string) => boolean) | undefined
}
