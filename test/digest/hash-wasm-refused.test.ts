import { expect, test, vi } from "vitest"
import { createWasmHasher } from "../../src/digest/hash-wasm.ts"
import { UnsupportedError } from "../../src/errors.ts"

// In a file of its own: hash-wasm compiles once per process, and here that has to fail first.
test("where compiling is refused every call rejects with what to do and none hangs", async () => {
  vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("not allowed by the embedder"))
  const hasher = createWasmHasher()
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = await Promise.resolve(hasher.hash(new Uint8Array(3))).catch((reason) => reason)
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(error.message).toContain("not allowed by the embedder")
    await expect(hasher.create()).rejects.toThrow("pass another hasher")
  }
})
