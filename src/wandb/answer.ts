import type { ArtifactErrorCode, ErrorDetails } from "../errors.ts"
import { type FailureFacts, type Verdict, WireFailure } from "./failure.ts"

const turnedAway = new Set([429, 503])
const unclear = new Set([408, 425])
const maxMessageLength = 500

/** W&B's statuses as codes, protocol.md 8.1, for answers that say themselves what was wrong. */
const codeByStatus: ReadonlyMap<number, ArtifactErrorCode> = new Map([
  [400, "INVALID_ARGUMENT"],
  [404, "ENTRY_NOT_FOUND"],
  [409, "CONFLICT"],
  [422, "INVALID_ARGUMENT"],
])

/** One error as GraphQL answers tell it; `extensions` as isofact's server fills them. */
export interface ToldError {
  readonly message?: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: string; readonly details?: ErrorDetails }
}

/** The failure that an answer with a failing status stands for. Reads its body. */
export async function answerFailure(
  response: Response,
  clean: (text: string) => string,
  retryConflict = false,
): Promise<WireFailure> {
  const { status, headers } = response
  const verdict = retryConflict && status === 409 ? "unclear" : verdictOf(status)
  const facts = factsOf(response)
  const text = await response.text()
  const told = readErrors(text)
  if (told.length > 0) return toldFailure(told, verdict, facts, clean)
  const storeCode = /<Code>([A-Za-z]+)<\/Code>/.exec(text)?.[1]
  const reason = storeCode === undefined ? `status ${status}` : `${storeCode} (status ${status})`
  const isHtml = headers.get("content-type")?.includes("html") ?? false
  const hint = status === 404 && isHtml ? "; is the base URL the address of a W&B server?" : ""
  return new WireFailure(verdict, `${reason}${hint}`, { ...facts, storeCode })
}

/** What a server says in words, whatever the status was. */
export function toldFailure(
  told: readonly ToldError[],
  verdict: Verdict,
  facts: FailureFacts,
  clean: (text: string) => string,
): WireFailure {
  const messages = told.map(({ message }) => message ?? "an error without a message")
  const { code = facts.status === undefined ? undefined : codeByStatus.get(facts.status), details } = told[0]?.extensions ?? {}
  const words = clean([...new Set(messages)].join("; ")).slice(0, maxMessageLength)
  const hint =
    facts.status === 401 ? `${words.endsWith(".") ? "" : "."} Check the API key: the option apiKey, or WANDB_API_KEY` : ""
  return new WireFailure(verdict, `${words}${hint}`, { ...facts, code: code as ArtifactErrorCode | undefined, details })
}

export function factsOf({ status, headers }: Response): FailureFacts {
  const requestId = headers.get("x-request-id") ?? undefined
  return { status, requestId: requestId?.slice(0, 128), retryAfterMs: retryAfterMs(headers.get("retry-after")) }
}

function verdictOf(status: number): Verdict {
  if (turnedAway.has(status)) return "turned away"
  return unclear.has(status) || (status >= 500 && status !== 501) ? "unclear" : "final"
}

/** Seconds, with fractions as W&B allows them, or a date. */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null) return undefined
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(waitMs) ? Math.max(waitMs, 0) : undefined
}

/** The errors of `{"errors":[…]}`, `{"error":"…"}` or `{"error":{"message":…}}`, protocol.md 8.1. */
function readErrors(text: string): ToldError[] {
  try {
    const { errors, error } = JSON.parse(text) as { errors?: unknown; error?: unknown }
    if (Array.isArray(errors)) return errors.map((item) => (typeof item === "string" ? { message: item } : (item as ToldError)))
    if (typeof error === "string") return [{ message: error }]
    return typeof error === "object" && error !== null ? [error as ToldError] : []
  } catch {
    return []
  }
}

/** Whether a failure means that a signed address has run out: stores say so in two ways. */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof WireFailure)) return false
  const { status, storeCode } = error.facts
  return status === 401 || status === 403 || (status === 400 && storeCode !== undefined && /Expired/.test(storeCode))
}
