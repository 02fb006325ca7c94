import { base64Decode, hexEncode } from "../core/digest-text.ts"
import type { CallOptions, ReferencedContent, ReferenceEntry, Registry } from "../ports.ts"
import type { Session } from "./session.ts"
import { more } from "./state.ts"

export interface AddReferenceOptions extends CallOptions {
  /** Entry path, or the folder for what a directory holds. Default: the last part of the URI. */
  readonly name?: string | undefined
  /** Read what identifies the content, so that a change makes a new version. Default true. */
  readonly checksum?: boolean | undefined
  /** More objects than this below one URI are an error. Default 10,000,000. */
  readonly maxObjects?: number | undefined
  /** Where `wandb-artifact://` addresses are looked up. Default: as in `init`. */
  readonly registry?: Registry | undefined
}

export const artifactScheme = "wandb-artifact"
const draftScheme = "wandb-client-artifact"

/** Address of an entry of a logged version: its id as hex, so that it can stand where a host stands. */
export function artifactRefUrl(id: string, path: string): string {
  return `${artifactScheme}://${hexEncode(base64Decode(id))}/${path}`
}

export function draftRefUrl(clientId: string, path: string): string {
  return `${draftScheme}://${clientId}/${path}`
}

export function isArtifactReference(ref: string | undefined): ref is string {
  return ref?.startsWith(`${artifactScheme}://`) || isDraftReference(ref)
}

export function isDraftReference(ref: string | undefined): ref is string {
  return ref?.startsWith(`${draftScheme}://`) ?? false
}

export interface ReadReferenceOptions extends CallOptions {
  /** Keep a copy in the local cache, and read that. Default false: only what is there already is read from it. */
  readonly keep?: boolean | undefined
}

/** The bytes behind a reference entry. */
export async function openReference(
  session: Session,
  entry: ReferenceEntry,
  options: ReadReferenceOptions,
): Promise<ReferencedContent> {
  return (await more()).openReference(session, entry, options)
}
