import { retryAfterMs } from "../core/retry-after.ts"
import type { ArtifactErrorCode, ErrorDetails } from "../errors.ts"
import { mostFailureBytes, readText } from "./body.ts"
import { type FailureFacts, type Verdict, WireFailure } from "./failure.ts"

const turnedAway = new Set([429, 503])
const unclear = new Set([408, 425])
const maxMessageLength = 500
const maxRequestIdLength = 128
const maxNameLength = 2000
const maxNames = 1000

/** From the first parameter that gives a right away to the end of its address, whole or relative. */
const permission =
  /[?&](?:sig|signature|token|access_?token|key|api_?key|credential|policy|awsaccesskeyid|googleaccessid|x-(?:amz|goog)-[\w-]+)=[^\s"'<>]*/gi

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
  const facts = factsOf(response, clean)
  const text = (await readText(response.body, mostFailureBytes)) ?? ""
  const told = readErrors(text)
  if (told.length > 0) return toldFailure(told, verdict, facts, clean)
  const storeCode = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(clean(text))?.[1]
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
  const messages = told.map(({ message }) => (typeof message === "string" ? message : "an error without a message"))
  const { code = facts.status === undefined ? undefined : codeByStatus.get(facts.status), details } = told[0]?.extensions ?? {}
  const words = tidy([...new Set(messages)].join("; "), clean)
  const hint =
    facts.status === 401 ? `${words.endsWith(".") ? "" : "."} Check the API key: the option apiKey, or WANDB_API_KEY` : ""
  return new WireFailure(verdict, `${words}${hint}`, {
    ...facts,
    code: code as ArtifactErrorCode | undefined,
    details: details && cleanDetails(details, clean),
  })
}

/** A server's words as they may be told: no key, no address that is a permission, nothing that moves a terminal's cursor, no flood. */
export function tidy(text: string, clean: (text: string) => string, maxLength = maxMessageLength): string {
  return clean(text)
    .replace(permission, "?…")
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, maxLength)
}

/** What a server says an error concerns. Whether it is ours is not known, so nothing in it is taken on trust. */
function cleanDetails(details: ErrorDetails, clean: (text: string) => string): ErrorDetails {
  const { argument, path, expected, actual, paths } = details
  const name = (text: unknown) => (typeof text === "string" ? tidy(text, clean, maxNameLength) : undefined)
  const names = Array.isArray(paths) ? paths.slice(0, maxNames).flatMap((each) => name(each) ?? []) : undefined
  const told = { argument: name(argument), path: name(path), expected: name(expected), actual: name(actual), paths: names }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}

export function factsOf({ status, headers }: Response, clean: (text: string) => string): FailureFacts {
  const requestId = headers.get("x-request-id")
  return {
    status,
    requestId: requestId === null ? undefined : tidy(requestId, clean, maxRequestIdLength),
    retryAfterMs: retryAfterMs(headers),
  }
}

function verdictOf(status: number): Verdict {
  if (turnedAway.has(status)) return "turned away"
  return unclear.has(status) || (status >= 500 && status !== 501) ? "unclear" : "final"
}

/** The errors of `{"errors":[…]}`, `{"error":"…"}` or `{"error":{"message":…}}`, protocol.md 8.1. */
function readErrors(text: string): ToldError[] {
  try {
    const { errors, error } = JSON.parse(text) as { errors?: unknown; error?: unknown }
    return toldErrors(Array.isArray(errors) ? errors : [error])
  } catch {
    return []
  }
}

/** The errors in a list that anybody may have made. */
export function toldErrors(list: unknown): ToldError[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : []
  return items.flatMap((item) => {
    if (typeof item === "string") return { message: item }
    return typeof item === "object" && item !== null ? (item as ToldError) : []
  })
}

/** Whether a failure means that a signed address has run out: stores say so in two ways. */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof WireFailure)) return false
  const { status, storeCode } = error.facts
  return status === 401 || status === 403 || (status === 400 && storeCode !== undefined && /Expired/.test(storeCode))
}
