import { bytesStream } from "../bytes/streams.ts"
import type { Content } from "../ports.ts"

/** Text as content, in UTF-8. */
export function memoryBytes(text: string): Content {
  const bytes = new TextEncoder().encode(text)
  return { stability: "frozen", size: bytes.byteLength, stream: (options) => bytesStream(bytes, options), bytes: async () => bytes }
}
