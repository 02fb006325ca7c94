/**
 * Every failure isofact raises on purpose is an {@link ArtifactError}. Branch on `code`, never on the message or the class name:
 * codes are a closed set and survive bundlers and two copies of the package in one program. The one exception is an abort: as on the
 * web, an operation whose `signal` fires rejects with `signal.reason`.
 */
export type ArtifactErrorCode =
  | "ARTIFACT_FINALIZED"
  | "ARTIFACT_NOT_LOGGED"
  | "CONFLICT"
  | "DIGEST_MISMATCH"
  | "ENTRY_NOT_FOUND"
  | "INVALID_ARGUMENT"
  | "REGISTRY"
  | "STORAGE"
  | "UNSUPPORTED"
  | "WAIT_TIMEOUT"

/** What an error concerns, as data. Only the members that apply are set; none ever holds a key, a token or a signed URL. */
export interface ErrorDetails {
  /** The argument that was wrong, as the caller spells it: `"name"`, `"options.ttl"`. */
  readonly argument?: string
  /** The entry path or local path. */
  readonly path?: string
  /** The paths, when there are several: every file that failed verification, for instance. */
  readonly paths?: readonly string[]
  /** Those of `paths` whose bytes are wrong, after `verify()`. */
  readonly damaged?: readonly string[]
  /** Those of `paths` that are not there, after `verify()`. */
  readonly missing?: readonly string[]
  /** Those of `paths` that the artifact does not have, after `verify()`. */
  readonly extra?: readonly string[]
  /** The operation that failed: a port method, a GraphQL operation, `GET /path` without its query. */
  readonly operation?: string
  /** HTTP status, for `RegistryError`. */
  readonly status?: number
  /** The server's request id, for `RegistryError`. */
  readonly requestId?: string
  /** The digest that was promised. */
  readonly expected?: string
  /** The digest that was found. */
  readonly actual?: string
}

const brand: unique symbol = Symbol.for("isofact.error") as never

/** Base of every error isofact raises on purpose. `cause` holds what lay beneath. */
export class ArtifactError extends Error {
  override readonly name: string = "ArtifactError"
  readonly code: ArtifactErrorCode
  readonly details: ErrorDetails
  readonly [brand] = true

  constructor(code: ArtifactErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

/** Whether a caught value is an {@link ArtifactError}, also one from another copy of the package. */
export function isArtifactError(value: unknown): value is ArtifactError {
  return typeof value === "object" && value !== null && brand in value
}

/** The artifact is final (logged, or finalized) and cannot be changed. Use `newDraft()`. */
export class ArtifactFinalizedError extends ArtifactError {
  override readonly name = "ArtifactFinalizedError"
  constructor(message: string, details?: ErrorDetails) {
    super("ARTIFACT_FINALIZED", message, details)
  }
}

/** A draft was asked for what only a logged version has. Log it and `await artifact.wait()` first. */
export class ArtifactNotLoggedError extends ArtifactError {
  override readonly name = "ArtifactNotLoggedError"
  constructor(message: string, details?: ErrorDetails) {
    super("ARTIFACT_NOT_LOGGED", message, details)
  }
}

/** `wait()` ran past its `timeoutMs`; logging goes on. */
export class WaitTimeoutError extends ArtifactError {
  override readonly name = "WaitTimeoutError"
  constructor(message: string, details?: ErrorDetails) {
    super("WAIT_TIMEOUT", message, details)
  }
}

/** No such entry, file, version, collection or run. Python's `KeyError` and `FileNotFoundError`. */
export class EntryNotFoundError extends ArtifactError {
  override readonly name = "EntryNotFoundError"
  constructor(message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super("ENTRY_NOT_FOUND", message, details, options)
  }
}

/** An argument that cannot work; `details.argument` names it. Python's `ValueError` and `TypeError`. */
export class InvalidArgumentError extends ArtifactError {
  override readonly name = "InvalidArgumentError"
  constructor(argument: string, message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super("INVALID_ARGUMENT", message, { argument, ...details }, options)
  }
}

/** Bytes are not what their digest says. `details` names the file and both digests; nothing was kept of them. */
export class DigestMismatchError extends ArtifactError {
  override readonly name = "DigestMismatchError"
  constructor(message: string, details?: ErrorDetails) {
    super("DIGEST_MISMATCH", message, details)
  }
}

/** Somebody else changed the same thing first, or the thing is still in use. Nothing was changed. */
export class ConflictError extends ArtifactError {
  override readonly name = "ConflictError"
  constructor(message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super("CONFLICT", message, details, options)
  }
}

/** The registry refused or could not be reached: `details` has operation, status and request id. */
export class RegistryError extends ArtifactError {
  override readonly name = "RegistryError"
  constructor(message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super("REGISTRY", message, details, options)
  }
}

/** Storage failed: disk full, no permission, quota. `details.path` names the place, `cause` is the platform's error. */
export class StorageError extends ArtifactError {
  override readonly name = "StorageError"
  constructor(message: string, details?: ErrorDetails, options?: ErrorOptions) {
    super("STORAGE", message, details, options)
  }
}

/** This runtime cannot do that; the message says what to do instead. */
export class UnsupportedError extends ArtifactError {
  override readonly name = "UnsupportedError"
  constructor(message: string, details?: ErrorDetails) {
    super("UNSUPPORTED", message, details)
  }
}
