import { platform as runtime } from "#platform"
import { checkBoolean, checkOptions, checkString, refuse } from "../core/check.ts"
import { Manifest } from "../core/manifest.ts"
import { checkMetadata } from "../core/metadata.ts"
import { checkArtifactName, checkArtifactType } from "../core/names.ts"
import type { Platform } from "../ports.ts"
import { checkDescription } from "./attributes.ts"
import { ArtifactState } from "./state.ts"

export interface ArtifactOptions {
  /** Free text, shown as Markdown. */
  readonly description?: string | null | undefined
  /** A JSON object of at most 100 top-level keys. */
  readonly metadata?: { readonly [key: string]: unknown } | string | null | undefined
  /** Experimental: the new version starts from the latest one. Prefer `newDraft()`. */
  readonly incremental?: boolean | undefined
  /** @deprecated accepted, ignored */
  readonly useAs?: string | undefined
  /** Where the bytes should live, for registries with regions. */
  readonly storageRegion?: string | undefined
  /** Replaces parts of what the runtime supplies. Each part stands alone: another hasher does not reach the runtime's own stage. */
  readonly platform?: Partial<Platform> | undefined
}

const optionChecks = {
  description: (argument: string, description: unknown) => checkDescription(description, argument),
  metadata: undefined,
  incremental: checkBoolean,
  useAs: checkString,
  storageRegion: checkString,
  platform: undefined,
}

/** A new draft, every argument checked. */
export function draftState(name: string, type: string, options: ArtifactOptions): ArtifactState {
  const { storageRegion, incremental = false, useAs } = checkOptions("options", options, optionChecks)
  if (storageRegion?.trim() === "") refuse("options.storageRegion", "the name of a region, or left out", storageRegion)
  const state = new ArtifactState({
    platform: choosePlatform(options.platform),
    collection: checkArtifactName(name),
    type: checkArtifactType(type, name),
    incremental,
    storageRegion,
    useAs,
    manifest: new Manifest({ storageRegion }),
  })
  state.attributes.description = options.description ?? null
  state.attributes.metadata = checkMetadata(options.metadata, "options.metadata")
  return state
}

/** The runtime's defaults, with what the caller replaces. */
export function choosePlatform(replaced: Partial<Platform> | undefined): Platform {
  if (replaced === undefined) return runtime
  if (typeof replaced !== "object" || replaced === null) refuse("options.platform", "an object with parts of a Platform", replaced)
  const given = Object.entries(replaced).filter(([, part]) => part !== undefined)
  return { ...runtime, ...Object.fromEntries(given) }
}
