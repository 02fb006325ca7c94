import { type Digest, digestFromHex } from "../core/digest-text.ts"
import { EntryNotFoundError } from "../errors.ts"
import type { Membership } from "../ports.ts"
import type { Call } from "./call.ts"
import { sendGuarded } from "./downloads.ts"
import { demand } from "./principal.ts"
import { entriesOf, refOf, storedEntry } from "./view-files.ts"

/**
 * `…/artifactsV2/region/entity/project/collection/[artifact id/]birth id/hex MD5/name`, with a key. The MD5 alone opens nothing: it must be
 * of a file of a version that the address names and the key may read. The birth id may be empty, and the name is not looked at.
 */
export async function sendLegacy(call: Call, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const [, entity = "", project = "", collection = "", ...rest] = pathname
    .slice(pathname.indexOf("/artifactsV2/") + "/artifactsV2/".length)
    .split("/")
    .map(decode)
  demand(call.principal, "read", { entity, project, collection })
  const at = rest.findIndex((part, index) => index > 0 && index < 3 && isHex(part))
  if (at < 0) refuse()
  const ids = rest.slice(0, at).filter((id) => id !== "")
  for (const id of ids) {
    const [member] = await call.registry.memberships(id, { signal: call.signal })
    const response = member && (await sendFrom(call, member, digestFromHex(rest[at]!), request))
    if (response !== undefined) return response
  }
  return refuse()
}

/** `…/artifacts/entity/hex MD5` names no version, so those of the entity that the key may read are gone through. */
export async function sendOldest(call: Call, entity: string, hex: string, request: Request): Promise<Response> {
  demand(call.principal, "read", { entity })
  if (!isHex(hex)) refuse()
  const digest = digestFromHex(hex)
  for await (const member of versionsOf(call, entity)) {
    const response = await sendFrom(call, member, digest, request)
    if (response !== undefined) return response
  }
  return refuse()
}

async function* versionsOf({ registry, signal, spend }: Call, entity: string): AsyncGenerator<Membership> {
  for await (const project of registry.projects(entity, { signal })) {
    for await (const collection of registry.collections(project, undefined, { signal })) {
      for await (const member of registry.versions(collection, { signal })) {
        spend(1)
        yield member
      }
    }
  }
}

async function sendFrom(call: Call, member: Membership, digest: Digest, request: Request): Promise<Response | undefined> {
  const entries = await entriesOf(call, member.version.id)
  const entry = entries.find((each) => each.digest === digest && each.ref === undefined)
  const file = entry && storedEntry(entry)
  return file && sendGuarded(call.setup, refOf(member), file, request)
}

function isHex(text: string): boolean {
  return /^[0-9a-f]{32}$/i.test(text)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return refuse()
  }
}

function refuse(): never {
  throw new EntryNotFoundError("There is no such file, or this key may not read it.")
}
