import { checkBoolean } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { objectPath } from "../core/object-path.ts"
import { entryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, MediaDraft, MediaObject } from "../ports.ts"
import { addContent } from "./add.ts"
import { checkCall } from "./call.ts"
import { homeOf, type ObjectPlace, setHome, stateOfSource } from "./object-places.ts"
import { artifactRefUrl, draftRefUrl } from "./reference.ts"
import { addEntryReference, addReference } from "./referencing.ts"
import { type FileSource, openSource } from "./sources.ts"
import type { ArtifactState } from "./state.ts"

export interface AddOptions extends CallOptions {
  /** Replace an entry that has other content. Default: that is an error. */
  readonly overwrite?: boolean | undefined
}

interface DraftObjects {
  readonly places: Map<MediaObject, ObjectPlace>
  /** On their way, by a call of the user. */
  readonly pending: Map<MediaObject, Promise<ObjectPlace>>
}

interface PutOptions extends CallOptions {
  readonly overwrite?: boolean | undefined
  /** The objects that are being added around it. */
  readonly within: readonly MediaObject[]
}

const drafts = /* @__PURE__ */ new WeakMap<ArtifactState, DraftObjects>()
/** Adds a typed object: one JSON file, named by its kind, and the files it names. */
export async function addObject(state: ArtifactState, object: MediaObject, name: string, options: AddOptions = {}): Promise<Entry> {
  const { overwrite, signal } = checkCall(options, { overwrite: checkBoolean })
  state.requireChangeable("add")
  checkObject(object)
  const path = entryPath(name)
  const { pending } = objectsOf(state)
  while (pending.has(object)) await pending.get(object)!.catch(() => undefined)
  const known = knownEntry(state, object)
  if (known !== undefined) return known
  const adding = put(state, object, path, { overwrite, signal, within: [] })
  pending.set(object, adding)
  try {
    return state.requireManifest().get((await adding).path)!
  } finally {
    pending.delete(object)
  }
}

async function put(state: ArtifactState, object: MediaObject, name: string, options: PutOptions): Promise<ObjectPlace> {
  const { overwrite, signal, within } = options
  if (within.includes(object)) {
    throw new InvalidArgumentError("obj", `The ${object.logType} "${name}" contains itself, which no file can hold`)
  }
  const { logType, revision } = object
  const path = objectPath(logType, name)
  const home = finalHome(state, object)
  const entry =
    home === undefined
      ? await addContent(state, await object.toContent(draftOf(state, signal, [...within, object])), {
          path,
          isTmp: name.startsWith("media/tables"),
          overwrite,
          signal,
        })
      : addStored(state, home.state, home.path, path)
  const place = { state, path: entry.path, revision }
  objectsOf(state).places.set(object, place)
  if (home === undefined) setHome(object, place)
  return place
}

/** Of an object that was added before and did not change since: its entry, whatever name it is given now, as in Python. */
function knownEntry(state: ArtifactState, object: MediaObject): Entry | undefined {
  const place = objectsOf(state).places.get(object)
  return place === undefined || place.revision !== object.revision ? undefined : state.requireManifest().get(place.path)
}

/** Another artifact that holds this very object and cannot change any more. */
function finalHome(state: ArtifactState, object: MediaObject): ObjectPlace | undefined {
  const home = homeOf(object)
  if (home === undefined || home.state === state || home.revision !== object.revision || !home.state.final) return undefined
  return home.state.manifest?.get(home.path) === undefined ? undefined : home
}

function draftOf(state: ArtifactState, signal: AbortSignal | undefined, within: readonly MediaObject[]): MediaDraft {
  const { platform } = state
  return {
    signal,
    open: (source) => openSource(source as FileSource, platform, signal),
    entry: (path) => state.requireManifest().get(path),
    addedPath: (localPath) => state.localNames.get(platform.resolvePath(localPath)),
    addFile: (content, { name, isTmp }) => addContent(state, content, { path: entryPath(name), isTmp, signal }),
    addReference: async (uri, { name }) => (await addReference(state, uri, { name, signal }))[0]!,
    addStored: async (source, path) => addStored(state, stateOfSource(source), path, path),
    async add(object, name) {
      checkObject(object)
      // One that is still on its way is not waited for: two that hold each other would wait forever.
      const known = knownEntry(state, object)
      if (known !== undefined) return known
      const { path } = await put(state, object, entryPath(name), { signal, within })
      return state.requireManifest().get(path)!
    },
    keep: async (content) => (await platform.stage().take(content, { owner: state, keep: true, signal })).content,
  }
}

/** An entry of another artifact as a reference; a draft that carries it already needs none. */
function addStored(state: ArtifactState, from: ArtifactState, source: string, path: string): Entry {
  const target = from.requireManifest().get(source)!
  const existing = state.requireChangeable("add").get(path)
  if (existing?.digest === target.digest) return existing
  const { logged, clientId } = from
  const refUrl = logged === undefined ? draftRefUrl(clientId, source) : artifactRefUrl(logged.member.version.id, source)
  return addEntryReference(state, target, refUrl, { name: path })[0]!
}

function objectsOf(state: ArtifactState): DraftObjects {
  const objects = drafts.get(state) ?? { places: new Map(), pending: new Map() }
  drafts.set(state, objects)
  return objects
}

function checkObject(object: unknown): asserts object is MediaObject {
  const { logType, toContent } = (object ?? {}) as Partial<MediaObject>
  if (typeof logType === "string" && typeof toContent === "function") return
  throw new InvalidArgumentError(
    "obj",
    "add takes a typed object of isofact/media: a Table, PartitionedTable, JoinedTable, Classes, Image, ImageMask, BoundingBoxes2D, Audio, " +
      "Video, Html, Object3D, Bokeh or Molecule. For a file use addFile, for many addDir",
  )
}
