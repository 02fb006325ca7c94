import { isArtifactError } from "../errors.ts"
import type { CallOptions } from "../ports.ts"
import { tidy, toldErrors, toldFailure } from "./answer.ts"
import { type FailureFacts, isNotFound, WireFailure } from "./failure.ts"
import type { Http } from "./http.ts"

declare const answerType: unique symbol
declare const variablesType: unique symbol

/** A GraphQL operation: its text, and the types of what it takes and gives. */
export interface Document<Answer, Variables> {
  /** Operation name, for the server's log and for messages. */
  readonly name: string
  readonly text: string
  readonly [answerType]?: Answer
  readonly [variablesType]?: Variables
}

/** The operation and the fragments it uses, each of them once. */
export function document<Answer, Variables = Record<string, never>>(
  text: string,
  ...fragments: readonly string[]
): Document<Answer, Variables> {
  const name = /^\s*(?:query|mutation)\s+(\w+)/.exec(text)![1]!
  return { name, text: [text, ...new Set(fragments)].map((part) => part.trim()).join("\n") }
}

export interface AskOptions extends CallOptions {
  /** The entry it is about, for messages. */
  readonly path?: string | undefined
  /** It takes the server minutes to do. */
  readonly isSlow?: boolean | undefined
  /** Another writer may be creating the same thing: try again after a 409, as W&B's own client does. */
  readonly retryConflict?: boolean | undefined
}

/**
 * One operation: what `read` makes of its data, by default the data, or an error that says what the server said. Where `read` fails the
 * server has answered something else than it was asked for. Every one may be repeated: what W&B's clients change, they change to a state,
 * not by an amount.
 */
export type Ask = <A, V, T = A>(document: Document<A, V>, variables: V, options?: AskOptions, read?: (answer: A) => T) => Promise<T>

interface Envelope<A> {
  readonly data?: A | null
  readonly errors?: unknown
}

export function createAsk(
  http: Http,
  url: string,
  headers: Readonly<Record<string, string>>,
  clean: (text: string) => string,
): Ask {
  const contentType = { "content-type": "application/json", accept: "application/json" }
  return async <A, V, T>(
    { name, text: query }: Document<A, V>,
    variables: V,
    options: AskOptions = {},
    read: (answer: A) => T = (answer) => answer as unknown as T,
  ) => {
    const body = JSON.stringify({ query, variables, operationName: name })
    return http.text(
      {
        operation: name,
        ...options,
        method: "POST",
        url,
        headers: { ...headers, ...contentType },
        body: () => ({ data: body }),
      },
      (text, facts) => understand(readAnswer<A>(text, facts, clean), read, facts, clean),
    )
  }
}

function readAnswer<A>(text: string, facts: FailureFacts, clean: (text: string) => string): A {
  const { data, errors: list } = readEnvelope<A>(text)
  const errors = toldErrors(list)
  if (errors.length > 0) throw toldFailure(errors, "final", facts, clean)
  if (data !== undefined && data !== null) return data
  throw new WireFailure("final", "the answer has no data; is the base URL the address of a W&B server?", facts)
}

/** What is in an answer, as far as it is looked at here, has the form that was asked for. */
function understand<A, T>(answer: A, read: (answer: A) => T, facts: FailureFacts, clean: (text: string) => string): T {
  try {
    return read(answer)
  } catch (error) {
    const reason = isArtifactError(error) ? `: ${tidy(error.message, clean)}` : ""
    throw new WireFailure("final", `the answer is not what was asked for${reason}`, facts)
  }
}

function readEnvelope<A>(text: string): Envelope<A> {
  try {
    const envelope: unknown = JSON.parse(text)
    return typeof envelope === "object" && envelope !== null ? envelope : {}
  } catch {
    if (text.startsWith("{")) throw new WireFailure("unclear", "the answer was cut off")
    return {}
  }
}

/** What `asking` finds, or undefined where the server says that there is no such thing. */
export async function absent<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
