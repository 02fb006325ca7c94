import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { createMd5, md5 } from "../../src/core/md5.ts"

const reference = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex")
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255)

describe("md5 is node:crypto's", () => {
  test("at every length around the edges of blocks and of the buffer", () => {
    const lengths = Array.from({ length: 200 }, (_, at) => at)
    const edges = [4096, 8192, 65_536].flatMap((edge) => Array.from({ length: 20 }, (_, at) => edge - 10 + at))
    for (const length of [...lengths, ...edges]) {
      const bytes = pattern(length)
      expect(hex(md5(bytes)), `${length} bytes`).toBe(reference(bytes))
    }
  })

  test("property: in any chunks, at any alignment", () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 9000, size: "max" }), { maxLength: 6 })
    fc.assert(
      fc.property(chunks, fc.nat({ max: 7 }), (list, shift) => {
        const hash = createMd5()
        for (const chunk of list) {
          const shifted = new Uint8Array(chunk.length + shift)
          shifted.set(chunk, shift)
          hash.update(shifted.subarray(shift))
          shifted.fill(255)
        }
        expect(hex(hash.digest())).toBe(reference(Buffer.concat(list)))
      }),
    )
  })

  test("when the length in bits has more than 32", () => {
    const piece = pattern(64 * 2 ** 20)
    const [ours, theirs] = [createMd5(), createHash("md5")]
    for (let at = 0; at < 9; at++) {
      ours.update(piece)
      theirs.update(piece)
    }
    expect(hex(ours.digest())).toBe(theirs.digest("hex"))
  })
})
