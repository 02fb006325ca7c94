/** Makes one self-contained module of portable tests and isofact's sources, as a runtime's own conditions would choose them. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build, type Plugin } from "esbuild"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface BundleOptions {
  /** Which of src/doors is the platform. */
  readonly door: string
  /** Below test/: files that end in `.test.ts`, and folders for those directly in them. */
  readonly tests: readonly string[]
  /** The module that starts the suite, as source text in test/runtimes; it imports `{ files }` from "test-files". */
  readonly entry: string
  /** Whether the cases of test/conformance reach their registry over W&B's wire. */
  readonly wire?: boolean | undefined
  /** What the runtime itself provides. */
  readonly external?: readonly string[]
}

/** @returns the text of an ES module */
export async function bundleTests({ door, tests, entry, wire = false, external = [] }: BundleOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: join(root, "test/runtimes"), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    legalComments: "none",
    logLevel: "error",
    alias: {
      vitest: join(root, "test/runtimes/vitest.ts"),
      isofact: join(root, "src/index.ts"),
      "#platform": join(root, `src/doors/${door}.ts`),
    },
    external: [...external],
    plugins: [testFiles(tests.flatMap(expand)), ...(wire ? [overWire] : [])],
  })
  return outputFiles[0]!.text
}

/** The worker that hashes for a page, as it stands beside the door in the package. */
export async function bundleHashWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "src/digest/hash-worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  })
  return outputFiles[0]!.text
}

function expand(place: string): string[] {
  if (place.endsWith(".ts")) return [place]
  const names = readdirSync(join(root, "test", place)).filter((name) => name.endsWith(".test.ts"))
  return names.map((name) => `${place}/${name}`)
}

const overWire: Plugin = {
  name: "over-wire",
  setup(hooks) {
    hooks.onResolve({ filter: /\/through\.ts$/ }, () => ({ path: join(root, "test/conformance/through-wire.ts") }))
  },
}

function testFiles(paths: readonly string[]): Plugin {
  const rows = paths.map((path) => `  "${path}": () => import("./${path}"),`)
  return {
    name: "test-files",
    setup(hooks) {
      hooks.onResolve({ filter: /^test-files$/ }, ({ path }) => ({ path, namespace: "test-files" }))
      hooks.onLoad({ filter: /.*/, namespace: "test-files" }, () => ({
        // The setup comes first: it fixes the seed of the property tests.
        contents: `import "./setup.ts"\nexport const files = {\n${rows.join("\n")}\n}`,
        resolveDir: join(root, "test"),
      }))
    },
  }
}
