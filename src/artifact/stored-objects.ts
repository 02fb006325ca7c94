import { pullStream, readHeld } from "../bytes/streams.ts"
import type { Entry } from "../core/entry.ts"
import { baseName, entryPath } from "../core/path.ts"
import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, Content, MediaObject, MediaSource } from "../ports.ts"
import { parseReferenceUri } from "../references/uri.ts"
import { checkCall } from "./call.ts"
import { readWhole, streamEntry } from "./entry-stream.ts"
import { loadManifest } from "./load.ts"
import { bindSource, setHome } from "./object-places.ts"
import { artifactScheme } from "./reference.ts"
import { artifactIdOf } from "./referencing.ts"
import { ArtifactState, type Logged } from "./state.ts"

/** One object leads to the next, here or in another artifact; more of them than this are forged, possibly a loop. */
const MAX_STEPS = 32

/** The typed object at `name`, with or without the suffix of its kind; undefined when there is none. Only what it is made of is read. */
export async function getObject(state: ArtifactState, name: string, options: CallOptions = {}): Promise<MediaObject | undefined> {
  const { signal } = checkCall(options)
  return find(state, entryPath(name), { signal }, MAX_STEPS)
}

async function find(state: ArtifactState, path: string, options: CallOptions, steps: number): Promise<MediaObject | undefined> {
  const logged = state.requireLiving("get")
  const manifest = await loadManifest(state, options)
  const { findObject, readObject } = await import("../media/read.ts")
  const found = findObject((candidate) => manifest.get(candidate) !== undefined, path)
  if (found === undefined) return undefined
  if (steps === 0) throw new RegistryError(`"${found.path}" of ${logged.name} leads through too many objects, possibly in a circle`)
  const owner = await ownerOf(logged, manifest.get(found.path)!, options)
  if (owner !== undefined) return find(owner.state, owner.path, options, steps - 1)
  const object = await readObject(sourceOf(state, logged, steps - 1), found, options)
  setHome(object, { state, path: found.path, revision: object.revision })
  return object
}

function sourceOf(state: ArtifactState, logged: Logged, steps: number): MediaSource {
  const manifest = state.requireManifest()
  const entry = (path: string): Entry => {
    const found = manifest.get(path)
    if (found !== undefined) return found
    throw new EntryNotFoundError(`Path not contained in "${logged.name}": ${path}`, { path })
  }
  const source: MediaSource = {
    entry,
    list: (folder) => [...manifest.entries.values()].filter(({ path }) => folder === undefined || path.startsWith(`${folder}/`)),
    open: async (path) => entryContent(logged, entry(path)),
    get: (name, options = {}) => find(state, entryPath(name), options, steps),
  }
  return bindSource(source, state)
}

function entryContent(logged: Logged, entry: Entry): Content {
  return {
    stability: "frozen",
    // A reference to another artifact says 0 whatever it is.
    size: entry.ref === undefined ? entry.size : undefined,
    name: baseName(entry.path),
    stream: (options = {}) => lateStream(() => streamEntry(logged, entry, options), options.signal),
    bytes: (options = {}) => readWhole(logged, entry, options),
  }
}

/** A stream that is opened by its first read. */
function lateStream(open: () => Promise<ReadableStream<Uint8Array>>, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const pull = async () => {
    reader ??= (await open()).getReader()
    return (await readHeld(reader)).value
  }
  return pullStream({ pull, cancel: (reason) => reader?.cancel(reason) }, signal)
}

/** Where a reference to another artifact leads. */
async function ownerOf(
  { session }: Logged,
  { ref }: Entry,
  options: CallOptions,
): Promise<{ state: ArtifactState; path: string } | undefined> {
  if (ref === undefined) return undefined
  const uri = parseReferenceUri(ref)
  if (uri.scheme !== artifactScheme) return undefined
  const [member] = await session.registry.memberships(artifactIdOf(uri), options)
  if (member !== undefined) return { state: ArtifactState.of(session, member), path: uri.path.slice(1) }
  throw new EntryNotFoundError(`${uri.text} references an artifact that is not there (any more)`, { path: uri.text })
}
