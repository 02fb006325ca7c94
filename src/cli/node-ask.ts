import { createInterface } from "node:readline/promises"

/** Asks at the terminal; anything but yes is no. */
export async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // The terminal hands over Ctrl-C as a key; for us it is the signal it always is.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"))
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal })).trim())
  } finally {
    terminal.close()
  }
}
