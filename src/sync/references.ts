import { artifactRefUrl, isArtifactReference, isDraftReference } from "../artifact/reference.ts"
import { base64Encode, hexDecode } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { Manifest } from "../core/manifest.ts"
import { EntryNotFoundError } from "../errors.ts"
import { findCopy } from "./find-copy.ts"
import { type Job, nameOf } from "./job.ts"

const artifactAddress = /^[^:]+:\/\/([^/]*)\/?(.*)$/s

/**
 * The manifest as the target is to have it: without the source's ids. References to artifacts name the copies, which are made first;
 * a digest covers paths and content only, so it stays. Where the bytes are new the tickets of the target say.
 *
 * @throws EntryNotFoundError for a reference to what is not at the target: its id could mean something else there
 */
export async function translateManifest(job: Job, source: Manifest): Promise<Manifest> {
  const manifest = new Manifest()
  for (const { birthArtifactId: _, ...entry } of source.entries.values()) {
    manifest.add(isArtifactReference(entry.ref) ? { ...entry, ref: await translate(job, entry, entry.ref) } : entry)
  }
  return manifest
}

async function translate(job: Job, entry: Entry, ref: string): Promise<string> {
  const { from, to, call } = job
  const [, authority = "", path = ""] = artifactAddress.exec(ref) ?? []
  const id = isDraftReference(ref) ? await from.resolveClientId(authority, call) : idOf(authority)
  const version = id === undefined ? undefined : await from.getVersion(id, call)
  if (version === undefined || version.state === "DELETED") {
    throw new EntryNotFoundError(`"${entry.path}" references an artifact that is not in ${from.name} (any more)`, {
      path: entry.path,
    })
  }
  const copy = await findCopy(job, version)
  if (copy !== undefined) return artifactRefUrl(copy.id, path)
  const name = `${nameOf(version.source)}:v${version.source.index}`
  throw new EntryNotFoundError(`"${entry.path}" references ${name}, which is not in ${to.name}: sync its collection too`, {
    path: entry.path,
  })
}

function idOf(hex: string): string | undefined {
  return /^(?:[0-9a-f]{2})+$/i.test(hex) ? base64Encode(hexDecode(hex)) : undefined
}
