import type { KyInstance } from "ky"
import { untilAborted } from "../bytes/streams.ts"
import { isArtifactError } from "../errors.ts"
import { webAddress } from "./address.ts"
import { answerFailure, factsOf } from "./answer.ts"
import { inMebibytes, mostAnswerBytes, mostFailureBytes, readText } from "./body.ts"
import { type FailureFacts, WireFailure } from "./failure.ts"
import { createPaces, type Lane, type PaceOutcome } from "./pace.ts"
import { type RetryOptions, type RetryPolicy, retrying } from "./retry.ts"
import { createWatch, type Watch } from "./watch.ts"

export interface HttpOptions extends RetryPolicy {
  readonly fetch: ((request: Request) => Promise<Response>) | undefined
  readonly timeoutMs: number
  readonly stallMs: number
  /** Takes what must not be told out of a server's words. */
  readonly clean: (text: string) => string
}

export interface WireRequest extends RetryOptions {
  readonly method: "GET" | "HEAD" | "POST" | "PUT"
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Made anew for every attempt. */
  readonly body?: ((watch: Watch) => WireBody | Promise<WireBody>) | undefined
  /** Failing statuses that are an answer to be looked at. */
  readonly expected?: readonly number[] | undefined
  /** What is asked for takes the server minutes: it is given ten times as long. */
  readonly isSlow?: boolean | undefined
  /** Try again after a 409, which otherwise is final. */
  readonly retryConflict?: boolean | undefined
}

