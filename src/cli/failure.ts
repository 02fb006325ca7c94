import { type ArtifactErrorCode, isArtifactError } from "../index.ts"
import { exitCodes, printable } from "./answer.ts"
import { inOwnWords } from "./own-words.ts"

/** A command that was told to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted"
}

export interface Failure {
  readonly exitCode: number
  /** One sentence, with the way out. */
  readonly message: string
  /** Where it came from, for those who asked. */
  readonly stack: string
  readonly json: { readonly error: { readonly code: string; readonly message: string; readonly details?: unknown } }
}

const codes: Partial<Record<ArtifactErrorCode, number>> = {
  DIGEST_MISMATCH: exitCodes.mismatch,
  ENTRY_NOT_FOUND: exitCodes.notFound,
  INVALID_ARGUMENT: exitCodes.usage,
}

/** What to tell of an error: never a stack, and never one of `secrets`. */
export function describeFailure(error: unknown, secrets: readonly (string | undefined)[]): Failure {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const message = printable(hide(isArtifactError(error) ? inOwnWords(text) : text, secrets))
  const stack = hide((error instanceof Error && error.stack) || text, secrets)
  if (error instanceof Interrupted) return { exitCode: exitCodes.interrupted, message, stack, json: failed("INTERRUPTED", message) }
  if (!isArtifactError(error)) return { exitCode: exitCodes.failed, message, stack, json: failed("UNKNOWN", message) }
  const details = JSON.parse(hide(JSON.stringify(error.details), secrets)) as object
  return { exitCode: codes[error.code] ?? exitCodes.failed, message, stack, json: failed(error.code, message, details) }
}

function failed(code: string, message: string, details?: object): Failure["json"] {
  return { error: { code, message, ...(details && Object.keys(details).length > 0 && { details }) } }
}

/** What is shorter is no key, and may be a word. */
const shortestSecret = 20

function hide(text: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets.filter((secret) => secret !== undefined && secret.length >= shortestSecret) as string[]
  return hidden.reduce((safe, secret) => safe.replaceAll(secret, "***"), text)
}
