import type { Cache, Membership, Platform, ReferenceCache, Registry } from "../ports.ts"
import type { Artifact } from "./artifact.ts"

/** What logged artifacts, runs and `Api` work with: one registry, and what the runtime offers around it. */
export interface Session {
  readonly registry: Registry
  readonly platform: Platform
  /** In front of a registry that is across a network. */
  readonly cache: Cache | undefined
  /** Before what references point at, which is across a network whatever the registry is. */
  referenceCache(): ReferenceCache | undefined
  /** A version as the public class; its manifest is loaded when first needed. */
  openArtifact(member: Membership, name?: string): Artifact
}
