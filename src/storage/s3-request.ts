import { AwsV4Signer } from "aws4fetch"
import { pullStream, untilAborted } from "../bytes/streams.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, SignedRequest } from "../ports.ts"
import { ObjectFailure, retrying } from "./object-retry.ts"
import { readTag } from "./s3-xml.ts"

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

export interface S3ConnectionOptions {
  /** `"https://s3.eu-central-1.amazonaws.com"`, `"https://<account>.r2.cloudflarestorage.com"`, `"http://localhost:9000"`. */
  readonly endpoint: string | URL
  readonly bucket: string
  /** Default: what the endpoint's name says, else `us-east-1`. */
  readonly region?: string | undefined
  /** A function is asked before every request: it keeps what it gets for as long as that is valid. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>)
  /** Whether the bucket goes before the endpoint's host name instead of into the path. Default false. */
  readonly virtualHost?: boolean | undefined
  /** Default: the global one. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

export interface S3Request extends CallOptions {
  /** For messages. */
  readonly operation: string
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE"
  /** The bucket itself when empty. */
  readonly key: string
  /** What the key means to the caller, for messages. */
  readonly label: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array<ArrayBuffer> | string | undefined
  /** Error codes, or statuses of answers without one, that are an answer to be looked at. */
  readonly expected?: readonly (string | number)[] | undefined
  /** Default true. */
  readonly repeatable?: boolean | undefined
}

interface S3Answer {
  /** Of an answer that is one of the `expected` errors. */
  readonly code?: string | undefined
  /** An attempt before may have done what was asked. */
  readonly unclear: boolean
  readonly headers: Headers
}

export interface S3Client {
  readonly name: string
  /** A request that carries its permission in its address, to be made by somebody else with these headers and no others signed. */
  presign(request: Pick<S3Request, "method" | "key" | "headers">, expiresInSeconds: number): Promise<SignedRequest>
  /** Answer with the body as text, as bytes, or as a stream that fails when nothing comes for too long. */
  text(request: S3Request): Promise<S3Answer & { readonly body: string }>
  bytes(request: S3Request): Promise<S3Answer & { readonly body: Uint8Array }>
  stream(request: S3Request): Promise<S3Answer & { readonly body: ReadableStream<Uint8Array> | undefined }>
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

/** Signed requests to one bucket. This, and nobody below, repeats what failed; errors hold neither addresses nor headers. */
export function createS3Client(options: S3ConnectionOptions): S3Client {
  const { bucket, region, credentials, timeoutMs = 60_000 } = options
  const base = bucketUrl(options)
  const name = `s3://${bucket}`
  const send = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const signingKeys = new Map<string, ArrayBuffer>()

  const sign = async (
    { method, key, query = {}, headers = {} }: Pick<S3Request, "method" | "key" | "query" | "headers">,
    signQuery = false,
  ) => {
    const { accessKeyId, secretAccessKey, sessionToken } = typeof credentials === "function" ? await credentials() : credentials
    const url = new URL(base)
    url.pathname += key.split("/").map(encodeURIComponent).join("/")
    for (const [word, value] of Object.entries(query)) url.searchParams.set(word, value)
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers },
      accessKeyId,
      secretAccessKey,
      service: "s3",
      signQuery,
      cache: signingKeys,
      ...(sessionToken && { sessionToken }),
      ...(region && { region }),
    })
    return signer.sign()
  }

  const attempt = async (request: S3Request, unclear: boolean) => {
    const clock = createClock(timeoutMs, request.signal)
    clock.start()
    const signed = await untilAborted(sign(request), clock.signal).catch((error) => {
      clock.stop()
      throw error instanceof NoAnswer ? new ObjectFailure("again", `no credentials within ${timeoutMs} ms`) : error
    })
    clock.start(request.body === undefined ? 0 : request.body.length / BYTES_PER_MS)
    try {
      const response = await send(signed.url.href, {
        method: signed.method,
        headers: signed.headers,
        // What is sent elsewhere would have to be signed anew.
        redirect: "manual",
        signal: clock.signal,
        ...(request.body !== undefined && { body: request.body }),
      })
      if (response.ok) return { response, clock, answer: { headers: response.headers, unclear } }
      const code = readTag(await response.text(), "Code") ?? String(response.status)
      clock.stop()
      const isExpected = request.expected?.some((item) => String(item) === code || item === response.status)
      if (!isExpected) throw failureOf(response, code)
      return { response: undefined, clock, answer: { headers: response.headers, unclear, code } }
    } catch (error) {
      clock.stop()
      throw asFailure(error, request.signal)
    }
  }
  const retryOptions = ({ operation, label, signal, repeatable }: S3Request) => {
    return { operation, key: label, store: name, signal, repeatable }
  }
  const answering = <B>(request: S3Request, absent: B, read: (response: Response) => Promise<B>) => {
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

  return {
    name,
    async presign({ method, key, headers = {} }, expiresInSeconds) {
      const query = { "X-Amz-Expires": String(expiresInSeconds) }
      const { url } = await sign({ method, key, headers, query }, true)
      return { url: url.href, headers }
    },
    text: (request) =>
      answering(request, "", async (response) => {
        const body = await response.text()
        // Copying and completing begin their answer before they know how it ends.
        const code = request.method === "GET" || !body.includes("<Error>") ? undefined : readTag(body, "Code")
        if (code !== undefined) throw failureOf(response, code)
        return body
      }),
    bytes: (request) => answering(request, new Uint8Array(0), async (response) => new Uint8Array(await response.arrayBuffer())),
    stream(request) {
      const work = async (unclear: boolean) => {
        const { response, clock, answer } = await attempt(request, unclear)
        clock.stop()
        return { ...answer, body: response?.body ? timedStream(response.body, clock) : undefined }
      }
      return retrying(work, retryOptions(request))
    },
  }
}

