import { Command, Option } from "commander"
import { type Answer, exitCodeHelp } from "./answer.ts"
import { addCareCommands } from "./care-commands.ts"
import { addFileCommands } from "./file-commands.ts"
import { addNameCommands } from "./name-commands.ts"
import { packageVersion } from "./node-version.ts"
import { place } from "./options.ts"
import type { GlobalOptions, Session } from "./session.ts"

/** What a command does: its arguments and options as its help names them. */
export type Work = (session: Session, args: never, options: never) => Promise<Answer | undefined>

/** Adds a command to the program, with a line that shows how it is used. Its work is loaded when it is called for. */
export type AddCommand = (usage: string, description: string, load: () => Promise<Work>, example: string) => Command

type Run = (work: Work, args: readonly unknown[], options: GlobalOptions) => Promise<void>

const helpAfter = `
Begin with: isofact log ./birds; isofact ls; isofact get birds
${exitCodeHelp}
A server is asked with the key in WANDB_API_KEY.`

/** The command line of isofact; `run` is given what was asked for. What is wrong with it is thrown, and not printed. */
export function createProgram(run: Run): Command {
  const program = new Command("isofact")
  program
    .description("Artifacts as W&B has them: log, get, check and move files, in a directory of your own or on a server.")
    .version(packageVersion())
    .option(
      "--registry <place>",
      "a directory, the address of a server, or wandb for W&B's cloud (default: this directory, or wandb with WANDB_MODE=online)",
      place,
    )
    .option("--entity <name>", "whose artifacts, where a name does not say (default: WANDB_ENTITY, else the registry's)")
    .option("--project <name>", "of which project, where a name does not say (default: WANDB_PROJECT, else the registry's)")
    .option("--json", "one JSON document on stdout, and nothing but errors on stderr")
    .option("--quiet", "no progress, and no notes")
    .addOption(new Option("--debug", "show where an error came from").hideHelp())
    .addHelpText("after", helpAfter)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError() {} })
    .exitOverride()
  const add: AddCommand = (usage, description, load, example) =>
    program
      .command(usage)
      .description(description)
      .allowExcessArguments(false)
      .addHelpText("after", `\nExample: isofact ${example}`)
      .action(async (...call: unknown[]) => {
        const command = call.at(-1) as Command
        await run(await load(), call.slice(0, -2), command.optsWithGlobals())
      })
  addFileCommands(add)
  addNameCommands(add)
  addCareCommands(add)
  return program
}
