import { CommanderError } from "commander"
import { exitCodes } from "./answer.ts"
import { describeFailure, Interrupted } from "./failure.ts"
import { createProgram, type Work } from "./program.ts"
import { createSession, type GlobalOptions, type Session } from "./session.ts"

/** Runs one command line; resolves with the exit code. See {@link exitCodes}. */
export async function main(argv: readonly string[]): Promise<number> {
  // Whoever reads may stop reading, as `head` does; that is no failure of ours.
  const onUnread = () => process.exit(exitCodes.ok)
  process.stdout.on("error", onUnread)
  const stop = watchSignals()
  let exitCode: number = exitCodes.ok
  const program = createProgram(async (work, args, options) => {
    exitCode = await perform(work, args, options, stop.signal)
  })
  try {
    await program.parseAsync(argv, { from: "user" })
    return exitCode
  } catch (error) {
    // commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    throw error
  } finally {
    stop.end()
    process.stdout.off("error", onUnread)
  }
}

async function perform(work: Work, args: readonly unknown[], options: GlobalOptions, signal: AbortSignal): Promise<number> {
  const session = createSession(options, signal)
  try {
    const answer = await work(session, args as never, options as never)
    session.bar.end()
    if (answer !== undefined) session.tell(answer)
    return answer?.exitCode ?? exitCodes.ok
  } catch (error) {
    session.bar.end()
    return fail(session, error)
  }
}

function fail({ options, platform, signal }: Session, error: unknown): number {
  // Whatever an abort looks like by the time it gets here, it is an abort.
  const reason = signal.aborted ? signal.reason : error
  const { exitCode, message, json, stack } = describeFailure(reason, [platform.env("WANDB_API_KEY")])
  if (options.json) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  process.stderr.write(`isofact: ${/[.!?]$/.test(message) ? message : `${message}.`}\n`)
  if (options.debug) process.stderr.write(`${stack}\n`)
  return exitCode
}

/** The first signal aborts, so that what is under way ends cleanly; the second does not wait for that. */
function watchSignals(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort(new Interrupted("Interrupted; run the same again to go on"))
  }
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop)
  return {
    signal: controller.signal,
    end() {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, stop)
    },
  }
}
