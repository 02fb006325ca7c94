import { joinChunks, WHOLE_BYTES } from "../bytes/hash-stream.ts"
import { untilAborted } from "../bytes/streams.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content } from "../ports.ts"
import { Refusal } from "./failure.ts"

/** The whole body of a request as text; more than `maxBytes` is a 413, announced or not. */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new Refusal(413, `The request has more than ${maxBytes} bytes.`)
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await drain(request, 0)
    throw tooLarge()
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(request)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(joinChunks(chunks, size))
  } catch {
    throw new InvalidArgumentError("body", "The request's body is not UTF-8 text.")
  }
}

export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const text = await readText(request, maxBytes)
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError("body", "The request's body is not JSON.")
  }
}

/** Reads to the end and keeps nothing: a client that is still sending would take an early answer for a broken connection. */
export async function drain(request: Request, maxBytes = Number.POSITIVE_INFINITY): Promise<void> {
  let size = 0
  for await (const chunk of bodyOf(request)) {
    size += chunk.byteLength
    if (size > maxBytes) return
  }
}

async function* bodyOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** The body as it comes in, to be read once; `name` is what messages call it. */
export function bodyContent(request: Request, name: string): Content {
  const size = lengthOf(request)
  return {
    stability: "once",
    name,
    ...(size !== undefined && { size }),
    ...(size !== undefined &&
      size <= WHOLE_BYTES && { bytes: ({ signal }: CallOptions = {}) => untilAborted(wholeBody(request), signal) }),
    stream: () => request.body ?? new ReadableStream({ start: (controller) => controller.close() }),
  }
}

/** HTTP has made sure that there are no more bytes than `Content-Length` says. */
const wholeBody = async (request: Request) => new Uint8Array(await request.arrayBuffer())

/** Held whole at most: bytes that have to go on to where a length must be given. */
const MOST_UNMEASURED = 64 * 1024 * 1024

/** The body for another server, which wants to know how long it is before the first byte. */
export function measured(request: Request, name: string): Content {
  const content = bodyContent(request, name)
  if (content.size !== undefined) return content
  let size = 0
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size <= MOST_UNMEASURED) return controller.enqueue(chunk)
      throw new Refusal(411, `A file of more than ${MOST_UNMEASURED} bytes must be sent with its Content-Length.`)
    },
  })
  return { ...content, stream: () => content.stream().pipeThrough(count) }
}

export function lengthOf(request: Request): number | undefined {
  const header = request.headers.get("content-length")
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}
