import { Manifest } from "../core/manifest.ts"
import type { ArtifactPath } from "../core/path-string.ts"
import { DigestMismatchError, EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, CollectionRef, Membership, VersionRecord } from "../ports.ts"
import { absent } from "./ask.ts"
import { inMebibytes, mostManifestBytes, readText } from "./body.ts"
import type { Context } from "./context.ts"
import { download } from "./download.ts"
import { artifactById, artifactPlaces, clientIdMapping, manifestUrl, membershipByName } from "./fetching-documents.ts"
import { isId, isPossible } from "./names.ts"
import { ifGiven, toMembership, toMemberships, toVersion } from "./wire.ts"

export async function findVersion(
  context: Context,
  path: ArtifactPath & CollectionRef,
  options: CallOptions = {},
): Promise<Membership | undefined> {
  options.signal?.throwIfAborted()
  if (!isPossible(path)) return undefined
  const { entity, project, collection, alias = "latest" } = await context.organizations.resolve(path, options)
  return absent(
    context.ask(membershipByName, { entity, project, name: `${collection}:${alias}` }, options, (answer) =>
      ifGiven(answer.project?.artifactCollectionMembership, (member) => toMembership(member.artifact, member)),
    ),
  )
}

export async function getVersion(context: Context, id: string, options: CallOptions = {}): Promise<VersionRecord | undefined> {
  options.signal?.throwIfAborted()
  if (!isId(id)) return undefined
  return absent(context.ask(artifactById, { id }, options, ({ artifact }) => ifGiven(artifact, toVersion)))
}

export async function resolveClientId(context: Context, clientID: string, options: CallOptions = {}): Promise<string | undefined> {
  const answer = await absent(context.ask(clientIdMapping, { clientID }, options))
  return answer?.clientIDMapping?.serverID ?? undefined
}

/** The collections that a version is in, its source first. */
export async function listMemberships(context: Context, id: string, options: CallOptions = {}): Promise<Membership[]> {
  return (await absent(context.ask(artifactPlaces, { id }, options, ({ artifact }) => toMemberships(artifact)))) ?? []
}

const maxManifestReads = 3

/**
 * Manifest JSON text. One that is not what the version's digest says is read again. When it comes out the same it is passed on as it is:
 * the digest of a version that several have written need not be that of the whole.
 *
 * @throws DigestMismatchError when it comes out differently each time
 */
export async function getManifest(context: Context, id: string, options: CallOptions = {}): Promise<string> {
  let before: string | undefined
  for (let reads = 1; ; reads++) {
    const { text, expected } = await readManifest(context, id, options)
    const manifest = decoded(text)
    if (text === before || isManifestOf(text, manifest, expected)) {
      if (manifest !== undefined) rememberLayout(context, id, manifest)
      return text
    }
    if (reads === maxManifestReads) {
      throw new DigestMismatchError(
        `The manifest of the version ${id} arrives differently each time; something between changes it.`,
        {
          path: id,
          expected,
        },
      )
    }
    before = text
  }
}

async function readManifest(context: Context, id: string, options: CallOptions) {
  const operation = "FetchArtifactManifest"
  let expected = ""
  const locate = async () => {
    const answer = await absent(context.ask(manifestUrl, { id }, options))
    const { state, digest, currentManifest } = answer?.artifact ?? {}
    const url = state === "DELETED" ? undefined : currentManifest?.file?.directUrl
    expected = digest ?? ""
    if (url) return { url }
    throw new EntryNotFoundError(`There is no manifest of a version ${id}; it is not stored yet, or the version was deleted.`, {
      path: id,
      operation,
    })
  }
  const source = { path: "wandb_manifest.json", size: undefined, locate }
  const text = await readText(download(context.http, source, options), mostManifestBytes)
  if (text !== undefined) return { text, expected }
  throw new RegistryError(
    `The manifest of the version ${id} has more than ${inMebibytes(mostManifestBytes)}, too long to be read.`,
    {
      path: id,
      operation,
    },
  )
}

/** Digests of other algorithms cannot be told from this one, and are left to whoever reads the files. */
function isManifestOf(text: string, manifest: Manifest | undefined, digest: string): boolean {
  return text.includes('"XXH128"') || manifest?.digest() === digest
}

function decoded(text: string): Manifest | undefined {
  try {
    return Manifest.decode(text)
  } catch {
    return undefined
  }
}

function rememberLayout({ layouts }: Context, id: string, { storageLayout, storageRegion }: Manifest): void {
  layouts.set(id, { storageLayout, storageRegion })
}
