/** A running MD5 (RFC 1321). `digest` ends it: 16 bytes. */
export interface Md5 {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

const BLOCK = 64
const BUFFER = 64 * BLOCK

/**
 * MD5 in plain JavaScript, synchronous: for manifest digests, and for bytes where no faster engine runs. Reads each chunk
 * before `update` returns and keeps no reference to it.
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
    const end = Math.ceil((filled + 9) / BLOCK) * BLOCK
    const tail = end > BUFFER ? spill() : 0
    buffer[filled] = 0x80
    buffer.fill(0, filled + 1, end - tail)
    const last = (end - tail) / 4
    words[last - 2] = total * 8
    words[last - 1] = Math.floor(total / 2 ** 29)
    compress(state, words, last)
    return new Uint8Array(state.buffer)
  }

  // The padding would run past the buffer: hash the whole blocks first, and keep the rest at its start.
  const spill = () => {
    const whole = filled - (filled % BLOCK)
    compress(state, words, whole / 4)
    buffer.copyWithin(0, whole, filled)
    filled -= whole
    return whole
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
    const a = state[0]!
    const b = state[1]!
    const c = state[2]!
    const d = state[3]!
    round1(state, words, at)
    round2(state, words, at)
    round3(state, words, at)
    round4(state, words, at)
    state[0] = state[0]! + a
    state[1] = state[1]! + b
    state[2] = state[2]! + c
    state[3] = state[3]! + d
  }
}

// The steps of RFC 1321 section 3.4, written out: loops over tables, or a function per step, run at a third of the speed.

function round1(state: Int32Array, words: Int32Array, at: number): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  a = (a + (d ^ (b & (c ^ d))) + words[at]! - 680876936) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + (c ^ (a & (b ^ c))) + words[at + 1]! - 389564586) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + (b ^ (d & (a ^ b))) + words[at + 2]! + 606105819) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + (a ^ (c & (d ^ a))) + words[at + 3]! - 1044525330) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + (d ^ (b & (c ^ d))) + words[at + 4]! - 176418897) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + (c ^ (a & (b ^ c))) + words[at + 5]! + 1200080426) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + (b ^ (d & (a ^ b))) + words[at + 6]! - 1473231341) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + (a ^ (c & (d ^ a))) + words[at + 7]! - 45705983) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + (d ^ (b & (c ^ d))) + words[at + 8]! + 1770035416) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + (c ^ (a & (b ^ c))) + words[at + 9]! - 1958414417) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + (b ^ (d & (a ^ b))) + words[at + 10]! - 42063) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + (a ^ (c & (d ^ a))) + words[at + 11]! - 1990404162) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + (d ^ (b & (c ^ d))) + words[at + 12]! + 1804603682) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + (c ^ (a & (b ^ c))) + words[at + 13]! - 40341101) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + (b ^ (d & (a ^ b))) + words[at + 14]! - 1502002290) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + (a ^ (c & (d ^ a))) + words[at + 15]! + 1236535329) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}

function round2(state: Int32Array, words: Int32Array, at: number): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  a = (a + (c ^ (d & (b ^ c))) + words[at + 1]! - 165796510) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + (b ^ (c & (a ^ b))) + words[at + 6]! - 1069501632) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + (a ^ (b & (d ^ a))) + words[at + 11]! + 643717713) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + (d ^ (a & (c ^ d))) + words[at]! - 373897302) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + (c ^ (d & (b ^ c))) + words[at + 5]! - 701558691) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + (b ^ (c & (a ^ b))) + words[at + 10]! + 38016083) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + (a ^ (b & (d ^ a))) + words[at + 15]! - 660478335) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + (d ^ (a & (c ^ d))) + words[at + 4]! - 405537848) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + (c ^ (d & (b ^ c))) + words[at + 9]! + 568446438) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + (b ^ (c & (a ^ b))) + words[at + 14]! - 1019803690) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + (a ^ (b & (d ^ a))) + words[at + 3]! - 187363961) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + (d ^ (a & (c ^ d))) + words[at + 8]! + 1163531501) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + (c ^ (d & (b ^ c))) + words[at + 13]! - 1444681467) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + (b ^ (c & (a ^ b))) + words[at + 2]! - 51403784) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + (a ^ (b & (d ^ a))) + words[at + 7]! + 1735328473) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + (d ^ (a & (c ^ d))) + words[at + 12]! - 1926607734) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}

function round3(state: Int32Array, words: Int32Array, at: number): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  a = (a + (b ^ c ^ d) + words[at + 5]! - 378558) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + words[at + 8]! - 2022574463) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + words[at + 11]! + 1839030562) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + words[at + 14]! - 35309556) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + words[at + 1]! - 1530992060) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + words[at + 4]! + 1272893353) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + words[at + 7]! - 155497632) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + words[at + 10]! - 1094730640) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + words[at + 13]! + 681279174) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + words[at]! - 358537222) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + words[at + 3]! - 722521979) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + words[at + 6]! + 76029189) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + words[at + 9]! - 640364487) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + words[at + 12]! - 421815835) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + words[at + 15]! + 530742520) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + words[at + 2]! - 995338651) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}

function round4(state: Int32Array, words: Int32Array, at: number): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  a = (a + (c ^ (b | ~d)) + words[at]! - 198630844) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + words[at + 7]! + 1126891415) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + words[at + 14]! - 1416354905) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + words[at + 5]! - 57434055) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + words[at + 12]! + 1700485571) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + words[at + 3]! - 1894986606) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + words[at + 10]! - 1051523) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + words[at + 1]! - 2054922799) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + words[at + 8]! + 1873313359) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + words[at + 15]! - 30611744) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + words[at + 6]! - 1560198380) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + words[at + 13]! + 1309151649) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + words[at + 4]! - 145523070) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + words[at + 11]! - 1120210379) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + words[at + 2]! + 718787259) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + words[at + 9]! - 343485551) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}
