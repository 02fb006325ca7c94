/**
 * Assembles the WebAssembly module behind src/digest/md5-simd.ts: MD5 (RFC 1321) of 12 messages side by side. This file is its
 * source; `node test/tools/md5-simd-module.ts` writes the bytes to src/digest/md5-simd-wasm.ts, and a test holds the two together.
 *
 * A v128 has four lanes of 32 bits, so four messages form a group and every step is done for the four at once. A step waits for the
 * one before it; three groups in turn fill the wait, and twelve vectors of state are what 16 registers hold. Each round is a loop over
 * four times four steps: after four, a, b, c and d are back in place, so this costs no time and saves 3/4 of the bytes.
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const GROUPS = 3

/** Words of one block, `[word][group]` vectors: four groups' room each, so that a word's place is found by shifts and masks. */
const WORDS_AT = 0
const WORD_STRIDE = 64
const CONSTANTS_AT = WORDS_AT + 16 * WORD_STRIDE
/** `[group][a, b, c, d]`, a vector each. */
const STATE_AT = CONSTANTS_AT + 64 * 4
/** Where the next block of each message is, an i32 each. */
const POINTERS_AT = STATE_AT + GROUPS * 64
const END = POINTERS_AT + GROUPS * 16

const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
]
/** Which word step i of each round takes: (first + i * stride) mod 16. */
const FIRST_WORD = [0, 1, 5, 0]
const WORD_STEP = [1, 5, 3, 7]

type Code = readonly number[]

// ---------------------------------------------------------------- instructions

function leb(value: number): number[] {
  const bytes = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value]
}

function signedLeb(value: number): number[] {
  const low = value & 127
  const rest = value >> 7
  const ends = (rest === 0 && low < 64) || (rest === -1 && low >= 64)
  return ends ? [low] : [low | 128, ...signedLeb(rest)]
}

const simd = (opcode: number) => [0xfd, ...leb(opcode)]
const get = (local: number) => [0x20, ...leb(local)]
const set = (local: number) => [0x21, ...leb(local)]
const tee = (local: number) => [0x22, ...leb(local)]
const i32 = (value: number) => [0x41, ...signedLeb(value)]
const i32Load = (offset: number) => [0x28, 2, ...leb(offset)]
const i32Add = 0x6a
const i32And = 0x71
const i32Shl = 0x74
const i32Mul = 0x6c
const i32Ne = 0x47
// Alignment 2^0 is only a hint, and the messages may be anywhere.
const load = (offset: number) => [...simd(0), 0, ...leb(offset)]
const loadSplat = (offset: number) => [...simd(9), 2, ...leb(offset)]
const store = (offset: number) => [...simd(11), 0, ...leb(offset)]
/** Four 32-bit lanes picked from two vectors: 0-3 of the first, 4-7 of the second. */
const shuffle = (...lanes: number[]) => [...simd(13), ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))]
const and = simd(0x4e)
const andNot = simd(0x4f)
const or = simd(0x50)
const xor = simd(0x51)
const shl = simd(0xab)
const shr = simd(0xad)
const add = simd(0xae)
const sub = simd(0xb1)

/** Runs `body` with `local` counting from `from` to `to`, end exclusive; at least once. */
const loop = (local: number, from: number, to: Code, by: number, body: Code): Code => [
  ...[...i32(from), ...set(local), 0x03, 0x40, ...body],
  ...[...get(local), ...i32(by), i32Add, ...tee(local), ...to, i32Ne, 0x0d, 0, 0x0b],
]

// ---------------------------------------------------------------- locals

let locals = 0
const take = () => locals++
const length = take()
const [offset, inner, outer, wordBase, wordAt] = [take(), take(), take(), take(), take()]
const pointers = [take(), take(), take(), take()]
const integers = locals - 1
const state = Array.from({ length: GROUPS }, () => [take(), take(), take(), take()])
const sums = Array.from({ length: GROUPS }, take)
const constant = take()
const rows = [take(), take(), take(), take()]
const pairs = [take(), take(), take(), take()]
const vectors = locals - 1 - integers

// ---------------------------------------------------------------- one block

/** Sixteen words of four messages are four 4 x 4 squares; turned, each row holds one word of all four. */
const turnSquare = (): Code => {
  const storeRow = (row: number, code: Code) => [...get(wordAt), ...code, ...store(WORDS_AT + row * WORD_STRIDE)]
  const join = (a: number, b: number, ...lanes: number[]) => [...get(a), ...get(b), ...shuffle(...lanes)]
  const [r0, r1, r2, r3] = rows as [number, number, number, number]
  const [p0, p1, p2, p3] = pairs as [number, number, number, number]
  return [
    ...rows.flatMap((row, index) => [...get(pointers[index]!), ...get(inner), i32Add, ...load(0), ...set(row)]),
    ...[...join(r0, r1, 0, 4, 1, 5), ...set(p0), ...join(r2, r3, 0, 4, 1, 5), ...set(p1)],
    ...[...join(r0, r1, 2, 6, 3, 7), ...set(p2), ...join(r2, r3, 2, 6, 3, 7), ...set(p3)],
    ...[...get(inner), ...i32(4), i32Shl, ...get(outer), i32Add, ...set(wordAt)],
    ...[...storeRow(0, join(p0, p1, 0, 1, 4, 5)), ...storeRow(1, join(p0, p1, 2, 3, 6, 7))],
    ...[...storeRow(2, join(p2, p3, 0, 1, 4, 5)), ...storeRow(3, join(p2, p3, 2, 3, 6, 7))],
  ]
}

