import { plainJson, readObject } from "../core/exact-json.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { RunNews, RunRef } from "../ports.ts"
import type { Call } from "./call.ts"

type Members = { readonly [name: string]: unknown }

/** A run's heartbeat, history, summary and console, protocol.md 6.5. The console, and how the machine did, are let go. */
export async function streamRun(call: Call, run: RunRef, body: unknown): Promise<Response> {
  const { files, complete, exitcode } = membersOf(body)
  const { registry, signal } = call
  await registry.heartbeat(run, newsOf(membersOf(files)), { signal })
  if (complete === true) await registry.finishRun(run, readExitCode(exitcode), { signal })
  return Response.json({})
}

/** What is not as it should be is left out: a refusal would end the stream, and with it the run's heartbeat. */
function newsOf(files: Members): RunNews {
  const { offset, content: lines } = membersOf(files["wandb-history.jsonl"])
  const { content: summaries } = membersOf(files["wandb-summary.json"])
  return {
    history: isLines(lines) && typeof offset === "number" ? { offset, lines } : undefined,
    summary: isLines(summaries) ? readSummary(summaries.at(-1) ?? "") : undefined,
  }
}

function readSummary(line: string): string | undefined {
  const text = plainJson(line)
  try {
    readObject(text, "summary")
    return text
  } catch {
    return undefined
  }
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {}
}

function isLines(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((line) => typeof line === "string")
}

function readExitCode(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (Number.isSafeInteger(value)) return value as number
  throw new InvalidArgumentError("exitcode", "exitcode must be a whole number.")
}
