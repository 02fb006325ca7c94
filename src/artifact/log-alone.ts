import { randomId } from "../core/random-id.ts"
import { logDraft, type SaveOptions } from "./log.ts"
import { openSession } from "./open.ts"
import { defaultRegistry, placeOf } from "./place.ts"
import type { ArtifactState } from "./state.ts"

/** Logs by a run of job type `auto` that is made for it. */
export async function logAlone(state: ArtifactState, options: SaveOptions): Promise<void> {
  const { signal, project } = options
  const { platform } = state
  const registry = options.registry ?? defaultRegistry(platform)
  const auto = { ...(await placeOf(registry, platform, { project }, { signal })), run: randomId(8) }
  await registry.upsertRun({ ...auto, jobType: "auto" }, { signal })
  let exitCode = 1
  try {
    await logDraft(state, openSession({ registry, platform }), auto, { signal })
    exitCode = 0
  } finally {
    await registry.finishRun(auto, exitCode)
  }
}
