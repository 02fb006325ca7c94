const mebibyte = 1024 ** 2

/** A page of a list with long metadata has some megabytes. */
export const mostAnswerBytes = 256 * mebibyte
/** About as much as one string can hold. */
export const mostManifestBytes = 512 * mebibyte
/** What went wrong is said in less, also where it concerns thousands of files. */
export const mostFailureBytes = 16 * mebibyte

/** `"256 MiB"`, for messages. */
export const inMebibytes = (bytes: number): string => `${bytes / mebibyte} MiB`

/** A body as text; undefined, and let go of, when it goes on beyond `mostBytes`: what answers may be no W&B server at all. */
export async function readText(body: ReadableStream<Uint8Array> | null, mostBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for (const reader = body?.getReader(); reader !== undefined; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > mostBytes) {
      reader.cancel().catch(() => undefined)
      return undefined
    }
    chunks.push(value)
  }
  const decoder = new TextDecoder()
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
}
