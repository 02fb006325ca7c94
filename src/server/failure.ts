import { type ArtifactError, type ArtifactErrorCode, type ErrorDetails, isArtifactError, RegistryError } from "../errors.ts"

/** What this server itself refuses, with the status that says why; a `RegistryError` from elsewhere speaks of what stands behind it. */
export class Refusal extends RegistryError {
  readonly status: number
  constructor(status: number, message: string, path?: string) {
    super(message, { status, ...(path !== undefined && { path }) })
    this.status = status
  }
}

/** What the asker gets to know of an error. */
export interface Failure {
  readonly status: number
  readonly message: string
  /** Nobody's fault outside: what is told says nothing, and the owner should see the error. */
  readonly isInternal: boolean
  /** The same for programs: what kind of error it was, and the names and digests it concerns. */
  readonly extensions?: { readonly code: ArtifactErrorCode; readonly details: ErrorDetails }
}

/** protocol.md 8.2: W&B's clients try again for minutes after a 5xx, so nothing that stays wrong may answer one. */
const statusByCode: { readonly [code in ArtifactErrorCode]: number } = {
  ARTIFACT_FINALIZED: 409,
  ARTIFACT_NOT_LOGGED: 409,
  CONFLICT: 409,
  DIGEST_MISMATCH: 400,
  ENTRY_NOT_FOUND: 404,
  INVALID_ARGUMENT: 400,
  REGISTRY: 502,
  STORAGE: 500,
  UNSUPPORTED: 501,
  WAIT_TIMEOUT: 504,
}

const maxPaths = 1000

/** Messages name a store by its folder or bucket, which is nobody's business outside. */
const storePlace = / in (?:[A-Za-z]:|[a-z][a-z0-9]*:\/)?[\\/][^,;"]*?(?= any more|[,;"]|\.?$)/g

export function toFailure(error: unknown, requestId: string, storeName: string): Failure {
  const status = isArtifactError(error) ? statusOf(error) : 500
  if (status !== 501 && status >= 500) {
    const what = status === 500 ? "Something went wrong in the server" : "What stands behind the server did not answer as it should"
    return { status, message: `${what}; its log has more under the request id ${requestId}.`, isInternal: true }
  }
  const { code, details } = error as ArtifactError
  const message = tellableMessage(error as ArtifactError, storeName)
  return { status, message, isInternal: false, extensions: { code, details: tellable(details) } }
}

function tellableMessage({ message, details }: ArtifactError, storeName: string): string {
  const own = ownPath(details)
  const told = own === undefined ? message : message.replaceAll(own, "a stored file")
  return told.replaceAll(storeName, "the registry").replace(storePlace, " in the registry")
}

function tellable(details: ErrorDetails): ErrorDetails {
  const { argument, paths, expected, actual } = details
  const path = ownPath(details) === undefined ? details.path : undefined
  const known = Object.entries({ argument, path, paths: paths?.slice(0, maxPaths), expected, actual })
  return Object.fromEntries(known.filter(([, value]) => value !== undefined))
}

/** A file of this machine: no path within an artifact looks like one. */
function ownPath({ path }: ErrorDetails): string | undefined {
  return path !== undefined && /^(?:[A-Za-z]:)?[\\/]/.test(path) ? path : undefined
}

/** A registry of somebody else's may say itself what the asker did wrong; that our key there is wrong is our trouble. */
function statusOf(error: ArtifactError): number {
  if (error instanceof Refusal) return error.status
  const told = error.code === "REGISTRY" ? error.details.status : undefined
  return told !== undefined && told >= 400 && told < 500 && told !== 401 ? told : statusByCode[error.code]
}
