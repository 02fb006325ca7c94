import type { Cache, Platform, Registry } from "../ports.ts"
import { Artifact } from "./artifact.ts"
import type { Session } from "./session.ts"
import { ArtifactState } from "./state.ts"

export interface SessionOptions {
  readonly registry: Registry
  readonly platform: Platform
  /** Default: the platform's. */
  readonly cache?: Cache | undefined
}

/** Puts a registry to work; the cache stays untouched unless the registry is across a network. */
export function openSession({ registry, platform, cache }: SessionOptions): Session {
  const session: Session = {
    registry,
    platform,
    cache: registry.remote ? (cache ?? platform.cache()) : undefined,
    referenceCache: () => (cache ?? platform.cache())?.references,
    openArtifact: (member, name) => new Artifact(ArtifactState.of(session, member, { name })),
  }
  return session
}
