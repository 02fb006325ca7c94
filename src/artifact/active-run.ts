import { refuse } from "../core/check.ts"
import type { CallOptions } from "../ports.ts"
import type { Artifact } from "./artifact.ts"

/** The part of a run that `artifact.save()` needs. */
export interface ActiveRun {
  logArtifact(artifact: Artifact, options?: CallOptions): Promise<Artifact>
}

/** A run, or an `InvalidArgumentError`. */
export function checkRun(argument: string, run: unknown): ActiveRun {
  if (typeof (run as Partial<ActiveRun> | null)?.logArtifact === "function") return run as ActiveRun
  return refuse(argument, "a Run, as init() returns it", run)
}

const active: ActiveRun[] = []

/** The run started last that is not finished; what Python calls the most recent active run. */
export function activeRun(): ActiveRun | undefined {
  return active.at(-1)
}

export function enterRun(run: ActiveRun): void {
  active.push(run)
}

export function leaveRun(run: ActiveRun): void {
  const at = active.lastIndexOf(run)
  if (at >= 0) active.splice(at, 1)
}