function bucketUrl({ endpoint, bucket, virtualHost = false }: S3ConnectionOptions): URL {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]+$/.test(bucket))
    throw new InvalidArgumentError("options.bucket", `bucket must be the name of a bucket, not ${JSON.stringify(bucket)}`)
  if (!URL.canParse(endpoint))
    throw new InvalidArgumentError("options.endpoint", "endpoint must be an address such as https://s3.eu-central-1.amazonaws.com")
  const url = new URL(endpoint)
  const { origin, pathname } = virtualHost ? new URL(`${url.protocol}//${bucket}.${url.host}${url.pathname}`) : url
  return new URL(`${origin}${pathname.replace(/\/*$/, "/")}${virtualHost ? "" : `${bucket}/`}`)
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
      timer = setTimeout(() => controller.abort(new NoAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs + moreMs)
    },
    stop: () => clearTimeout(timer),
  }
}

function timedStream(body: ReadableStream<Uint8Array>, clock: Clock): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const pull = async () => {
    clock.start()
    try {
      return (await reader.read()).value
    } finally {
      clock.stop()
    }
  }
  return pullStream({ pull, cancel: (reason) => reader.cancel(reason) })
}

function failureOf(response: Response, code: string): ObjectFailure {
  const { status } = response
  const retryAfterMs = retryAfter(response.headers)
  const turnedAway = TURNED_AWAY.has(status) || TURNED_AWAY_CODES.has(code)
  const hint =
    response.type === "opaqueredirect" || (status >= 300 && status < 400) ? "; is it the endpoint of the bucket's region?" : ""
  const reason = code === String(status) ? `status ${status}${hint}` : `${code} (status ${status})${hint}`
  return new ObjectFailure(turnedAway ? "again" : UNCLEAR.has(status) || code === UNCLEAR_CODE ? "unclear" : "final", reason, {
    status,
    retryAfterMs,
  })
}

function retryAfter(headers: Headers): number {
  const text = headers.get("retry-after") ?? ""
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(seconds * 1000, 0) : 0
}

/** A request that got no answer may have been carried out. */
function asFailure(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof ObjectFailure || signal?.aborted) return error
  const reason = error instanceof NoAnswer ? error.message : "the connection failed"
  return new ObjectFailure("unclear", reason, { cause: error })
}
