import { digestToHex, isDigest } from "../core/digest-text.ts"
import { type Entry, hasMd5 } from "../core/entry.ts"
import { Manifest } from "../core/manifest.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { Membership, StoredEntry, VersionRef } from "../ports.ts"
import type { Call } from "./call.ts"
import { connection, type PageArgs } from "./connection.ts"
import { contentTypeOf } from "./content-type.ts"
import { formatId } from "./ids.ts"
import { may } from "./principal.ts"
import { fileUrl, storagePath } from "./urls.ts"

export interface FileArgs extends PageArgs {
  readonly names?: readonly string[] | null | undefined
}

/** Every entry of a version's manifest in its order, references included: clients download only what is listed here. */
export function entriesOf(call: Call, id: string): Promise<Entry[]> {
  // The cache is shared by all who ask, so only the guarded registry may say whether this one may see it.
  const load = async () => Array.from(Manifest.decode(await call.setup.registry.getManifest(id)).entries.values())
  return call.setup.manifests.get(id, load)
}

export async function fileList(call: Call, find: () => Promise<Membership | undefined>, args: FileArgs) {
  const member = await find()
  // Whoever has just made it is shown what became of it, also without the right to read it.
  if (member === undefined || !may(call.principal, "read", member.collection))
    return connection(
      call,
      async () => [],
      () => ({}),
      args,
    )
  const names = args.names && new Set(args.names)
  const all = async () => {
    const entries = await entriesOf(call, member.version.id)
    return names ? entries.filter(({ path }) => names.has(path)) : entries
  }
  return connection(call, all, (entry) => ({ node: fileView(call, member, entry) }), args)
}

interface EntriesArgs {
  readonly entries?: readonly { readonly name: string; readonly digest: string }[] | null | undefined
}

/** Those of the entries that the version has, in the order asked. */
export async function filesByEntries(call: Call, find: () => Promise<Membership | undefined>, args: EntriesArgs) {
  const member = await find()
  const asked = args.entries ?? []
  const all = async () => {
    const known = member && new Map((await entriesOf(call, member.version.id)).map((entry) => [entry.path, entry]))
    return asked.map(({ name, digest }) => {
      const entry = known?.get(name)
      if (entry?.digest === digest) return entry
      throw new EntryNotFoundError(`This version has no ${JSON.stringify(name)} with that digest.`, { path: name })
    })
  }
  return connection(call, all, (entry) => ({ node: fileView(call, member!, entry) }), { first: asked.length })
}

function fileView(call: Call, member: Membership, entry: Entry) {
  const { path, digest, size } = entry
  const stored = storedEntry(entry)
  const url = async () => (stored === undefined ? "" : fileUrl(call, refOf(member), stored))
  const { version } = member
  return {
    __typename: "File",
    id: formatId("File", version.id, path),
    name: path,
    displayName: path,
    url,
    directUrl: url,
    storagePath: stored === undefined ? null : storagePath(stored.digest),
    sizeBytes: size ?? 0,
    mimetype: contentTypeOf(path),
    updatedAt: version.createdAt,
    digest,
    md5: stored === undefined || stored.alg !== undefined ? null : digestToHex(stored.digest),
  }
}

/** Undefined for a reference, whose bytes are elsewhere. */
export function storedEntry(entry: Entry): StoredEntry | undefined {
  const { path, digest, size, ref, birthArtifactId } = entry
  if (ref !== undefined || !isDigest(digest)) return undefined
  return { path, digest, ...(!hasMd5(entry) && { alg: "XXH128" }), size, birthArtifactId }
}

export function refOf({ collection, index, version }: Membership): VersionRef & { readonly id: string } {
  const { entity, project } = collection
  return { entity, project, collection: collection.collection, index, id: version.id }
}
