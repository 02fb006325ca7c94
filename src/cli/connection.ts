import { RegistryError } from "../index.ts"

/** Before a server has answered at all, so many connections may fail, */
const firstTries = 3
/** or the last of them after so long. */
const firstPatienceMs = 5000
/** Each of them has so long to be answered. A server that knows us may take longer. */
const firstAnswerWithinMs = 20_000
/** Trouble that goes on for longer is told. */
const silentMs = 2000

interface ConnectionOptions {
  say(line: string): void
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined
  /** Default 20 seconds. */
  readonly answerWithinMs?: number | undefined
}

/**
 * A `fetch` for people who wait: it says when a server keeps them waiting, and that a request is tried again. A server that has never
 * answered is most likely not there, or has another address; then it soon rejects with an error that is not tried again.
 *
 * @param place how `--registry` calls the server
 */
export function createConnection(place: string, options: ConnectionOptions) {
  const { say, fetch: send = globalThis.fetch, answerWithinMs = firstAnswerWithinMs } = options
  const outage = createOutage(say)
  let hasAnswered = false
  let failures = 0
  let since: number | undefined
  const soon = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)])
  return {
    /** @throws RegistryError when there is no such server */
    async fetch(request: Request): Promise<Response> {
      const { host } = new URL(request.url)
      if (!hasAnswered) outage.begin(`waiting for ${host} to answer`)
      since ??= performance.now()
      try {
        const response = await (hasAnswered ? send(request) : send(request, { signal: soon(request.signal) }))
        hasAnswered = true
        if (response.status >= 500 || response.status === 429) outage.begin(`${host} answers ${response.status}; trying again`)
        else outage.end(host)
        return response
      } catch (error) {
        if (request.signal.aborted) throw error
        const isSilent = (error as Error).name === "TimeoutError"
        const problem = isSilent ? `${host} does not answer` : `${host} cannot be reached (${causeOf(error)})`
        const isLate = !isSilent && performance.now() - since > firstPatienceMs
        if (!hasAnswered && (++failures >= firstTries || isLate)) {
          outage.end()
          const message = `${problem}: check the address and the network; isofact doctor --registry ${place} looks closer`
          throw new RegistryError(message, { operation: "connect" }, { cause: error })
        }
        outage.begin(`${problem}; trying again`)
        throw error
      }
    },
  }
}

/** Tells of trouble once, when it has lasted, with what was last known of it; and when it is over. */
function createOutage(say: (line: string) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let news = ""
  let wasTold = false
  return {
    begin(what: string) {
      news = what
      if (timer !== undefined) return
      timer = setTimeout(() => {
        wasTold = true
        say(news)
      }, silentMs)
      // A command that ends does not wait for it.
      timer.unref?.()
    },
    end(host?: string) {
      clearTimeout(timer)
      if (wasTold && host !== undefined) say(`${host} answers again`)
      timer = undefined
      wasTold = false
    },
  }
}

/** `ECONNREFUSED` and its like, or what else is known of a connection that failed. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, message } = (error.cause ?? {}) as { code?: string; message?: string }
  return code ?? message ?? error.message
}
