import { Manifest } from "../core/manifest.ts"
import type { CallOptions } from "../ports.ts"
import type { ArtifactState } from "./state.ts"

/** The manifest of a draft as it stands, of a logged artifact frozen, fetched once. */
export async function loadManifest(state: ArtifactState, options: CallOptions): Promise<Manifest> {
  if (state.manifest !== undefined) return state.manifest
  const { session, member } = state.requireLogged("manifest")
  const manifest = Manifest.decode(await session.registry.getManifest(member.version.id, options))
  manifest.freeze()
  state.manifest = manifest
  return manifest
}
