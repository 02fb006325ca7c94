import { bytesStream } from "../../src/bytes/streams.ts"
import { type Digest, digestFromBytes, hexEncode } from "../../src/core/digest-text.ts"
import { Manifest } from "../../src/core/manifest.ts"
import { md5 } from "../../src/core/md5.ts"
import type { Content, ManifestKind, Membership, NewVersion, Registry } from "../../src/ports.ts"

export const project = { entity: "local", project: "birds" }

const utf8 = (text: string) => new TextEncoder().encode(text)

export const md5Of = (text: string): Digest => digestFromBytes(md5(utf8(text)))

/** 128 characters of `[a-z0-9]`. */
export const clientId = () => hexEncode(crypto.getRandomValues(new Uint8Array(64)))

export function textContent(text: string): Content {
  const bytes = utf8(text)
  return { stability: "frozen", size: bytes.length, stream: (options) => bytesStream(bytes, options), bytes: async () => bytes }
}

export type Files = { readonly [path: string]: string }

export function manifestOf(files: Files): Manifest {
  const manifest = new Manifest()
  for (const [path, text] of Object.entries(files)) manifest.add({ path, digest: md5Of(text), size: utf8(text).length })
  return manifest
}

export const uploadOf = (manifest: Manifest, kind: ManifestKind = "FULL") => ({
  kind,
  json: manifest.encode(),
  size: manifest.size,
  fileCount: manifest.fileCount,
})

export function newVersion(files: Files, more: Partial<NewVersion> = {}): NewVersion {
  return { ...project, collection: "field", type: "dataset", digest: manifestOf(files).digest(), clientId: clientId(), ...more }
}

export interface PublishOptions extends Partial<NewVersion> {
  readonly kind?: ManifestKind
  readonly signal?: AbortSignal
}

/** Uploads what the registry asks for and stores the manifest; returns how many files it asked for. */
export async function upload(registry: Registry, id: string, files: Files, kind: ManifestKind = "FULL"): Promise<number> {
  const requests = Object.entries(files).map(([path, text]) => ({ path, digest: md5Of(text), size: utf8(text).length }))
  const tickets = await registry.requestUploads(id, requests)
  const manifest = manifestOf(files)
  let stored = 0
  for (const [at, ticket] of tickets.entries()) {
    const { path } = requests[at]!
    manifest.add({ ...manifest.get(path)!, birthArtifactId: ticket.birthArtifactId }, { overwrite: true })
    if (ticket.put === undefined) continue
    await ticket.put(textContent(files[path]!))
    stored++
  }
  await registry.storeManifest(id, uploadOf(manifest, kind))
  return stored
}

/** What a publisher does, start to end. */
export async function publish(
  registry: Registry,
  files: Files,
  { kind = "FULL", ...more }: PublishOptions = {},
): Promise<Membership> {
  const pending = await registry.createVersion(newVersion(files, { kind, ...more }))
  if (pending.state !== "COMMITTED") {
    await upload(registry, pending.id, files, kind)
    await registry.commitVersion(pending.id)
  }
  const [member] = await registry.memberships(pending.id)
  return member!
}

/** Reads every file of a version and compares it with its digest; returns the contents. */
export async function readWhole(registry: Registry, member: Membership): Promise<{ [path: string]: string }> {
  const manifest = Manifest.decode(await registry.getManifest(member.version.id))
  if (manifest.digest() !== member.version.digest)
    throw new Error(`manifest of v${member.index} has another digest than the version`)
  const files: { [path: string]: string } = {}
  for (const entry of manifest.entries.values()) {
    if (entry.ref !== undefined) continue
    const place = { ...member.collection, index: member.index, id: member.version.id }
    const content = await registry.openFile(place, {
      ...entry,
      digest: entry.digest as Digest,
      size: entry.size,
      birthArtifactId: undefined,
    })
    const text = await new Response(content.stream() as ReadableStream<Uint8Array<ArrayBuffer>>).text()
    if (md5Of(text) !== entry.digest) throw new Error(`${entry.path} of v${member.index} is damaged`)
    files[entry.path] = text
  }
  return files
}

export const field = { ...project, collection: "field" }

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
