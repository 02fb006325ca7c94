import { readHashed } from "../bytes/hash-stream.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Content, HashState, PutOptions, StoredFile } from "../ports.ts"
import type { Context } from "./context.ts"

export interface Part {
  readonly start: number
  readonly end: number
  readonly digest: Digest
}

const partBytes = 100 * 1024 * 1024
const maxParts = 10_000
const partUnit = 4096

/** protocol.md 3.5. */
export function partSizeOf(size: number): number {
  return size < partBytes * maxParts ? partBytes : Math.ceil(size / maxParts / partUnit) * partUnit
}

/** The MD5 of the whole and of each part, reading once. */
export async function hashParts(
  { hasher, partBytes: length }: Context,
  content: Content,
  size: number,
  { signal }: PutOptions,
): Promise<{ readonly parts: Part[]; readonly whole: StoredFile }> {
  const step = length ?? partSizeOf(size)
  const parts: Part[] = []
  let start = 0
  let position = 0
  let state: HashState | undefined
  const endPart = async () => {
    if (state === undefined) return
    parts.push({ start, end: position, digest: await state.digest() })
    start = position
    state = undefined
  }
  const write = async (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + start + step - position)
      state ??= await hasher.create()
      await state.update(piece)
      at += piece.byteLength
      position += piece.byteLength
      if (position === start + step) await endPart()
    }
  }
  const whole = await readHashed(content, hasher, { signal, write })
  await endPart()
  return { parts, whole }
}
