import type { IHasher } from "hash-wasm"
import { type Digest, digestFromBytes } from "../core/digest-text.ts"
import { UnsupportedError } from "../errors.ts"
import type { Hasher } from "../ports.ts"

/** Idle engines kept for the next hash; each holds about 128 KiB of WebAssembly memory. */
const MAX_IDLE = 8

/**
 * MD5, or what else W&B identifies files by, with hash-wasm: for browsers and wherever WebAssembly may be compiled. An engine serves one hash at a time and goes back on the
 * shelf when that hash ends; one whose hash was abandoned is left to the garbage collector. Nothing is loaded or
 * compiled before the first hash.
 *
 * Only its `create…` functions are used: once compiling has failed, hash-wasm's one-shot functions never settle, while that keeps rejecting.
 */
export function createWasmHasher(algorithm: "md5" | "xxh128" = "md5"): Hasher {
  const idle: IHasher[] = []
  const take = async (): Promise<IHasher> => (idle.pop() ?? (await compile(algorithm))).init()
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

async function compile(algorithm: "md5" | "xxh128"): Promise<IHasher> {
  // By way of modules of their own, so that bundlers take one algorithm along and not all thirty.
  const { create } = await (algorithm === "md5" ? import("./hash-wasm-md5.ts") : import("./hash-wasm-xxh128.ts"))
  try {
    return await create()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UnsupportedError(
      `WebAssembly cannot be compiled here (${reason}); pass another hasher, such as createJsHasher() of isofact/digest/js-md5`,
    )
  }
}
