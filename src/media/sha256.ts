import { readAll } from "../bytes/hash-stream.ts"
import { hexEncode } from "../core/digest-text.ts"
import type { CallOptions, Content } from "../ports.ts"

/** What the platform hashes in one piece: it is fast, and has no way to go on. */
const MAX_WHOLE = 4 * 1024 * 1024

/** SHA-256 of content of any size, in hex. */
export async function sha256Hex(content: Content, { signal }: CallOptions = {}): Promise<string> {
  if (content.size !== undefined && content.size <= MAX_WHOLE) return hexEncode(await wholeSha256(content, signal))
  const { sha256 } = await import("@noble/hashes/sha2.js")
  const state = sha256.create()
  const reader = content.stream({ signal }).getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) state.update(read.value)
  return hexEncode(state.digest())
}

/** The same of text in UTF-8. */
export async function sha256OfText(text: string): Promise<string> {
  return hexEncode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))))
}

async function wholeSha256(content: Content, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await readAll(content, { signal })))
}
