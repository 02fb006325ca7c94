import { describe } from "vitest"
import { createWasmHasher } from "../../src/digest/hash-wasm.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { testHasher } from "../contracts/hasher.ts"

describe("node:crypto", () => testHasher(createNodeHasher))
describe("hash-wasm", () => testHasher(createWasmHasher))
