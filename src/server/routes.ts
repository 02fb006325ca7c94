import { Hono } from "hono"
import { isArtifactError } from "../errors.ts"
import { readJson } from "./body.ts"
import { type Call, createCall, type Setup } from "./call.ts"
import { applyCors, preflight, refuseForeign } from "./cors.ts"
import { downloads } from "./downloads.ts"
import { type Failure, Refusal, toFailure } from "./failure.ts"
import { createExecutor } from "./graphql.ts"
import { answerGraphql } from "./graphql-answer.ts"
import { readKey } from "./key.ts"
import { sendLegacy, sendOldest } from "./legacy-downloads.ts"
import { createPages } from "./pages/pages.ts"
import { streamRun } from "./run-stream.ts"
import { uploads } from "./uploads.ts"
import type { Claims } from "./urls.ts"

/** What a route may ask of the request it answers. */
export interface Exchange {
  readonly request: Request
  readonly requestId: string
  /** Refuses with 401 without a key that is known, and with 403 what another site's page sends. */
  authenticate(): Promise<Call>
}

/** Hono takes HEAD for GET; the request still says which it was. */
type Handler = (exchange: Exchange, params: Readonly<Record<string, string>>) => Promise<Response> | Response

/** The whole HTTP surface, protocol.md 6.1. */
export function createRoutes(setup: Setup): (request: Request) => Promise<Response> {
  const prefix = setup.baseUrl === undefined ? "" : new URL(setup.baseUrl).pathname.replace(/\/$/, "")
  const app = new Hono<{ Bindings: { exchange: Exchange } }>().basePath(prefix || "/")
  const on = (methods: string[], path: string, handler: Handler) =>
    app.on(methods, path, (context) => handler(context.env.exchange, context.req.param() as Record<string, string>))
  addApi(on, setup)
  addStorage(on, setup)
  addLegacy(on)
  const pages = createPages(setup)
  app.notFound(
    async ({ env: { exchange } }) => (await pages(exchange.request, exchange.requestId)) ?? plain(404, "There is nothing here."),
  )
  app.onError((error) => {
    throw error
  })
  return (request) => answer(setup, prefix, request, (exchange) => app.fetch(request, { exchange }))
}

type On = (methods: string[], path: string, handler: Handler) => void

function addApi(on: On, setup: Setup): void {
  const execute = createExecutor(setup.maxDepth)
  on(["POST"], "/graphql", async ({ request, requestId, authenticate }) => {
    const call = await authenticate()
    return answerGraphql(execute, call, await readJson(request, setup.maxRequestBytes), requestId)
  })
  on(["POST"], "/files/:entity/:project/:run/file_stream", async ({ request, authenticate }, { entity, project, run }) => {
    const call = await authenticate()
    return streamRun(call, { entity: entity!, project: project!, run: run! }, await readJson(request, setup.maxRequestBytes))
  })
}

/** Addresses that carry their permission in `sig`; a key that comes along, as Python's may from `~/.netrc`, is not looked at. */
function addStorage(on: On, setup: Setup): void {
  const signed = <K extends keyof Claims>(
    methods: string[],
    kind: K,
    handler: (setup: Setup, claim: Claims[K], request: Request) => Promise<Response>,
  ) =>
    on(methods, `/storage/${kind}`, async ({ request }) => {
      const claim = await setup.signer.verify<Claims[K]>(kind, new URL(request.url).searchParams.get("sig") ?? "")
      if (claim !== undefined) return handler(setup, claim, request)
      throw new Refusal(403, "This address has expired or was altered; ask for a new one.")
    })
  signed(["PUT"], "upload", uploads.upload)
  signed(["PUT", "GET"], "part", uploads.part)
  signed(["PUT"], "upload-manifest", uploads["upload-manifest"])
  signed(["PUT"], "run-file", uploads["run-file"])
  signed(["GET"], "file", downloads.file)
  signed(["GET"], "manifest", downloads.manifest)
}

/** Protocol.md 4.5: the last part is the file's name, which may hold anything, and is not looked at. */
function addLegacy(on: On): void {
  on(["GET"], "/artifactsV2/*", async ({ request, authenticate }) => sendLegacy(await authenticate(), request))
  on(["GET"], "/artifacts/:entity/:hex", async ({ request, authenticate }, { entity, hex }) =>
    sendOldest(await authenticate(), entity!, hex!, request),
  )
}

async function answer(
  setup: Setup,
  prefix: string,
  request: Request,
  route: (exchange: Exchange) => Response | Promise<Response>,
): Promise<Response> {
  const requestId = crypto.randomUUID()
  const early = preflight(setup.corsOrigins, request)
  if (early !== undefined) return early
  const authenticate = async () => {
    const baseUrl = setup.baseUrl?.replace(/\/$/, "") ?? new URL(request.url).origin + prefix
    refuseForeign(setup.corsOrigins, request, new URL(baseUrl).origin)
    const principal = await readKey(setup, request)
    return createCall(setup, principal, baseUrl, request.signal)
  }
  const response = await attempt(setup, request, requestId, () => route({ request, requestId, authenticate }))
  return applyCors(setup.corsOrigins, request, response, requestId)
}

async function attempt(
  setup: Setup,
  request: Request,
  requestId: string,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    // Nobody is there any more to read an answer, and nothing went wrong here.
    if (request.signal.aborted && !isArtifactError(error)) return plain(499, "The request was dropped.")
    const failure = toFailure(error, requestId, setup.registry.name)
    if (failure.isInternal) setup.onError(error, { requestId })
    return failed(failure)
  }
}

function failed({ status, message, extensions }: Failure): Response {
  const headers = { "cache-control": "no-store", ...(status === 401 && { "www-authenticate": 'Basic realm="isofact"' }) }
  return Response.json({ errors: [{ message, ...(extensions && { extensions }) }] }, { status, headers })
}

function plain(status: number, text: string): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  })
}
