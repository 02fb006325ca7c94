import { readFileSync } from "node:fs"
import { defineConfig } from "tsup"

interface Target {
  readonly default: string
}
const { bin, exports, imports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  bin: Record<string, string>
  exports: Record<string, Target>
  imports: Record<string, Record<string, Target>>
}

/** Every module that package.json names, at the same place in dist/ as in src/. */
const targets = [exports, ...Object.values(imports)].flatMap((group) => Object.values(group).map((target) => target.default ?? ""))
const names = [...targets, ...Object.values(bin)]
  .filter((path) => path.startsWith("./dist/"))
  .map((path) => path.slice("./dist/".length, -".js".length))

const shared = {
  format: "esm",
  target: "es2023",
  platform: "neutral",
  sourcemap: false,
  // `node:fs` belongs to the host wherever it is read; `fs` could be a package.
  removeNodeProtocol: false,
  tsconfig: "src/tsconfig.json",
} as const

export default defineConfig([
  {
    ...shared,
    entry: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
    // The doors are chosen by package.json conditions where the package is used, not where it is built.
    external: ["#platform", /^node:/, /^cloudflare:/],
    // `Run` can be disposed of; the reference brings the type to programs whose own lib is older.
    dts: { banner: '/// <reference lib="esnext.disposable" />' },
    splitting: true,
    // Both are built at once, and this one must not sweep away what the other has made.
    clean: ["!doors/hash-worker.js"],
    esbuildOptions: (options) => {
      options.chunkNames = "chunks/[name]-[hash]"
    },
  },
  {
    ...shared,
    // A page starts it by its address, beside the door that asks for it: one file that needs no other.
    entry: { "doors/hash-worker": "src/digest/hash-worker.ts" },
    noExternal: ["hash-wasm"],
    splitting: false,
    minify: true,
  },
])
