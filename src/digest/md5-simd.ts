import type { Digest } from "../core/digest-text.ts"
import type { Hasher } from "../ports.ts"
import { countAlone, createMd5Lanes, LANES, longestFirst, type Md5Lanes } from "./md5-simd-lanes.ts"

/**
 * MD5 of many pieces, twelve side by side with WebAssembly SIMD: several times faster than `node:crypto` when there are many, and of
 * no use to a single one. So `fallback` does what is alone, and everything where the lanes cannot be loaded. Nothing is compiled
 * before the first `hashMany`.
 */
export function createSimdHasher(options: { readonly fallback: Hasher }): Hasher {
  const { fallback } = options
  let lanes: Promise<Md5Lanes | undefined> | undefined
  const open = async (): Promise<Md5Lanes | undefined> => {
    lanes ??= createMd5Lanes()
    const opened = await lanes
    // It may be allowed later, and until then refusing is quick.
    if (opened === undefined) lanes = undefined
    return opened
  }
  return {
    create: () => fallback.create(),
    hash: (bytes) => fallback.hash(bytes),
    async hashMany(pieces) {
      if (pieces.length <= 2) return hashEach(pieces, fallback)
      const opened = await open()
      return opened === undefined ? hashEach(pieces, fallback) : hashAll(pieces, opened, fallback)
    },
  }
}

async function hashEach(pieces: readonly Uint8Array[], hasher: Hasher): Promise<Digest[]> {
  const digests: Digest[] = []
  for (const piece of pieces) digests.push(await hasher.hash(piece))
  return digests
}

async function hashAll(pieces: readonly Uint8Array[], lanes: Md5Lanes, fallback: Hasher): Promise<Digest[]> {
  const digests = new Array<Digest>(pieces.length)
  // Of neighbours in size none waits long for another.
  const order = longestFirst(pieces.map((piece) => piece.byteLength))
  for (let at = 0; at < order.length; ) {
    const group = order.slice(at, at + LANES)
    const alone = countAlone(group.map((index) => pieces[index]!.byteLength))
    for (const index of group.slice(0, alone)) digests[index] = await fallback.hash(pieces[index]!)
    if (alone === 0) {
      const found = hashGroup(
        group.map((index) => pieces[index]!),
        lanes,
      )
      for (const [lane, index] of group.entries()) digests[index] = found[lane]!
    }
    at += alone === 0 ? group.length : alone
  }
  return digests
}

/** Nothing is awaited from first part to last, so concurrent calls never share lanes. */
function hashGroup(pieces: readonly Uint8Array[], lanes: Md5Lanes): Digest[] {
  const digests: Digest[] = []
  const { regionBytes } = lanes
  const place = (piece: Uint8Array, lane: number, at: number) => {
    const part = piece.subarray(at, at + regionBytes)
    lanes.region(lane).set(part)
    return { length: part.byteLength, isLast: at + regionBytes >= piece.byteLength }
  }
  for (let at = 0; at === 0 || at < pieces[0]!.byteLength; at += regionBytes) {
    const parts = pieces.map((piece, lane) => (at === 0 || at < piece.byteLength ? place(piece, lane, at) : undefined))
    for (const [lane, digest] of lanes.run(parts).entries()) if (digest !== undefined) digests[lane] = digest
  }
  return digests
}
