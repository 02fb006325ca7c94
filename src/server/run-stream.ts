import { InvalidArgumentError } from "../errors.ts"
import type { RunRef } from "../ports.ts"
import type { Call } from "./call.ts"
import { demand, forRuns } from "./principal.ts"

/** A run's heartbeat, history and console, protocol.md 6.5. Of all that only its end is kept. */
export async function streamRun(call: Call, run: RunRef, body: unknown): Promise<Response> {
  const { complete, exitcode } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>
  demand(forRuns(call.principal), "write", run)
  if (complete === true) await call.registry.finishRun(run, readExitCode(exitcode), { signal: call.signal })
  return Response.json({})
}

function readExitCode(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (Number.isSafeInteger(value)) return value as number
  throw new InvalidArgumentError("exitcode", "exitcode must be a whole number.")
}
