import { registryNameOf } from "../core/names.ts"
import type { Membership } from "../ports.ts"
import type { Context } from "./context.ts"

/** The service's page for a version, protocol.md 5.7. */
export function versionUrl({ appUrl, organizations }: Context, { collection, index, version }: Membership): string {
  const { entity, project, type, collection: name, kind } = collection
  const quote = encodeURIComponent
  const selection = `selectionPath=${quote(`${entity}/${project}/${name}`)}&view=membership&version=v${index}`
  const registry = registryNameOf(project)
  if (kind === "portfolio" && registry !== undefined) {
    return `${appUrl}/orgs/${quote(organizations.displayName(entity))}/registry/${quote(registry)}?${selection}`
  }
  if (kind === "portfolio" && version.type === "model") return `${appUrl}/${quote(entity)}/registry/model?${selection}`
  return `${appUrl}/${quote(entity)}/${quote(project)}/artifacts/${quote(type)}/${quote(name)}/v${index}`
}
