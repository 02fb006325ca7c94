import type { ArtifactErrorCode, ErrorDetails } from "../errors.ts"
import {
  type ArtifactError,
  ConflictError,
  DigestMismatchError,
  EntryNotFoundError,
  InvalidArgumentError,
  RegistryError,
  UnsupportedError,
} from "../errors.ts"

/** `"turned away"`: the server did nothing; `"unclear"`: it may have done what was asked; `"final"`: asking again is no use. */
export type Verdict = "turned away" | "unclear" | "final"

export interface FailureFacts {
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  /** How long the server wants to be left alone. */
  readonly retryAfterMs?: number | undefined
  /** What an isofact server says it is; another server says nothing. */
  readonly code?: ArtifactErrorCode | undefined
  readonly details?: ErrorDetails | undefined
  /** What an object store calls it: `"BadDigest"`, `"ExpiredToken"`. */
  readonly storeCode?: string | undefined
}

/** Why one request failed. Its message is for people, so it holds no address, no header and nothing of a platform's error. */
export class WireFailure extends Error {
  override readonly name = "WireFailure"
  readonly verdict: Verdict
  readonly facts: FailureFacts

  constructor(verdict: Verdict, reason: string, facts: FailureFacts = {}) {
    super(reason)
    this.verdict = verdict
    this.facts = facts
  }
}

/** What the user gets to see of a failure that nothing helped against. */
export function toError(failure: WireFailure, server: string, operation: string, path?: string): ArtifactError {
  const { status, requestId, code, details } = failure.facts
  const about: ErrorDetails = {
    ...details,
    operation,
    ...(path !== undefined && { path }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
  }
  const subject = path === undefined ? operation : `${operation} of "${path}"`
  const message = `${server} refused ${subject}: ${failure.message}`
  switch (code) {
    case "CONFLICT":
      return new ConflictError(message, about)
    case "DIGEST_MISMATCH":
      return new DigestMismatchError(message, about)
    case "ENTRY_NOT_FOUND":
      return new EntryNotFoundError(message, about)
    case "INVALID_ARGUMENT":
      return new InvalidArgumentError(details?.argument ?? operation, message, about)
    case "UNSUPPORTED":
      return new UnsupportedError(message, about)
    default:
      return new RegistryError(failure.verdict === "final" ? message : `${server} failed ${subject}: ${failure.message}`, about)
  }
}

/** Whether a failure says that what was asked for is not there. */
export function isNotFound(error: unknown): boolean {
  if (error instanceof WireFailure) return error.facts.code === "ENTRY_NOT_FOUND"
  return error instanceof EntryNotFoundError
}
