import { hasLoneSurrogate } from "../core/check.ts"
import { base64Decode, base64Encode, type Digest, digestToHex, hexEncode } from "../core/digest-text.ts"
import type { CollectionRef, ProjectRef, RunRef } from "../ports.ts"

/**
 * Where each record lives. No key is the beginning of another, so a store may keep records as files in folders, and listing one kind
 * never walks another.
 */
export const gcLockKey = "locks/gc"
export const collectionPrefix = "collections"
export const versionPrefix = "artifacts"
export const clientPrefix = "clients"
export const damagePrefix = "damaged"

const place = ({ entity, project }: ProjectRef) => `${segment(entity)}/${segment(project)}`
const runPath = (run: RunRef) => `${place(run)}/${segment(run.run)}`

export function projectKey(ref: ProjectRef): string {
  return `projects/${place(ref)}`
}

export function projectPrefix(entity: string | undefined): string {
  return entity === undefined ? "projects" : `projects/${segment(entity)}`
}

export function typePrefix(ref: ProjectRef): string {
  return `types/${place(ref)}`
}

export function typeKey(ref: ProjectRef, type: string): string {
  return `${typePrefix(ref)}/${segment(type)}`
}

export function namePrefix(ref: ProjectRef): string {
  return `names/${place(ref)}`
}

export function nameKey(ref: CollectionRef): string {
  return `${namePrefix(ref)}/${segment(ref.collection)}`
}

export function collectionKey(token: string): string {
  return `${collectionPrefix}/${token}`
}

export function versionKey(token: string): string {
  return `${versionPrefix}/${token}`
}

export function clientKey(clientId: string): string {
  return `${clientPrefix}/${segment(clientId)}`
}

export function sharedKey(collection: string, distributedId: string): string {
  return `shared/${collection}/${segment(distributedId)}`
}

export function damageKey(digest: Digest): string {
  return `${damagePrefix}/${digestToHex(digest)}`
}

export function runPrefix(ref: ProjectRef): string {
  return `runs/${place(ref)}`
}

export function runKey(run: RunRef): string {
  return `runs/${runPath(run)}`
}

/** Of all runs of a project. */
export function loggedPrefix(ref: ProjectRef): string {
  return `run-logged/${place(ref)}`
}

export function runEdgePrefix(run: RunRef, direction: "logged" | "used"): string {
  return `run-${direction}/${runPath(run)}`
}

export function usedByPrefix(token: string): string {
  return `used-by/${token}`
}

export function usedByKey(token: string, run: RunRef): string {
  return `${usedByPrefix(token)}/${runPath(run)}`
}

/**
 * Any text as one key segment. The two spellings that no checked name can have, empty and ill-formed, get keys under which nothing is
 * ever stored: looking them up finds nothing.
 */
export function segment(name: string): string {
  if (name === "") return "%"
  if (hasLoneSurrogate(name)) return "%%"
  const encoded = encodeURIComponent(name).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return encoded === "." || encoded === ".." ? encoded.replaceAll(".", "%2E") : encoded
}

/** 24 random characters of `[0-9a-f]`: never handed out twice. */
export function newToken(): string {
  return hexEncode(crypto.getRandomValues(new Uint8Array(12)))
}

type IdKind = "Artifact" | "ArtifactCollection" | "ArtifactType" | "Project" | "Run"

/** Padded base64 of `Kind:token`, as W&B's ids are; references embed the hex of the decoded bytes. protocol.md 2.3. */
export function formatId(kind: IdKind, token: string): string {
  return base64Encode(new TextEncoder().encode(`${kind}:${token}`))
}

/** The token of an artifact id, or undefined when this registry cannot have made it. */
export function versionToken(id: unknown): string | undefined {
  if (typeof id !== "string" || id.length > 200) return undefined
  try {
    return /^Artifact:([0-9a-f]{24})$/.exec(new TextDecoder().decode(base64Decode(id)))?.[1]
  } catch {
    return undefined
  }
}
