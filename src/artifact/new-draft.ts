import { checkMetadata } from "../core/metadata.ts"
import type { CallOptions } from "../ports.ts"
import { loadManifest } from "./load.ts"
import { ArtifactState, type Logged } from "./state.ts"

/** A draft with the content of a version, based on it, that carries description and metadata. */
export async function newDraft(state: ArtifactState, logged: Logged, options: CallOptions): Promise<ArtifactState> {
  const draft = await copyOf(state, logged, logged.member.version.source.collection, options)
  draft.attributes.description = state.attributes.description
  draft.attributes.metadata = checkMetadata(state.attributes.metadata)
  return draft
}

/** A draft that stands for a logged version, so that it can be published as if new. */
export async function again(state: ArtifactState, logged: Logged, options: CallOptions): Promise<ArtifactState> {
  const draft = await copyOf(state, logged, state.collection, options)
  draft.attributes = { ...state.attributes, ttl: undefined }
  return draft
}

async function copyOf(state: ArtifactState, logged: Logged, collection: string, options: CallOptions): Promise<ArtifactState> {
  const manifest = (await loadManifest(state, options)).copy()
  const draft = new ArtifactState({ platform: state.platform, collection, type: state.type, manifest })
  draft.base = logged
  return draft
}
