import { InvalidArgumentError, isArtifactError } from "../errors.ts"
import type { Call } from "./call.ts"
import { toFailure } from "./failure.ts"
import type { GraphqlProblem, GraphqlRequest, GraphqlResult } from "./graphql.ts"

/** Of a list that goes wrong as a whole, every item does. */
const maxTold = 100

/**
 * The result in the form of protocol.md 8.1: errors come with the HTTP status of what went wrong first, since clients tell what may be
 * tried again by that alone.
 */
export async function answerGraphql(
  execute: (request: GraphqlRequest, call: Call) => Promise<GraphqlResult>,
  call: Call,
  body: unknown,
  requestId: string,
): Promise<Response> {
  const { data, problems } = await execute(readRequest(body), call)
  const headers = { "cache-control": "no-store" }
  if (problems.length === 0) return Response.json({ data }, { headers })
  const told = problems.map((problem) => tell(call, problem, requestId))
  report(call, problems, requestId)
  const status = told.find((each) => each.status >= 500)?.status ?? told[0]!.status
  const errors = told.slice(0, maxTold).map(({ message, path, extensions }) => ({
    message,
    ...(path && { path }),
    ...(extensions && { extensions }),
  }))
  const untold = told.length - errors.length
  if (untold > 0) errors.push({ message: `${untold} more went wrong; what is told above is the first of it.` })
  return Response.json({ data, errors }, { status, headers })
}

function tell({ setup }: Call, { message, path, cause }: GraphqlProblem, requestId: string) {
  if (cause === undefined) return { status: 400, message, path, extensions: undefined }
  return { ...toFailure(cause, requestId, setup.registry.name), path }
}

/** One of them, since what fails for one item of a list fails for all; and nothing of a client that has gone away. */
function report({ setup, signal }: Call, problems: readonly GraphqlProblem[], requestId: string): void {
  const isOurs = ({ cause }: GraphqlProblem) =>
    cause !== undefined &&
    !(signal.aborted && !isArtifactError(cause)) &&
    toFailure(cause, requestId, setup.registry.name).isInternal
  const first = problems.find(isOurs)
  if (first !== undefined) setup.onError(first.cause, { requestId })
}

function readRequest(body: unknown): GraphqlRequest {
  const { query, variables, operationName } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>
  const isFine =
    typeof query === "string" &&
    (variables === undefined || variables === null || (typeof variables === "object" && !Array.isArray(variables))) &&
    (operationName === undefined || operationName === null || typeof operationName === "string")
  if (!isFine)
    throw new InvalidArgumentError("body", "The body must be an object with query, and variables and operationName if any.")
  // Clients send "" where they name none.
  const name = operationName || undefined
  return { query, variables: (variables ?? undefined) as GraphqlRequest["variables"], operationName: name as string | undefined }
}
