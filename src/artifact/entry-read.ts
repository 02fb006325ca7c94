import { checkPositiveInteger, refuse } from "../core/check.ts"
import type { Entry } from "../core/entry.ts"
import { UnsupportedError } from "../errors.ts"
import type { ByteRange, CallOptions, Content } from "../ports.ts"
import { bareAddress } from "../references/uri.ts"
import { checkCall } from "./call.ts"
import type { EntryStreamOptions } from "./entry.ts"
import { type EntryStream, readWhole as readEntry, streamEntry } from "./entry-stream.ts"
import { openStored, storedEntry } from "./read.ts"
import type { ArtifactState } from "./state.ts"

/** The ways to read one entry, their options checked. @module */

export async function openStream(state: ArtifactState, entry: Entry, options: EntryStreamOptions): Promise<EntryStream> {
  checkCall(options, { range: checkRange })
  return streamEntry(state.requireLogged("entry.stream"), entry, options)
}

export async function readWhole(state: ArtifactState, entry: Entry, options: CallOptions): Promise<Uint8Array<ArrayBuffer>> {
  checkCall(options)
  return readEntry(state.requireLogged("entry.bytes"), entry, options)
}

export async function entryUrl(
  state: ArtifactState,
  entry: Entry,
  options: CallOptions & { readonly expiresInSeconds?: number },
): Promise<string> {
  checkCall(options, { expiresInSeconds: checkPositiveInteger })
  const logged = state.requireLogged("entry.url")
  if (entry.ref !== undefined) return referenceUrl(entry, entry.ref)
  const { registry } = logged.session
  const member = { ...logged.member.collection, index: logged.member.index, id: logged.member.version.id }
  if (registry.fileUrl !== undefined) return registry.fileUrl(member, storedEntry(entry), options)
  const content = await openStored(logged, storedEntry(entry), options)
  if (content.path !== undefined) return fileUrl(content)
  throw new UnsupportedError(
    `"${entry.path}" has no address in ${registry.name}: serve the registry, or use blob() and URL.createObjectURL`,
    { path: entry.path },
  )
}

function referenceUrl({ path }: Entry, ref: string): string {
  if (/^(https?|file):/i.test(ref)) return ref
  throw new UnsupportedError(`"${path}" references ${bareAddress(ref)}, which nothing can GET as it stands; see refTarget()`, {
    path,
  })
}

function fileUrl({ path }: Content): string {
  const encoded = path!.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/")
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded.replace(/^(\/?[A-Za-z])%3A/, "$1:")}`
}

function checkRange(argument: string, range: unknown): void {
  const { start, end } = (range ?? {}) as Partial<ByteRange>
  if (isOffset(start) && (end === undefined || (isOffset(end) && end >= start))) return
  refuse(argument, "{ start, end? } in bytes: whole numbers, 0 <= start <= end, end exclusive", range)
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
