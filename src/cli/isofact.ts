#!/usr/bin/env node
import { exitCodes } from "./answer.ts"
import { main } from "./main.ts"

process.exitCode = await main(process.argv.slice(2))
// What was given up may take its time to notice; nobody waits for it.
if (process.exitCode === exitCodes.interrupted) process.exit()
