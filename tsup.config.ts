import { defineConfig } from "tsup"

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "doors/node": "src/doors/node.ts",
    "doors/memory": "src/doors/memory.ts",
    "storage/memory": "src/storage/memory.ts",
    "storage/node-fs": "src/storage/node-fs.ts",
    "registry/embedded": "src/registry/embedded.ts",
    "digest/hash-wasm": "src/digest/hash-wasm.ts",
    "digest/js-md5": "src/digest/js-md5.ts",
    "digest/md5-simd": "src/digest/md5-simd.ts",
    "digest/node-crypto": "src/digest/node-crypto.ts",
  },
  format: "esm",
  target: "es2023",
  platform: "neutral",
  // The doors are chosen by package.json conditions where the package is used, not where it is built.
  external: ["#platform", /^node:/],
  // `Run` can be disposed of; the reference brings the type to programs whose own lib is older.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  splitting: true,
  treeshake: true,
  sourcemap: false,
  clean: true,
  tsconfig: "src/tsconfig.json",
})
