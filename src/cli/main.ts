import { type Command, CommanderError } from "commander"
import { exitCodes, printable } from "./answer.ts"
import { describeFailure, type Failure, Interrupted } from "./failure.ts"
import { createProgram, type Work } from "./program.ts"
import { createSession, type GlobalOptions, type Session } from "./session.ts"

/** Runs one command line; resolves with the exit code. See {@link exitCodes}. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = watchSignals()
  let exitCode: number = exitCodes.ok
  const program = createProgram(async (work, args, options) => {
    exitCode = await perform(work, args, options, stop.signal)
  })
  try {
    await program.parseAsync(argv, { from: "user" })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : refuse(program, argv, error)
    throw error
  } finally {
    stop.end()
  }
}

/** A command line that cannot be understood. */
function refuse(program: Command, argv: readonly string[], { code, message: text }: CommanderError): number {
  const json = argv.includes("--json")
  const isHelp = code === "commander.help"
  // Without a command the help was printed, and says it all to people.
  if (isHelp && !json) return exitCodes.usage
  const command = program.commands.find((known) => [known.name(), ...known.aliases()].some((name) => argv.includes(name)))
  const [problem = "", guess] = text.replace(/^error: /, "").split(/\n\(|\?\)$/)
  const what = isHelp ? "No command was given." : problem.replace(/^./, (first) => first.toUpperCase()).replace(/[^.?]$/, "$&.")
  const message = printable(`${what} ${guess ? `${guess}? ` : ""}See isofact ${command ? `${command.name()} ` : ""}--help.`)
  tellFailure({ message, json: { error: { code: "INVALID_ARGUMENT", message } } }, json)
  return exitCodes.usage
}

function tellFailure({ message, json }: Pick<Failure, "message" | "json">, asJson: boolean | undefined): void {
  if (asJson) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  process.stderr.write(`isofact: ${/[.!?]$/.test(message) ? message : `${message}.`}\n`)
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
  const failure = describeFailure(reason, [platform.env("WANDB_API_KEY")])
  tellFailure(failure, options.json)
  if (options.debug) process.stderr.write(`${failure.stack}\n`)
  return failure.exitCode
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
