import { RequestFailure } from "./retry.ts"

/** A page of a listing has a few MiB, of any store. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * A body as text, never more of it than can be meant: what answers may be no store at all.
 *
 * @throws RequestFailure for one that goes on
 */
export async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  for (const reader = response.body?.getReader(); reader !== undefined; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > MOST_BYTES) {
      await reader.cancel()
      throw new RequestFailure("final", `an answer of more than ${MOST_BYTES / 1024 / 1024} MiB`)
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}
