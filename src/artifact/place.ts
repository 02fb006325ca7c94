import { checkEntityName, checkProjectName } from "../core/names.ts"
import type { CallOptions, Platform, ProjectRef, Registry } from "../ports.ts"

/** The registry that is meant when none is named: the one the environment asks for, else the runtime's own. */
export function defaultRegistry(platform: Platform, dir?: string | undefined): Registry {
  return (dir === undefined ? platform.remoteRegistry?.() : undefined) ?? platform.registry({ dir })
}

/** The entity and project that names without them mean. */
export async function placeOf(
  registry: Registry,
  platform: Platform,
  options: { readonly entity?: string | undefined; readonly project?: string | undefined },
  call: CallOptions,
): Promise<ProjectRef> {
  const { entity = platform.env("WANDB_ENTITY"), project = platform.env("WANDB_PROJECT") } = options
  const defaults = entity === undefined || project === undefined ? await registry.defaults(call) : undefined
  return {
    entity: checkEntityName(entity === undefined ? defaults?.entity : entity, "options.entity"),
    project: checkProjectName(project === undefined ? defaults?.project : project, "options.project"),
  }
}
