import { describe } from "vitest"
import { createWasmHasher } from "../../src/digest/hash-wasm.ts"
import { createJsHasher } from "../../src/digest/js-md5.ts"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { testHasher } from "../contracts/hasher.ts"

describe("node:crypto", () => testHasher(createNodeHasher))
describe("plain JavaScript", () => testHasher(createJsHasher))
describe("hash-wasm", () => testHasher(createWasmHasher))
