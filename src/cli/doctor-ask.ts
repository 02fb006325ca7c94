const answerWithinMs = 15_000

/** A server of W&B's protocol, as one who looks for trouble asks it. */
export interface Server {
  readonly baseUrl: string
  readonly key: string | undefined
  /** Of the page that wants to use it. */
  readonly origin: string | undefined
}

/** One request, not repeated, and given up soon. */
export function fetchSoon(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]) })
}

/** As no page would, unless `origin` is given: a server may refuse whatever comes from others than its own. */
export function askServer(
  { baseUrl, key }: Server,
  question: { readonly query: string; readonly variables?: object },
  signal: AbortSignal,
  origin?: string,
): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(origin && { origin }),
    ...(key && { authorization: `Basic ${btoa(`api:${key}`)}` }),
  }
  const body = JSON.stringify(question)
  return fetchSoon(`${baseUrl}/graphql`, { method: "POST", redirect: "error", headers, body }, signal)
}
