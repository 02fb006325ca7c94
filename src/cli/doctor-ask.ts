const answerWithinMs = 15_000

/** A server of W&B's protocol, as one who looks for trouble asks it. */
export interface Server {
  readonly baseUrl: string
  readonly key: string | undefined
  /** Of the page to ask as. */
  readonly origin: string | undefined
}

/** One request, not repeated, and given up soon. */
export function fetchSoon(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]) })
}

export function askServer(
  { baseUrl, key, origin }: Server,
  question: { readonly query: string; readonly variables?: object },
  signal: AbortSignal,
): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(origin && { origin }),
    ...(key && { authorization: `Basic ${btoa(`api:${key}`)}` }),
  }
  const body = JSON.stringify(question)
  return fetchSoon(`${baseUrl}/graphql`, { method: "POST", redirect: "error", headers, body }, signal)
}
