import { base64Decode, type Digest, digestFromBytes } from "../core/digest-text.ts"
import { LAYOUT, MODULE } from "./md5-simd-wasm.ts"

export const LANES = 12

/** Going over a part in twelve lanes takes as long as hashing three of its length one by one. */
const LANES_COST = 3

const BLOCK = 64
/** What the padding of a full region needs, and an odd number of cache lines: regions a power of two apart would evict each other. */
const GAP_BYTES = 3 * BLOCK
const FIRST_REGION = Math.ceil(LAYOUT.end / BLOCK) * BLOCK
const PAGE_BYTES = 65536
const INITIAL_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]

/** The next bytes of one lane's message: the first `length` of its region, whole blocks of 64 unless they are the last. */
interface LanePart {
  readonly length: number
  readonly isLast: boolean
}

/**
 * Twelve MD5s side by side, synchronous, fed through WebAssembly memory. The caller puts bytes into regions and calls `run`: whole
 * messages in one call, or longer ones part by part, in which case a lane keeps its state from call to call and starts a new message
 * after its last part. It costs the time of the longest part whatever the others are, so parts of one length serve best.
 */
export interface Md5Lanes {
  /** How many there are. */
  readonly count: number
  /** Bytes a lane takes at once, a multiple of 64. */
  readonly regionBytes: number
  /** Where a lane's bytes go. The same memory on every call. */
  region(lane: number): Uint8Array
  /**
   * Whole messages, the first `lengths[lane]` bytes of each region, in as many lanes as there are lengths. One that is better off
   * alone (there are few, or it is much longer than the rest) is given to `hashAlone`.
   */
  hash(lengths: readonly number[], hashAlone: (bytes: Uint8Array) => Digest): Digest[]
  /** By lane; lanes left out are left alone. Returns the digests of those whose part was the last. */
  run(parts: readonly (LanePart | undefined)[]): (Digest | undefined)[]
  /** Forgets the message begun in a lane. */
  reset(lane: number): void
}

let compiled: Promise<WebAssembly.Module> | undefined

/**
 * Twelve lanes of their own memory, about 12 regions (default 32 KiB each); undefined where WebAssembly with SIMD cannot be loaded:
 * old engines, and runtimes or pages that refuse to compile. The module is compiled once; a refusal is not remembered.
 */
export async function createMd5Lanes(options: { readonly regionBytes?: number | undefined } = {}): Promise<Md5Lanes | undefined> {
  const { regionBytes = 32 * 1024 } = options
  if (!(regionBytes > 0) || regionBytes % BLOCK !== 0) throw new RangeError(`regionBytes must be a multiple of ${BLOCK}`)
  try {
    compiled ??= compile()
    const module = await compiled
    return openLanes(new WebAssembly.Instance(module), regionBytes)
  } catch {
    // Whatever the reason (refused, unknown instructions, no memory), the answer is the same: hash one by one.
    compiled = undefined
    return undefined
  }
}

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(base64Decode(MODULE) as Uint8Array<ArrayBuffer>)
}

