import { MAX_TIMER_MS } from "../bytes/pause.ts"
import { untilAborted } from "../bytes/streams.ts"
import { refuse } from "../core/check.ts"
import { ArtifactNotLoggedError, WaitTimeoutError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { checkCall } from "./call.ts"
import type { ArtifactState } from "./state.ts"

/** `saving` is what was going on when the caller asked. */
export async function waitLogged(
  state: ArtifactState,
  saving: Promise<unknown> | undefined,
  options: CallOptions & { readonly timeoutMs?: number | undefined },
): Promise<void> {
  const { timeoutMs, signal } = checkCall(options, { timeoutMs: checkTimeout })
  if (state.logged !== undefined) return
  if (saving === undefined) {
    throw new ArtifactNotLoggedError(
      `"${state.name}" is not being logged: call run.logArtifact(artifact) or artifact.save() first`,
      { operation: "wait" },
    )
  }
  const logged = untilAborted(saving, signal)
  if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS) return void (await logged)
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    const late = () =>
      reject(new WaitTimeoutError(`"${state.name}" was not logged within ${timeoutMs} ms; logging goes on`, { operation: "wait" }))
    timer = setTimeout(late, timeoutMs)
  })
  await Promise.race([logged, timeout]).finally(() => clearTimeout(timer))
}

function checkTimeout(argument: string, value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : refuse(argument, "a number of milliseconds, 0 or more", value)
}
