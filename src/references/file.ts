import type { Digest } from "../core/digest-text.ts"
import { digestFromBytes } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { md5 } from "../core/md5.ts"
import { baseName, entryPath, joinEntryPath } from "../core/path.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type {
  CallOptions,
  Content,
  LocalPlace,
  Platform,
  ReferenceEntry,
  ReferenceHandler,
  ReferenceUri,
  TrackOptions,
} from "../ports.ts"
import { parseReferenceUri } from "./uri.ts"

/** What a `file:` reference needs of the runtime. */
export interface LocalFiles extends Pick<Platform, "openFile" | "walk" | "locate"> {
  hash(content: Content, options: CallOptions): Promise<{ readonly digest: Digest; readonly size: number }>
}

/** `file:` references: a file, or every file below a directory, tracked by content MD5 without being stored. */
export function createFileReferences(files: LocalFiles): ReferenceHandler {
  return {
    handles: (uri) => uri.scheme === "file",
    track: (uri, options) => trackFiles(files, uri, options),
    async open(entry, options = {}) {
      const uri = parseReferenceUri(entry.ref)
      const place = await findFile(files, uri, entry, options)
      if (place === undefined) {
        throw new EntryNotFoundError(`"${entry.path}" references ${entry.ref}, and there is no such file`, { path: entry.path })
      }
      const unchecked = entry.digest === uriDigest(place.realPath)
      const content = await files.openFile(place.realPath, options)
      if (unchecked) return { content, proof: "none", expect: undefined, isLocal: true }
      return { content, proof: "bytes", expect: entry.digest as Digest, isLocal: true }
    },
  }
}

async function trackFiles(
  files: LocalFiles,
  uri: ReferenceUri,
  { name, checksum, maxObjects, signal }: TrackOptions,
): Promise<Entry[]> {
  const root = decodePath(uri.path)
  const place = await files.locate(root)
  if (place === undefined) {
    throw new EntryNotFoundError(`Path '${uri.text}' must be a valid file or directory path: nothing is there`, { path: uri.text })
  }
  const describe = async (path: string, ref: string, content: Content): Promise<Entry> => {
    if (checksum) {
      const { digest, size } = await files.hash(content, { signal })
      return { path, ref, size, digest }
    }
    const { realPath, size } = (await files.locate(content.path ?? root)) ?? place
    return { path, ref, size, digest: uriDigest(realPath) }
  }
  if (place.kind === "file") {
    const content = await files.openFile(root, { signal })
    return [await describe(entryPath(name ?? baseName(root)), uri.text, content)]
  }
  const entries: Entry[] = []
  for await (const [path, content] of files.walk(root, { links: "files", signal })) {
    if (entries.length === maxObjects) {
      throw new InvalidArgumentError(
        "options.maxObjects",
        `Exceeded ${maxObjects} objects tracked; pass a larger maxObjects to addReference`,
      )
    }
    const ref = `${uri.text.replace(/\/+$/, "")}/${path}`
    entries.push(await describe(entryPath(joinEntryPath(name ?? "", path)), ref, content))
  }
  return entries
}

/**
 * Python writes names into directory references undecoded but decodes them when reading, so a reference to `a%20b` may mean either that
 * or `a b`. Where both are there, the one that has the digest is meant.
 */
async function findFile(
  files: LocalFiles,
  uri: ReferenceUri,
  { digest }: ReferenceEntry,
  options: CallOptions,
): Promise<LocalPlace | undefined> {
  const literal = uri.text.slice(uri.text.indexOf(":") + 1).replace(/^\/\/[^/]*/, "")
  const found: LocalPlace[] = []
  for (const path of new Set([decodePath(uri.path), literal])) {
    const place = await files.locate(path)
    if (place?.kind === "file") found.push(place)
  }
  if (found.length < 2) return found[0]
  const unchecked = found.find(({ realPath }) => uriDigest(realPath) === digest)
  if (unchecked !== undefined) return unchecked
  for (const place of found) {
    const hashed = await files.hash(await files.openFile(place.realPath, options), options)
    if (hashed.digest === digest) return place
  }
  return found[0]
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The digest of an unchecked `file:` reference: MD5 of the URI of its absolute path, percent-encoded as Python's `Path.as_uri`. */
function uriDigest(absolutePath: string): Digest {
  const encoded = absolutePath.split("/").map((part) => encodeURIComponent(part).replace(/[!'()*]/g, hexEscape))
  return digestFromBytes(md5(new TextEncoder().encode(`file://${encoded.join("/")}`)))
}

function hexEscape(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