function openLanes({ exports }: WebAssembly.Instance, regionBytes: number): Md5Lanes {
  const memory = exports.m as WebAssembly.Memory
  const compress = exports.f as (length: number) => void
  const startOf = (lane: number) => FIRST_REGION + lane * (regionBytes + GAP_BYTES)
  memory.grow(Math.ceil(startOf(LANES) / PAGE_BYTES) - 1)
  const pointers = new Int32Array(memory.buffer, LAYOUT.pointers, LANES)
  const vectors = new Int32Array(memory.buffer, LAYOUT.state, LANES * 4)
  const lanes = Array.from({ length: LANES }, (_, lane) => createLane(new Uint8Array(memory.buffer, startOf(lane)), vectors, lane))

  const run = (parts: readonly (LanePart | undefined)[]): (Digest | undefined)[] => {
    for (const part of parts) if (part !== undefined) checkPart(part, regionBytes)
    const left = parts.map((part, lane) => (part === undefined ? 0 : lanes[lane]!.prepare(part)))
    for (let done = 0, turn = shortest(left); turn > 0; done += turn, turn = shortest(left)) {
      // A lane with nothing left goes over some region again, and nobody looks at the outcome.
      for (let lane = 0; lane < LANES; lane++) pointers[lane] = startOf(lane) + (left[lane]! > 0 ? done : 0)
      compress(turn)
      for (let lane = 0; lane < left.length; lane++) {
        if (left[lane] === turn) lanes[lane]!.save()
        left[lane]! -= turn
      }
    }
    return parts.map((part, lane) => (part?.isLast ? lanes[lane]!.finish() : undefined))
  }
  const hash = (lengths: readonly number[], hashAlone: (bytes: Uint8Array) => Digest): Digest[] => {
    const order = longestFirst(lengths)
    const alone = new Set(order.slice(0, countAlone(order.map((lane) => lengths[lane]!))))
    const together = run(lengths.map((length, lane) => (alone.has(lane) ? undefined : { length, isLast: true })))
    return together.map((digest, lane) => digest ?? hashAlone(regions[lane]!.subarray(0, lengths[lane]!)))
  }
  const regions = lanes.map((_, lane) => new Uint8Array(memory.buffer, startOf(lane), regionBytes))
  return { count: LANES, regionBytes, region: (lane) => regions[lane]!, hash, run, reset: (lane) => lanes[lane]!.reset() }
}

/**
 * How many of the longest should be hashed one by one so that all are done soonest, given at most twelve lengths, the longest first.
 * Lanes take the time of their longest part, so one long message among short ones is better off alone.
 */
export function countAlone(lengths: readonly number[]): number {
  let [alone, best, before] = [0, Number.POSITIVE_INFINITY, 0]
  for (let count = 0; count <= lengths.length; count++) {
    const cost = before + LANES_COST * (lengths[count] ?? 0)
    if (cost < best) [alone, best] = [count, cost]
    before += lengths[count] ?? 0
  }
  return alone
}

export function longestFirst(lengths: readonly number[]): number[] {
  return Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]!)
}

function checkPart({ length, isLast }: LanePart, limit: number): void {
  if (length >= 0 && length <= limit && (isLast || length % BLOCK === 0)) return
  throw new RangeError(`a part must be at most ${limit} bytes, and whole blocks of ${BLOCK} unless it is the last; got ${length}`)
}

/** The least that is not nothing, so that one turn ends a lane and none runs past its bytes. */
function shortest(left: readonly number[]): number {
  let least = 0
  for (const length of left) if (length > 0 && (least === 0 || length < least)) least = length
  return least
}

/** One message: its state while others use the vectors, and its padding. `bytes` starts at its region and goes beyond it. */
function createLane(bytes: Uint8Array, vectors: Int32Array, lane: number) {
  const state = Int32Array.from(INITIAL_STATE)
  const words = new DataView(bytes.buffer, bytes.byteOffset)
  // [group of four lanes][a, b, c, d][lane]
  const at = (word: number) => (lane >> 2) * 16 + word * 4 + (lane & 3)
  let total = 0

  const pad = (length: number): number => {
    const end = Math.ceil((length + 9) / BLOCK) * BLOCK
    bytes[length] = 0x80
    bytes.fill(0, length + 1, end - 8)
    // The length in bits has 64 bits, and its upper half begins at 512 MiB.
    words.setUint32(end - 8, total * 8, true)
    words.setUint32(end - 4, Math.floor(total / 2 ** 29), true)
    return end
  }
  const reset = () => {
    state.set(INITIAL_STATE)
    total = 0
  }
  return {
    reset,
    /** Puts the lane to work; returns the bytes to go over, padding included. */
    prepare({ length, isLast }: LanePart): number {
      for (let word = 0; word < 4; word++) vectors[at(word)] = state[word]!
      total += length
      return isLast ? pad(length) : length
    },
    save() {
      for (let word = 0; word < 4; word++) state[word] = vectors[at(word)]!
    },
    finish(): Digest {
      const digest = digestFromBytes(new Uint8Array(state.buffer))
      reset()
      return digest
    },
  }
}
