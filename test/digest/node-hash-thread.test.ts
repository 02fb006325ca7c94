import { createHash, randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { createHashThreads } from "../../src/digest/node-hash-thread.ts"
import type { HashThreads } from "../../src/ports.ts"

const md5 = (...pieces: Uint8Array[]) => pieces.reduce((hash, piece) => hash.update(piece), createHash("md5")).digest("base64")

function pieceOf(threads: HashThreads, bytes: number): Uint8Array {
  const piece = threads.allocate(bytes)
  piece.set(randomBytes(bytes))
  return piece
}

test("digests are those of node:crypto, whatever the pieces, and a thread serves one file after the other", async () => {
  const threads = createHashThreads(1)
  for (let turn = 0; turn < 3; turn++) {
    const pieces = [1, 64, 65_537, 0, 3].map((bytes) => pieceOf(threads, bytes))
    const hash = (await threads.open())!
    for (const piece of pieces) await hash.update(piece)
    expect(await hash.digest()).toBe(md5(...pieces))
  }
  expect(await (await threads.open())!.digest()).toBe(md5())
})

test("memory is free again once it has been hashed", async () => {
  const threads = createHashThreads(1)
  const piece = pieceOf(threads, 300_000)
  const hash = (await threads.open())!
  const expected = createHash("md5")
  for (let turn = 0; turn < 20; turn++) {
    piece.fill(turn)
    expected.update(piece)
    await hash.update(piece)
  }
  expect(await hash.digest()).toBe(expected.digest("base64"))
})

test("there are as many as allowed, and one that was let go of in the middle starts afresh", async () => {
  const threads = createHashThreads(2)
  const [first, second, third] = [await threads.open(), await threads.open(), await threads.open()]
  expect(third).toBeUndefined()
  const piece = pieceOf(threads, 1000)
  await first!.update(piece)
  await first!.abandon()
  const again = (await threads.open())!
  expect(await second!.digest()).toBe(md5())
  await again.update(piece)
  expect(await again.digest()).toBe(md5(piece))
})

test("a thread that nobody needs ends, and the next file starts another", async () => {
  const threads = createHashThreads(1)
  await (await threads.open())!.digest()
  await new Promise((resolve) => setTimeout(resolve, 2300))
  const piece = pieceOf(threads, 10)
  const hash = (await threads.open())!
  await hash.update(piece)
  expect(await hash.digest()).toBe(md5(piece))
})
