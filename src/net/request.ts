import { MAX_TIMER_MS } from "../bytes/pause.ts"
import { pullStream, untilAborted } from "../bytes/streams.ts"
import { retryAfterMs } from "../core/retry-after.ts"
import type { CallOptions } from "../ports.ts"
import { readText } from "./body.ts"
import { RequestFailure, retrying, toStorageError } from "./retry.ts"

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface StoreRequest extends CallOptions {
  /** `"read"`, `"list"`, …: for messages. */
  readonly operation: string
  /** What it concerns, for messages: a key, an entry path. */
  readonly label: string
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE"
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array<ArrayBuffer> | string | undefined
  /** Error codes, or statuses of answers without one, that are an answer to be looked at. */
  readonly expected?: readonly (string | number)[] | undefined
  /** What is asked for takes the store minutes, such as putting parts together: it is given ten times as long. */
  readonly isSlow?: boolean | undefined
  /** Default true. */
  readonly repeatable?: boolean | undefined
}

export interface StoreAnswer {
  /** Of an answer that is one of the `expected` errors: its code, or its status as text. */
  readonly code?: string | undefined
  /** An attempt before may have done what was asked. */
  readonly unclear: boolean
  readonly status: number
  readonly headers: Headers
  /** Of the answer, as fetch calls it: `"cors"` shows only the headers that the store lets be seen. */
  readonly type: ResponseType
  /** Where the answer came from, redirects followed. */
  readonly url: string
}

/** What goes out: an address and headers that carry what the store wants to see. */
export interface Authorized {
  readonly url: string
  readonly headers: HeadersInit
}

export interface RequesterOptions {
  /** What to call the store in a message: `"s3://bucket"`, `"https://example.org"`. */
  readonly name: string
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /** Signs a request, before every attempt of it. */
  readonly authorize: (request: StoreRequest) => Authorized | Promise<Authorized>
  /** The store's word for what went wrong, from the body of an answer that is no success. */
  readonly readCode?: ((body: string) => string | undefined) | undefined
  /** What to do with redirects; with `"manual"` they count as failures. Default `"manual"`: what is sent elsewhere would have to be signed anew. */
  readonly redirect?: "follow" | "manual" | undefined
}

export interface Requester {
  readonly name: string
  /** Answer with the body as text, as bytes, or as a stream that fails when nothing comes for too long. */
  text(request: StoreRequest): Promise<StoreAnswer & { readonly body: string }>
  bytes(request: StoreRequest): Promise<StoreAnswer & { readonly body: Uint8Array }>
  stream(request: StoreRequest): Promise<StoreAnswer & { readonly body: ReadableStream<Uint8Array> | undefined }>
}

/** A slow line must get a part through: this many bytes are given a millisecond more. */
const BYTES_PER_MS = 16

const TURNED_AWAY = new Set([429, 503])
/** What is told with other statuses and did nothing. */
const TURNED_AWAY_CODES = new Set([
  "ConditionalRequestConflict",
  "ExpiredToken",
  "OperationAborted",
  "RequestTimeout",
  "SlowDown",
  "TooManyRequests",
])
const UNCLEAR = new Set([408, 500, 502, 504])
const UNCLEAR_CODE = "InternalError"

