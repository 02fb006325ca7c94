import { digestToHex } from "../core/digest-text.ts"
import { baseName } from "../core/path.ts"
import { EntryNotFoundError, UnsupportedError } from "../errors.ts"
import type { CallOptions, Content, OpenFileOptions, ReadOptions, StoredEntry } from "../ports.ts"
import { checkAddress } from "./address.ts"
import type { Context } from "./context.ts"
import { download, type Location } from "./download.ts"
import { downloadInParts } from "./download-parts.ts"
import type { Member } from "./file-addresses.ts"

/** A stored file. Nothing is asked of the server before the first byte is. */
export async function openFile(
  context: Context,
  member: Member,
  file: StoredEntry,
  { isDoubted = false, signal }: OpenFileOptions = {},
): Promise<Content> {
  signal?.throwIfAborted()
  const { http, parts } = context
  const { path, size } = file
  return {
    stability: "frozen",
    size,
    name: baseName(path),
    stream(read: ReadOptions = {}) {
      const locate = (failed: Location | undefined) => locateFile(context, member, file, failed, { signal: read.signal })
      // What is asked for whole is proven on its way out, by servers that do that.
      if (size === undefined || size <= 2 * parts.bytes || isDoubted) return download(http, { path, size, locate }, read)
      return downloadInParts(http, { path, size, locate }, parts, read)
    },
  }
}

/** W&B's protocol has no word for how long an address is to serve. */
export async function fileUrl(
  { http, addresses, organizations }: Context,
  member: Member,
  { path }: StoredEntry,
  { expiresInSeconds, ...options }: CallOptions & { readonly expiresInSeconds?: number } = {},
): Promise<string> {
  if (expiresInSeconds !== undefined)
    throw new UnsupportedError(`${http.server} decides how long its addresses serve; leave out expiresInSeconds`, {
      argument: "options.expiresInSeconds",
      path,
    })
  const url = await addresses.find(await organizations.resolve(member, options), path, options)
  if (url !== undefined) return checkAddress(url, http.server, "fileUrl", path)
  throw new EntryNotFoundError(`"${path}" has no address: ${member.collection}:v${member.index} has no such stored file`, { path })
}

/** The signed address, then a new one, then the service's own, which needs the key; protocol.md 4.3 and 4.5. */
async function locateFile(
  context: Context,
  member: Member,
  file: StoredEntry,
  failed: Location | undefined,
  options: CallOptions,
): Promise<Location> {
  const { addresses } = context
  if (failed?.headers === undefined) {
    if (failed !== undefined) addresses.drop(member, file.path, failed.url)
    const url = await addresses.find(member, file.path, options)
    if (url !== undefined && url !== failed?.url) return { url }
  }
  return { url: await ownUrl(context, member, file, options), headers: context.authorized }
}

/** What a version's manifest says of its files is known once it has been read; until then they are taken for today's. */
async function ownUrl(
  { baseUrl, organizations, layouts, hasFeature }: Context,
  member: Member,
  { path, digest, birthArtifactId = "" }: StoredEntry,
  options: CallOptions,
): Promise<string> {
  const { entity, project, collection, id } = await organizations.resolve(member, options)
  const { storageLayout, storageRegion = "default" } = layouts.get(member.id) ?? { storageLayout: "V2" }
  const hex = digestToHex(digest)
  if (storageLayout !== "V2") return `${baseUrl}/artifacts/${encodeURIComponent(entity)}/${hex}`
  const ids = (await hasFeature("ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID", options))
    ? [id, birthArtifactId]
    : [birthArtifactId]
  const parts = [storageRegion, entity, project, collection, ...ids, hex, baseName(path)]
  return `${baseUrl}/artifactsV2/${parts.map(encodeURIComponent).join("/")}`
}
