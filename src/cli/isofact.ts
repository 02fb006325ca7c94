#!/usr/bin/env node
import { exitCodes } from "./answer.ts"
import { main } from "./main.ts"

// Whoever reads along has heard enough, as `head` does after ten lines.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: { readonly code?: string }) => {
    if (error.code !== "EPIPE") throw error
    process.exit()
  })
}
process.exitCode = await main(process.argv.slice(2))
// What was given up may take its time to notice; nobody waits for it.
if (process.exitCode === exitCodes.interrupted) process.exit()