const readWords = (): Code => {
  const place = (pointer: number, lane: number) => [
    ...[...get(outer), ...i32Load(POINTERS_AT + lane * 4), ...get(offset), i32Add, ...set(pointer)],
  ]
  return loop(outer, 0, i32(GROUPS * 16), 16, [...pointers.flatMap(place), ...loop(inner, 0, i32(64), 16, turnSquare())])
}

/** What is added to `a` before the turn, the step's word and constant aside; each is shaped to wait for `b`, the newest, as late as it can. */
const mix = (round: number, b: Code, c: Code, d: Code): Code => {
  // (b & c) | (~b & d)
  if (round === 0) return [...d, ...c, ...d, ...xor, ...b, ...and, ...xor, ...add]
  // (b & d) | (c & ~d): no bit is set in both, so they may be added one after the other.
  if (round === 1) return [...c, ...d, ...andNot, ...add, ...b, ...d, ...and, ...add]
  if (round === 2) return [...c, ...d, ...xor, ...b, ...xor, ...add]
  // c ^ (b | ~d) = ~(c ^ (d & ~b)), and adding ~x is taking away x + 1; the 1 is in the constants.
  return [...d, ...b, ...andNot, ...c, ...xor, ...sub]
}

const step = (round: number, index: number): Code => {
  const turn = ROTATIONS[round]![index]!
  const word = (FIRST_WORD[round]! + index * WORD_STEP[round]!) % 16
  const roles = state.map((vectors) => [0, 1, 2, 3].map((role) => vectors[(role - index) & 3]!))
  const sum = ([a, b, c, d]: number[], group: number) => [
    ...[...get(a!), ...get(wordAt), ...load(WORDS_AT + group * 16), ...get(constant), ...add, ...add],
    ...[...mix(round, get(b!), get(c!), get(d!)), ...set(sums[group]!)],
  ]
  const rotate = ([a, b]: number[], group: number) => [
    ...[...get(sums[group]!), ...i32(turn), ...shl, ...get(sums[group]!), ...i32(32 - turn), ...shr, ...or],
    ...[...get(b!), ...add, ...set(a!)],
  ]
  return [
    ...[...get(wordBase), ...i32(word * WORD_STRIDE), i32Add, ...i32(15 * WORD_STRIDE), i32And, ...set(wordAt)],
    ...[...get(inner), ...loadSplat(CONSTANTS_AT + index * 4), ...set(constant)],
    ...[...roles.flatMap(sum), ...roles.flatMap(rotate)],
  ]
}

/** `inner` counts bytes of constants: 16 for four steps, in which the words move on by 4 x WORD_STEP. */
const round = (round: number): Code => {
  const wordsPerByte = (4 * WORD_STEP[round]! * WORD_STRIDE) / 16
  const start = [...get(inner), ...i32(wordsPerByte), i32Mul, ...set(wordBase)]
  return loop(inner, round * 64, i32(round * 64 + 64), 16, [...start, ...[0, 1, 2, 3].flatMap((index) => step(round, index))])
}

// ---------------------------------------------------------------- the module

const eachState = (code: (local: number, at: number) => Code): Code =>
  state.flatMap((group, index) => group.flatMap((local, role) => code(local, STATE_AT + index * 64 + role * 16)))

/** `(length) => void`: takes `length` bytes, whole blocks and at least one, from each pointer into each state. */
const compress = (): Code => {
  const finish = eachState((local, at) => [
    ...[...i32(0), ...get(local), ...i32(0), ...load(at), ...add, ...tee(local), ...store(at)],
  ])
  const block = [...readWords(), ...[0, 1, 2, 3].flatMap(round), ...finish]
  return [...eachState((local, at) => [...i32(0), ...load(at), ...set(local)]), ...loop(offset, 0, get(length), 64, block)]
}

function constants(): Code {
  return Array.from({ length: 64 }, (_, index) => {
    const value = Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) - (index < 48 ? 0 : 1)
    return [0, 8, 16, 24].map((bits) => (value >>> bits) & 255)
  }).flat()
}

const section = (id: number, ...content: number[]) => [id, ...leb(content.length), ...content]

/** The module: memory `m` of one page, which the user grows, and the function `f` ({@link compress}). */
export function assembleModule(): Uint8Array {
  const body = [2, ...leb(integers), 0x7f, ...leb(vectors), 0x7b, ...compress(), 0x0b]
  const data = constants()
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, 0x7f, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0),
    ...section(10, 1, ...leb(body.length), ...body),
    ...section(11, 1, 0, ...i32(CONSTANTS_AT), 0x0b, ...leb(data.length), ...data),
  ])
}

/** The text of src/digest/md5-simd-wasm.ts. */
export function moduleSource(): string {
  const lines = Buffer.from(assembleModule())
    .toString("base64")
    .match(/.{1,128}/g)!
  return `// Written by test/tools/md5-simd-module.ts, which is its source: change that.

/** Byte addresses in the module's memory: 12 states of \`[group][a, b, c, d][lane]\` words, 12 pointers, and the first free byte. */
export const LAYOUT = { state: ${STATE_AT}, pointers: ${POINTERS_AT}, end: ${END} }

/** The module, base64. */
export const MODULE =
  // biome-ignore format: one line would be longer than any editor likes
${lines.map((line) => `  "${line}"`).join(" +\n")}
`
}

const target = new URL("../../src/digest/md5-simd-wasm.ts", import.meta.url)
if (import.meta.main) writeFileSync(fileURLToPath(target), moduleSource())
