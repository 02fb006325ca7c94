export { createXXHash128 as create } from "hash-wasm"
