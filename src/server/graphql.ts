import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
} from "graphql"
import { Remembered } from "../core/remember.ts"
import { type Call, once } from "./call.ts"
import { createMeter } from "./graphql-meter.ts"
import { inWords } from "./graphql-refusals.ts"
import { checkShape } from "./graphql-shape.ts"
import { root } from "./root.ts"
import { changeDefs } from "./schema-changes.ts"
import { typeDefs } from "./schema-types.ts"

/** What a client posts. */
export interface GraphqlRequest {
  readonly query: string
  readonly variables: { readonly [name: string]: unknown } | undefined
  readonly operationName: string | undefined
}

/** One that went wrong; `cause` is what a resolver threw, undefined where the request itself is at fault. */
export interface GraphqlProblem {
  readonly message: string
  readonly path: readonly (string | number)[] | undefined
  readonly cause: unknown
}

export interface GraphqlResult {
  readonly data: unknown
  readonly problems: readonly GraphqlProblem[]
}

const maxTokens = 2000
const keptDocuments = 256
const keptLength = 20_000

const schema = once((): GraphQLSchema => {
  const built = buildSchema(typeDefs + changeDefs)
  checkedScalar(built, "Int64", "a whole number", Number.isSafeInteger)
  for (const name of ["JSONString", "DateTime"]) checkedScalar(built, name, "text", (value) => typeof value === "string")
  return built
})

/** Scalars that are only named take any value at all. */
function checkedScalar(built: GraphQLSchema, name: string, must: string, isFine: (value: unknown) => boolean): void {
  const scalar = built.getType(name) as GraphQLScalarType
  const coerce = (value: unknown) => {
    if (isFine(value)) return value
    throw new GraphQLError(`${name} must be ${must}.`)
  }
  scalar.coerceInputValue = coerce
  scalar.coerceInputLiteral = (node) => {
    if (node.kind === Kind.INT) return coerce(Number(node.value))
    return coerce(node.kind === Kind.STRING ? node.value : undefined)
  }
}

/** Executes documents of W&B's clients. Those seen before are neither parsed nor validated again. */
export function createExecutor(maxDepth: number): (request: GraphqlRequest, call: Call) => Promise<GraphqlResult> {
  const known = new Remembered<DocumentNode>(keptDocuments)
  const read = (query: string): DocumentNode | readonly GraphQLError[] => {
    const kept = known.get(query)
    if (kept !== undefined) return kept
    const document = parse(query, { maxTokens, noLocation: false })
    const errors = validate(schema(), document, specifiedRules, { maxErrors: 5, hideSuggestions: true })
    if (errors.length > 0) return inWords(errors)
    checkShape(document, maxDepth)
    if (query.length <= keptLength) known.set(query, document)
    return document
  }
  return async ({ query, variables, operationName }, call) => {
    const stop = new AbortController()
    try {
      const document = read(query)
      if (Array.isArray(document)) return refused(document)
      const result = await execute({
        schema: schema(),
        document: document as DocumentNode,
        rootValue: root,
        contextValue: call,
        variableValues: variables,
        operationName,
        fieldResolver: createMeter(stop),
        abortSignal: stop.signal,
      })
      return { data: result.data ?? null, problems: (result.errors ?? []).map(toProblem) }
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason
      if (error instanceof GraphQLError) return refused([error])
      // The parser goes as deep as the text does.
      if (error instanceof RangeError) return refused([new GraphQLError("The query is nested too deep.")])
      throw error
    }
  }
}

function refused(errors: readonly GraphQLError[]): GraphqlResult {
  return { data: null, problems: errors.map(toProblem) }
}

function toProblem({ message, path, originalError }: GraphQLError): GraphqlProblem {
  const isOurs = originalError === undefined || originalError === null || originalError instanceof GraphQLError
  return { message, path, cause: isOurs ? undefined : originalError }
}
