/** Weighs what a page loads before it does anything: the code that static imports reach, minified and gzipped. */
import { gzipSync } from "node:zlib"
import { build, type Metafile } from "esbuild"
import { expectEqual, type Stranger } from "./support.ts"

/** What a page carries of others, now or later; above all no HTTP client, which the embedded registry has no use for. */
const packages = [
  "@noble",
  "aws4fetch",
  "fast-png",
  "fflate",
  "hash-wasm",
  "hyparquet",
  "fzstd",
  "idb-keyval",
  "image-size",
  "iobuffer",
  "isofact",
  "valibot",
]

interface Weight {
  /** Largest allowed, bytes. */
  readonly budget: number
  /** What is not counted. */
  readonly external: readonly string[]
}

const weights: Readonly<Record<string, Weight>> = {
  /** A page that logs and downloads on the embedded registry. */
  page: { budget: 46_600, external: [] },
  /** What a program loads that brings its own stores. */
  core: { budget: 26_000, external: ["#platform", "hash-wasm", "valibot"] },
}

export async function weigh({ folder }: Stranger): Promise<string> {
  const found: string[] = []
  const over: string[] = []
  for (const [name, { budget, external }] of Object.entries(weights)) {
    const { initial, lazy } = await weighGraph(folder, external)
    found.push(`${name} ${initial} of ${budget} bytes, later ${lazy.join(" + ") || "nothing"}`)
    if (initial > budget) over.push(name)
  }
  if (over.length > 0) throw new Error(`over budget: ${found.join("; ")}`)
  return found.join("; ")
}

async function weighGraph(folder: string, external: readonly string[]): Promise<{ initial: number; lazy: number[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: 'export { Artifact, init } from "isofact"', resolveDir: folder, sourcefile: "page.js" },
    absWorkingDir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    outdir: "out",
    format: "esm",
    target: "es2023",
    platform: "browser",
    external: [...external],
  })
  const sizes = new Map(outputFiles.map(({ path, contents }) => [path.slice(folder.length + 1), zip(contents)]))
  const carried = Object.keys(metafile.inputs).flatMap((path) => /.*node_modules\/([^/]+)/.exec(path)?.[1] ?? [])
  expectEqual(
    [...new Set(carried)].sort().filter((name) => !packages.includes(name)),
    [],
    "other packages in a page",
  )
  const first = reachable(metafile, Object.keys(metafile.outputs).find((path) => metafile.outputs[path]!.entryPoint === "page.js")!)
  const of = (paths: Iterable<string>) => [...paths].map((path) => sizes.get(path)!)
  const sum = of(first).reduce((a, b) => a + b, 0)
  return { initial: sum, lazy: of([...sizes.keys()].filter((path) => !first.has(path))).sort((a, b) => b - a) }
}

/** What is loaded with an output: itself and what it imports statically. */
function reachable(metafile: Metafile, path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const { path: next, kind, external } of metafile.outputs[path]!.imports) {
    if (kind === "import-statement" && !external) reachable(metafile, next, seen)
  }
  return seen
}

const zip = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).byteLength
