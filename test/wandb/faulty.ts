/** A fetch that does to one request of many what networks and servers do. */
import type { Fetch } from "./served.ts"

export type Fault = (request: Request, next: Fetch) => Promise<Response>

const reset = () => new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "ECONNRESET" }) })

const isStorage = (request: Request) => new URL(request.url).pathname.includes("/storage/")

/** Never answers; gives up with the caller, as fetch does. */
function stalled(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener("abort", stop, { once: true })
  })
}

/** The first half of the answer, then `end`. */
async function half(
  response: Response,
  end: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>,
): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  let given = false
  const body = pullingStream(async (controller) => {
    if (given || bytes.length < 2) return end(controller)
    given = true
    controller.enqueue(bytes.subarray(0, bytes.length / 2))
  })
  return new Response(body, response)
}

function pullingStream(pull: (controller: ReadableStreamDefaultController<Uint8Array>) => Promise<void>) {
  return new ReadableStream<Uint8Array>({ pull }) as ReadableStream<Uint8Array<ArrayBuffer>>
}

const status =
  (code: number, headers: HeadersInit = {}): Fault =>
  async () =>
    new Response(JSON.stringify({ errors: [{ message: `made up ${code}` }] }), { status: code, headers })

function flipped(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes)
  if (copy.length > 0) copy[copy.length >> 1]! ^= 1
  return copy
}

export const faults: { readonly [name: string]: Fault } = {
  "reset before it is sent": async () => Promise.reject(reset()),
  "reset after it was done": async (request, next) => {
    await (await next(request)).arrayBuffer()
    throw reset()
  },
  "stall before the answer": (request) => stalled(request.signal),
  "stall within the answer": async (request, next) =>
    half(await next(request), () => stalled(request.signal).catch(() => undefined)),
  "cut off with an error": async (request, next) => half(await next(request), (controller) => controller.error(reset())),
  "cut off without one": async (request, next) => half(await next(request), (controller) => controller.close()),
  "a delay": async (request, next) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return next(request)
  },
  "408": status(408),
  "409": status(409),
  "429": status(429),
  "429 with Retry-After": status(429, { "retry-after": "0.02" }),
  "500": status(500),
  "502": status(502),
  "503": status(503),
  "503 with a date": status(503, { "retry-after": new Date(0).toUTCString() }),
  "an address that has run out": async (request, next) =>
    isStorage(request) ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }) : next(request),
  "an address that has run out, as S3 says it": async (request, next) =>
    isStorage(request) ? new Response("<Error><Code>ExpiredToken</Code></Error>", { status: 400 }) : next(request),
  "a byte flipped on its way up": async (request, next) => {
    if (request.method !== "PUT") return next(request)
    return next(new Request(request, { body: flipped(new Uint8Array(await request.arrayBuffer())) }))
  },
  "a byte flipped on its way down": async (request, next) => {
    const response = await next(request)
    if (request.method !== "GET") return response
    return new Response(flipped(new Uint8Array(await response.arrayBuffer())), response)
  },
}

/** Passes on `next`, doing `fault` to the request number `at`; counts them. */
export function faulty(next: Fetch, fault: Fault, at: number) {
  const told = { count: 0 }
  const fetch: Fetch = (request) => (told.count++ === at ? fault(request, next) : next(request))
  return { fetch, told }
}
