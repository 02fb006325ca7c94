/** A running MD5 (RFC 1321). `digest` ends it: 16 bytes. */
export interface Md5 {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

const BLOCK = 64
const BUFFER = 64 * BLOCK

/** How far each step turns (RFC 1321 section 3.4), four steps to a round. */
const TURNS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
const LEFT = /* @__PURE__ */ Uint8Array.from({ length: 64 }, (_, step) => TURNS[(step >> 4) * 4 + (step & 3)]!)
/** Which of a block's words each step mixes in. */
const WORD = /* @__PURE__ */ Uint8Array.from(
  { length: 64 },
  (_, step) => [step, 5 * step + 1, 3 * step + 5, 7 * step][step >> 4]! & 15,
)
const SINE = /* @__PURE__ */ Int32Array.from({ length: 64 }, (_, step) => Math.abs(Math.sin(step + 1)) * 2 ** 32)

/**
 * MD5 in plain JavaScript, synchronous: for manifest digests, and for bytes where no faster engine runs. Reads each chunk
 * before `update` returns and keeps no reference to it. A loop over tables: three quarters of the speed of 64 steps written out, at a
 * quarter of the size.
 */
export function createMd5(): Md5 {
  // Words are read through an Int32Array, little-endian as on every engine there is; the copy into it also aligns the input.
  const words = new Int32Array(BUFFER / 4)
  const buffer = new Uint8Array(words.buffer)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  let filled = 0
  let total = 0

  const update = (bytes: Uint8Array) => {
    total += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(BUFFER - filled, bytes.length - at)
      buffer.set(take === bytes.length ? bytes : bytes.subarray(at, at + take), filled)
      filled += take
      at += take
      if (filled < BUFFER) return
      compress(state, words, BUFFER / 4)
      filled = 0
    }
  }

  const digest = () => {
    buffer[filled++] = 0x80
    buffer.fill(0, filled)
    // No room behind it for the length: that gets a block of its own.
    if (filled > BUFFER - 8) {
      compress(state, words, BUFFER / 4)
      buffer.fill(0)
      filled = 0
    }
    const end = Math.ceil((filled + 8) / BLOCK) * 16
    words[end - 2] = total * 8
    words[end - 1] = Math.floor(total / 2 ** 29)
    compress(state, words, end)
    return new Uint8Array(state.buffer)
  }

  return { update, digest }
}

/** MD5 of one whole piece: 16 bytes. */
export function md5(bytes: Uint8Array): Uint8Array {
  const hash = createMd5()
  hash.update(bytes)
  return hash.digest()
}

/** Folds the 16-word blocks in `words[0 .. end]` into `state`. */
function compress(state: Int32Array, words: Int32Array, end: number): void {
  for (let at = 0; at < end; at += 16) {
    let a = state[0]!
    let b = state[1]!
    let c = state[2]!
    let d = state[3]!
    for (let step = 0; step < 64; step++) {
      const mixed = step < 16 ? d ^ (b & (c ^ d)) : step < 32 ? c ^ (d & (b ^ c)) : step < 48 ? b ^ c ^ d : c ^ (b | ~d)
      const sum = (a + mixed + words[at + WORD[step]!]! + SINE[step]!) | 0
      const left = LEFT[step]!
      a = d
      d = c
      c = b
      b = (((sum << left) | (sum >>> (32 - left))) + b) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
  }
}