export interface WireBody {
  readonly data: BodyInit
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Requests to one service and to the stores that it signs addresses of. Nothing it throws tells an address, a header or a key. */
export interface Http extends RetryPolicy {
  /** What `read` makes of the whole answer, within `timeoutMs`; repeated, also when `read` throws a {@link WireFailure}. */
  text<T>(request: WireRequest, read: (text: string, facts: FailureFacts) => T): Promise<T>
  /** Sends bytes, failing when none move for `stallMs`; repeated. */
  send(request: WireRequest): Promise<{ readonly status: number; readonly headers: Headers }>
  /** One attempt; the body is for the caller to read, under `watch`. Rejects with {@link WireFailure}. */
  open(request: WireRequest, signal: AbortSignal | undefined): Promise<{ readonly response: Response; readonly watch: Watch }>
}

const slower = new Set([429, 503])

export function createHttp(options: HttpOptions): Http {
  const { server, retries, retryDelayMs, timeoutMs, stallMs, clean } = options
  const policy: RetryPolicy = { server, retries, retryDelayMs }
  const paceAt = createPaces()
  let created: Promise<KyInstance> | undefined
  const connect = () => (created ??= createClient(options))

  const exchange = async (request: WireRequest, watch: Watch, lane: Lane): Promise<Response> => {
    const leave = await paceAt(webAddress(request.url).origin).enter(lane, watch.signal)
    let outcome: PaceOutcome = { fine: false }
    try {
      watch.touch()
      const body = await prepare(request, watch)
      const client = await connect()
      const sending =
        body === undefined
          ? look(client, request, watch.signal)
          : client(request.url, {
              method: request.method,
              headers: { ...request.headers, ...body.headers },
              signal: watch.signal,
              body: body.data,
              redirect: stayHere(),
            })
      // A fetch of somebody else's may not hear the signal, here or once it has answered.
      const response = await untilAborted(sending, watch.signal)
      if (response.ok || request.expected?.includes(response.status)) {
        outcome = { fine: true }
        return response
      }
      const failure = await untilAborted(answerFailure(response, clean, request.retryConflict), watch.signal)
      const { retryAfterMs = Math.random() * retryDelayMs } = failure.facts
      if (slower.has(response.status)) outcome = { fine: false, pauseMs: retryAfterMs }
      throw failure
    } finally {
      leave(outcome)
    }
  }
  const repeated = <T>(request: WireRequest, limitMs: number, lane: Lane, read: (response: Response) => Promise<T>) =>
    retrying(policy, request, async () => {
      const watch = createWatch(limitMs, `nothing came or went for ${limitMs} ms`, request.signal)
      try {
        return await untilAborted(read(await exchange(request, watch, lane)), watch.signal)
      } catch (error) {
        throw explain(error, watch)
      } finally {
        watch.stop()
      }
    })
  return {
    ...policy,
    text: (request, read) =>
      repeated(request, timeoutMs * (request.isSlow ? 10 : 1), "down", async (response) => {
        const text = await readText(response.body, mostAnswerBytes)
        if (text !== undefined) return read(text, factsOf(response, clean))
        const limit = inMebibytes(mostAnswerBytes)
        throw new WireFailure(
          "final",
          `the answer has more than ${limit}; is the base URL the address of a W&B server?`,
          factsOf(response, clean),
        )
      }),
    send: (request) =>
      repeated(request, stallMs, "up", async (response) => {
        // Nothing in it matters, but only an answer that was read to its end leaves the connection to the next request.
        await readText(response.body, mostFailureBytes)
        return { status: response.status, headers: response.headers }
      }),
    async open(request, signal) {
      const watch = createWatch(stallMs, `nothing came for ${stallMs} ms`, signal)
      try {
        return { response: await exchange(request, watch, "down"), watch }
      } catch (error) {
        watch.stop()
        throw explain(error, watch)
      }
    },
  }
}

/** Loaded by the first request, since ky tries out what the runtime can as soon as it is imported. */
async function createClient(options: HttpOptions): Promise<KyInstance> {
  const { default: ky } = await import("ky")
  return ky.create({
    // Which attempt follows which is decided here, for bodies and broken downloads too, so ky makes exactly one.
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    fetch: (request) => (options.fetch ?? globalThis.fetch)(request as Request),
  })
}

/**
 * Follows a redirect without the key, which is for the service alone: some runtimes would hand it on to whatever host the answer names.
 * A page cannot see where it is sent, and drops the key by itself.
 */
async function look(client: KyInstance, { method, url, headers = {} }: WireRequest, signal: AbortSignal): Promise<Response> {
  const { authorization, ...open } = headers
  if (authorization === undefined) return client(url, { method, headers, signal })
  const response = await client(url, { method, headers, signal, redirect: "manual" })
  if (response.type === "opaqueredirect") return client(url, { method, headers, signal })
  const location = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null
  if (location === null) return response
  await response.body?.cancel()
  return client(webAddress(location, url).href, { method, headers: open, signal })
}

/** Bytes that cannot be read are the caller's trouble, and no failure of the connection. */
async function prepare(request: WireRequest, watch: Watch): Promise<WireBody | undefined> {
  try {
    return await request.body?.(watch)
  } catch (error) {
    watch.abort(error)
    throw error
  }
}

/**
 * What went wrong, in words of our own: a platform's error may name the address, and ky's hold the whole request. What stopped the
 * watch passes through: the caller's abort, an error of the caller's bytes, a stall.
 */
export function explain(error: unknown, watch: Watch): unknown {
  if (watch.signal.aborted) return watch.signal.reason
  // Another error of ours is a `fetch`'s last word.
  return error instanceof WireFailure || isArtifactError(error)
    ? error
    : new WireFailure("unclear", `the connection failed${codeOf(error)}`)
}

/** `ECONNREFUSED` and its like, which say much and nothing secret. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === "string" && /^[A-Z][A-Z_]{2,40}$/.test(code)) return ` (${code})`
  }
  return ""
}

let redirect: "error" | "manual" | undefined

/**
 * What is sent goes where it was addressed and nowhere else. Node keeps a whole streamed body in memory unless it knows that there will be
 * no redirect to send it to again; Workers do not know the word for that.
 */
function stayHere(): "error" | "manual" {
  if (redirect === undefined) {
    try {
      redirect = new Request("https://example.invalid", { redirect: "error" }).redirect === "error" ? "error" : "manual"
    } catch {
      redirect = "manual"
    }
  }
  return redirect
}
