import { bytesStream } from "../bytes/streams.ts"
import type { Content } from "../ports.ts"

/** Text as content, in UTF-8. */
export const textContent = (text: string): Content => bytesContent(new TextEncoder().encode(text))

export function bytesContent(bytes: Uint8Array): Content {
  return { stability: "frozen", size: bytes.byteLength, stream: (options) => bytesStream(bytes, options), bytes: async () => bytes }
}
