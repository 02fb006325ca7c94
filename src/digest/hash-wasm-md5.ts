export { createMD5 as create } from "hash-wasm"
