import type { IHasher } from "hash-wasm"
import { type Digest, digestFromBytes } from "../core/digest-text.ts"
import { UnsupportedError } from "../errors.ts"
import type { Hasher } from "../ports.ts"

/** Idle engines kept for the next hash; each holds about 128 KiB of WebAssembly memory. */
const MAX_IDLE = 8

/**
 * MD5 by hash-wasm, for browsers and wherever WebAssembly may be compiled. An engine serves one hash at a time and goes back on the
 * shelf when that hash ends; one whose hash was abandoned is left to the garbage collector. Nothing is loaded or
 * compiled before the first hash.
 *
 * Only `createMD5` is used: once compiling has failed, hash-wasm's one-shot functions never settle, while that keeps rejecting.
 */
export function createWasmHasher(): Hasher {
  const idle: IHasher[] = []
  const take = async (): Promise<IHasher> => (idle.pop() ?? (await compile())).init()
  const finish = (engine: IHasher): Digest => {
    const digest = digestFromBytes(engine.digest("binary"))
    if (idle.length < MAX_IDLE) idle.push(engine)
    return digest
  }
  return {
    async create() {
      const engine = await take()
      let open = true
      // An engine that was handed back serves another hash.
      const check = () => {
        if (!open) throw new TypeError("this hash has ended")
      }
      return {
        update(bytes) {
          check()
          engine.update(bytes)
        },
        digest() {
          check()
          open = false
          return finish(engine)
        },
      }
    },
    hash(bytes) {
      const engine = idle.pop()
      if (engine !== undefined) return finish(engine.init().update(bytes))
      return take().then((fresh) => finish(fresh.update(bytes)))
    },
  }
}

async function compile(): Promise<IHasher> {
  // By way of a module of its own, so that bundlers take one algorithm along and not all thirty.
  const { createMD5 } = await import("./hash-wasm-md5.ts")
  try {
    return await createMD5()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UnsupportedError(
      `WebAssembly cannot be compiled here (${reason}); pass another hasher, such as createJsHasher() of isofact/digest/js-md5`,
    )
  }
}