/** Requests to one store. This, and nobody above, repeats what failed; errors hold neither addresses nor headers. */
export function createRequester(options: RequesterOptions): Requester {
  const { name, timeoutMs = 60_000, redirect = "manual", authorize, readCode } = options
  const send = options.fetch ?? ((url, init) => globalThis.fetch(url, init))

  /** Nothing is read of an answer from which nothing can be learned: it may have no end. */
  const codeOf = async (response: Response) => {
    if (readCode !== undefined) return readCode(await readText(response))
    await response.body?.cancel()
  }
  const attempt = async (request: StoreRequest, unclear: boolean) => {
    const clock = createClock(request.isSlow ? timeoutMs * 10 : timeoutMs, request.signal)
    clock.start()
    const { url, headers } = await untilAborted(Promise.resolve(authorize(request)), clock.signal).catch((error) => {
      clock.stop()
      throw error instanceof NoAnswer ? new RequestFailure("again", `no credentials within ${timeoutMs} ms`) : error
    })
    clock.start(request.body === undefined ? 0 : request.body.length / BYTES_PER_MS)
    try {
      const sent = send(url, {
        method: request.method,
        headers,
        redirect,
        signal: clock.signal,
        ...(request.body !== undefined && { body: request.body }),
      })
      const response = await untilAborted(sent, clock.signal)
      const { headers: answered, status, type } = response
      const answer = { headers: answered, status, type, unclear, url: response.url || url }
      if (response.ok) return { response, clock, answer }
      const code = (await codeOf(response)) ?? String(response.status)
      clock.stop()
      const isExpected = request.expected?.some((item) => String(item) === code || item === response.status)
      if (!isExpected) throw failureOf(response, code)
      return { response: undefined, clock, answer: { ...answer, code } }
    } catch (error) {
      clock.stop()
      throw asFailure(error, request.signal)
    }
  }
  const answering = <B>(request: StoreRequest, absent: B, read: (response: Response) => Promise<B>) => {
    const work = async (unclear: boolean) => {
      const { response, clock, answer } = await attempt(request, unclear)
      if (response === undefined) return { ...answer, body: absent }
      try {
        return { ...answer, body: await read(response) }
      } catch (error) {
        throw asFailure(error, request.signal)
      } finally {
        clock.stop()
      }
    }
    return retrying(work, retryOptions(request))
  }
  const retryOptions = ({ operation, label, signal, repeatable }: StoreRequest) => {
    return { operation, key: label, store: name, signal, repeatable }
  }

  return {
    name,
    text: (request) =>
      answering(request, "", async (response) => {
        const body = await readText(response)
        // Copying and completing begin their answer before they know how it ends.
        const code = request.method === "GET" || !body.includes("<Error>") ? undefined : readCode?.(body)
        if (code !== undefined) throw failureOf(response, code)
        return body
      }),
    bytes: (request) => answering(request, new Uint8Array(0), async (response) => new Uint8Array(await response.arrayBuffer())),
    stream(request) {
      const work = async (unclear: boolean) => {
        const { response, clock, answer } = await attempt(request, unclear)
        clock.stop()
        const explain = (error: unknown) => {
          const failure = asFailure(error, request.signal)
          return failure instanceof RequestFailure ? toStorageError(failure, retryOptions(request)) : failure
        }
        return { ...answer, body: response?.body ? timedStream(response.body, clock, explain) : undefined }
      }
      return retrying(work, retryOptions(request))
    },
  }
}

interface Clock {
  readonly signal: AbortSignal
  start(moreMs?: number): void
  stop(): void
}

class NoAnswer extends Error {}

/** Fires with the caller's signal, or when it is not stopped in time. */
function createClock(timeoutMs: number, signal: AbortSignal | undefined): Clock {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    start(moreMs = 0) {
      clearTimeout(timer)
      const late = () => controller.abort(new NoAnswer(`no answer within ${timeoutMs} ms`))
      timer = setTimeout(late, Math.min(timeoutMs + moreMs, MAX_TIMER_MS))
    },
    stop: () => clearTimeout(timer),
  }
}

function timedStream(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  explain: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const pull = async () => {
    clock.start()
    try {
      return (await untilAborted(reader.read(), clock.signal)).value
    } catch (error) {
      throw explain(error)
    } finally {
      clock.stop()
    }
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) })
}

function failureOf(response: Response, code: string): RequestFailure {
  const { status } = response
  const turnedAway = TURNED_AWAY.has(status) || TURNED_AWAY_CODES.has(code)
  const hint =
    response.type === "opaqueredirect" || (status >= 300 && status < 400) ? "; is it the endpoint of the bucket's region?" : ""
  const reason = code === String(status) ? `status ${status}${hint}` : `${code} (status ${status})${hint}`
  return new RequestFailure(turnedAway ? "again" : UNCLEAR.has(status) || code === UNCLEAR_CODE ? "unclear" : "final", reason, {
    status,
    retryAfterMs: retryAfterMs(response.headers),
  })
}

/** A request that got no answer may have been carried out. What the runtime says of it is left behind: some name the whole address. */
function asFailure(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof RequestFailure) return error
  if (signal?.aborted) return signal.reason
  return new RequestFailure("unclear", error instanceof NoAnswer ? error.message : `the connection failed${wordFor(error)}`)
}

/** `" (ECONNREFUSED)"`, where the runtime has such a word. */
function wordFor(error: unknown): string {
  const { code, cause } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? ` (${code})` : cause === undefined ? "" : wordFor(cause)
}
