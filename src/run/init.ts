import { checkCall, checkRegistry } from "../artifact/call.ts"
import { choosePlatform } from "../artifact/draft.ts"
import { openSession } from "../artifact/open.ts"
import { placeOf } from "../artifact/place.ts"
import { randomId } from "../artifact/state.ts"
import { checkStorable, checkString, codePointLength, optional, refuse } from "../core/check.ts"
import { checkMetadata } from "../core/metadata.ts"
import { checkProjectName, checkTags } from "../core/names.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { BlobStore, CallOptions, Platform, Registry } from "../ports.ts"
import { Run } from "./run.ts"

/** Which registry, and what the runtime offers around it. */
export interface RegistryOptions {
  /** Default: the embedded registry of this runtime. */
  readonly registry?: Registry | undefined
  /** Where the default registry lives; `.isofact` is made in it. Default: the working directory. */
  readonly dir?: string | undefined
  /** In front of a registry that is across a network. Default: the runtime's, shared with Python's `wandb`. */
  readonly cache?: BlobStore | undefined
  /** Replaces what the runtime supplies. */
  readonly platform?: Partial<Platform> | undefined
  /** Default: `WANDB_ENTITY`, else the registry's. */
  readonly entity?: string | undefined
  /** Default: `WANDB_PROJECT`, else the registry's. */
  readonly project?: string | undefined
}

export interface InitOptions extends RegistryOptions, CallOptions {
  /** The run's id; a run with this id goes on. Default: eight random characters. */
  readonly id?: string | undefined
  /** What to show for the run. Default: its id. */
  readonly name?: string | undefined
  readonly jobType?: string | undefined
  /** What runs of one experiment have in common. */
  readonly group?: string | undefined
  readonly notes?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** A JSON object. */
  readonly config?: { readonly [key: string]: unknown } | undefined
}

export const registryOptionNames = ["registry", "dir", "cache", "platform", "entity", "project"] as const
const optionNames = [...registryOptionNames, "id", "name", "jobType", "group", "notes", "tags", "config", "signal"] as const

/**
 * Starts a run: with no options on the embedded registry, which needs no account and no server.
 *
 * @throws InvalidArgumentError naming the option
 */
export async function init(options: InitOptions = {}): Promise<Run> {
  const { signal } = checkCall(options, optionNames)
  const label = (key: "jobType" | "group" | "name") => optional(checkLabel, `options.${key}`, options[key])
  const session = sessionOf(options)
  const run = options.id === undefined ? randomId(8) : checkProjectName(options.id, "options.id")
  const record = await session.registry.upsertRun(
    {
      ...(await placeOf(session.registry, session.platform, options, { signal })),
      run,
      displayName: label("name"),
      jobType: label("jobType"),
      group: label("group"),
      notes: optional(checkString, "options.notes", options.notes),
      tags: options.tags === undefined ? undefined : checkTags(options.tags, "options.tags"),
      config: options.config === undefined ? undefined : checkMetadata(options.config, "options.config"),
    },
    { signal },
  )
  return new Run(session, record)
}

function checkLabel(argument: string, value: unknown): string {
  const text = checkStorable(argument, value)
  return text !== "" && codePointLength(text) <= 128 ? text : refuse(argument, "1 to 128 characters", text)
}

export function sessionOf(options: RegistryOptions) {
  const platform = choosePlatform(options.platform)
  const dir = optional(checkString, "options.dir", options.dir)
  const registry = options.registry === undefined ? platform.registry({ dir }) : checkRegistry(options.registry)
  return openSession({ registry, platform, cache: optional(checkCache, "options.cache", options.cache) })
}

function checkCache(argument: string, cache: unknown): BlobStore {
  if (typeof (cache as Partial<BlobStore> | null)?.get === "function") return cache as BlobStore
  throw new InvalidArgumentError(argument, "cache must be a BlobStore; leave it out for this runtime's own")
}
