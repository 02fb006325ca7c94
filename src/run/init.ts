import { checkCall, checkRegistry } from "../artifact/call.ts"
import { choosePlatform } from "../artifact/draft.ts"
import { openSession } from "../artifact/open.ts"
import { defaultRegistry, placeOf } from "../artifact/place.ts"
import { checkStorable, checkString, codePointLength, refuse } from "../core/check.ts"
import { checkMetadata } from "../core/metadata.ts"
import { checkProjectName, checkRunTags } from "../core/names.ts"
import { randomId } from "../core/random-id.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Cache, CallOptions, Platform, Registry } from "../ports.ts"
import { Run } from "./run.ts"

/** Which registry, and what the runtime offers around it. */
export interface RegistryOptions {
  /** Default: the embedded registry of this runtime; where `WANDB_MODE` is `online`, `wandb()` of `isofact/wandb`. */
  readonly registry?: Registry | undefined
  /** Where the default registry lives; `.isofact` is made in it. Default: the working directory. */
  readonly dir?: string | undefined
  /** In front of a registry that is across a network. Default: the runtime's, shared with Python's `wandb`. */
  readonly cache?: Cache | undefined
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
  /** Any text of 1 to 64 characters each. */
  readonly tags?: readonly string[] | undefined
  /** A JSON object. */
  readonly config?: { readonly [key: string]: unknown } | undefined
}

export const registryChecks = {
  registry: (_: string, registry: unknown) => checkRegistry(registry),
  dir: checkString,
  cache: checkCache,
  platform: undefined,
  entity: undefined,
  project: undefined,
}

const initChecks = {
  ...registryChecks,
  id: (argument: string, id: unknown) => checkProjectName(id, argument),
  name: checkLabel,
  jobType: checkLabel,
  group: checkLabel,
  notes: checkString,
  tags: undefined,
  config: undefined,
}

/**
 * Starts a run: with no options on the embedded registry, which needs no account and no server.
 *
 * @throws InvalidArgumentError naming the option
 */
export async function init(options: InitOptions = {}): Promise<Run> {
  const { id = randomId(8), name, jobType, group, notes, tags, config, signal } = checkCall(options, initChecks)
  const session = sessionOf(options)
  const record = await session.registry.upsertRun(
    {
      ...(await placeOf(session.registry, session.platform, options, { signal })),
      run: id,
      displayName: name,
      jobType,
      group,
      notes,
      tags: tags === undefined ? undefined : checkRunTags(tags, "options.tags"),
      config: config === undefined ? undefined : checkMetadata(config, "options.config"),
    },
    { signal },
  )
  return new Run(session, record)
}

function checkLabel(argument: string, value: unknown): string {
  const text = checkStorable(argument, value)
  return text !== "" && codePointLength(text) <= 128 ? text : refuse(argument, "1 to 128 characters", text)
}

export function sessionOf({ dir, cache, ...options }: RegistryOptions) {
  const platform = choosePlatform(options.platform)
  return openSession({ registry: options.registry ?? defaultRegistry(platform, dir), platform, cache })
}

function checkCache(argument: string, cache: unknown): Cache {
  if (typeof (cache as Partial<Cache> | null)?.get === "function") return cache as Cache
  throw new InvalidArgumentError(argument, "cache must be a BlobStore; leave it out for this runtime's own")
}
