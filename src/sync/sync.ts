/** From one registry to another: what was logged offline goes to W&B, or anywhere else. @module isofact/sync */

import { checkCall } from "../artifact/call.ts"
import { choosePlatform } from "../artifact/draft.ts"
import { openSession } from "../artifact/open.ts"
import { type OnProgress, trackProgress } from "../artifact/progress.ts"
import { checkFunction, checkOptions, checkPositiveInteger, refuse } from "../core/check.ts"
import { checkEntityName, checkProjectName } from "../core/names.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Platform, Registry } from "../ports.ts"
import type { SyncReport } from "./report.ts"

export type { SyncCount, SyncFailure, SyncReport } from "./report.ts"

export interface SyncOptions extends CallOptions {
  readonly from: Registry
  readonly to: Registry
  /** Only this entity. Default: every one that `from` lists. */
  readonly entity?: string | undefined
  /** Only this project. Default: every one. */
  readonly project?: string | undefined
  /** Other names at the target; each needs the option of the same name, so that no two places become one. */
  readonly into?: { readonly entity?: string | undefined; readonly project?: string | undefined } | undefined
  /** Only collections whose name this accepts. */
  readonly match?: RegExp | ((collection: string) => boolean) | undefined
  /** Files sent at once. Default: what suits the runtime. */
  readonly concurrency?: number | undefined
  readonly onProgress?: OnProgress | undefined
  /** Replaces what the runtime supplies. */
  readonly platform?: Partial<Platform> | undefined
}

const checks = {
  from: undefined,
  to: undefined,
  entity: (argument: string, name: unknown) => checkEntityName(name, argument),
  project: (argument: string, name: unknown) => checkProjectName(name, argument),
  into: undefined,
  match: checkMatch,
  concurrency: checkPositiveInteger,
  onProgress: checkFunction,
  platform: undefined,
}

/**
 * Copies what one registry has and another lacks: projects, runs, versions in their order, collections, links and lineage, with every
 * byte verified. Repeating it sends nothing twice, so one that was cut off is simply run again.
 *
 * What only the target has stays: versions logged there, aliases and tags given there. Equal content in a collection is one version. An
 * alias that both have goes where `from` has it; `latest` stays at a newer version of the target's own. Descriptions, metadata and ttl
 * are those that were changed last. Collections without a version cannot be made by a registry's verbs and are left out.
 *
 * @returns what was done, and which versions and links could not be copied and why, such as damaged files; later versions are copied all
 * the same
 * @throws what made it impossible to go on, such as a registry that cannot be reached
 */
export async function sync(options: SyncOptions): Promise<SyncReport> {
  const { from, to, into = {}, match, onProgress, signal, ...place } = checkCall(options, checks)
  for (const [argument, registry] of Object.entries({ from, to })) checkRegistry(`options.${argument}`, registry)
  if (from === to) throw new InvalidArgumentError("options.to", "to is the same registry as from; give another one")
  checkInto(into, place)
  const platform = choosePlatform(options.platform)
  const { syncAll } = await import("./sync-all.ts")
  return syncAll({
    from,
    to,
    session: openSession({ registry: from, platform }),
    scope: { entity: place.entity, project: place.project, into, match },
    concurrency: options.concurrency ?? platform.concurrency,
    progress: trackProgress(onProgress),
    call: { signal },
  })
}

function checkRegistry(argument: string, registry: unknown): void {
  if (typeof (registry as Partial<Registry> | undefined)?.createVersion !== "function") refuse(argument, "a Registry", registry)
}

function checkMatch(argument: string, match: unknown): void {
  if (!(match instanceof RegExp) && typeof match !== "function") refuse(argument, "a RegExp or a function", match)
}

function checkInto(into: NonNullable<SyncOptions["into"]>, from: Pick<SyncOptions, "entity" | "project">): void {
  checkOptions("options.into", into, { entity: checks.entity, project: checks.project })
  for (const part of ["entity", "project"] as const) {
    if (into[part] === undefined || from[part] !== undefined) continue
    throw new InvalidArgumentError(
      `options.${part}`,
      `into.${part} renames one ${part}: say with options.${part} which, or two could become one`,
    )
  }
}
