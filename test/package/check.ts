/**
 * What a stranger gets: lints the packed tarball, installs it into an empty folder, imports every subpath there, type-checks against it,
 * and weighs the bundles. Run by `npm run check:package`.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

/** Largest allowed bundle, bytes after minifying and gzip. The core is what a program loads that brings its own stores. */
const budgets = { index: 52_000, core: 31_000 }

const root = join(import.meta.dirname, "../..")
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const subpaths = Object.keys(manifest.exports).filter((name) => name !== "./package.json")
const work = mkdtempSync(join(tmpdir(), "isofact-package-"))
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" })

try {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], root))
  const tarball = join(work, packed.filename)
  console.log(`${packed.filename}: ${packed.size} bytes, ${packed.files.length} files`)
  console.log(run("npx", ["publint", tarball, "--strict"], root).trim())
  console.log(run("npx", ["attw", tarball, "--profile", "esm-only", "--format", "ascii"], root).trim())
  installAndImport(tarball)
  await weigh()
} finally {
  rmSync(work, { recursive: true, force: true })
}

function installAndImport(tarball: string): void {
  writeFileSync(join(work, "package.json"), '{ "name": "stranger", "type": "module", "private": true }')
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], work)
  const names = subpaths.map((name) => name.replace(".", manifest.name))
  const imports = names.map((name, index) => `import * as m${index} from ${JSON.stringify(name)}`)
  const uses = names.map(
    (name, index) => `if (Object.keys(m${index}).length === 0) throw new Error(${JSON.stringify(`${name} is empty`)})`,
  )
  const typed = 'const artifact: import("isofact").Artifact = new m0.Artifact("birds", "dataset")\nconsole.log(artifact.name)'
  writeFileSync(join(work, "stranger.ts"), [...imports, ...uses, typed].join("\n"))
  run(process.execPath, ["stranger.ts"], work)
  const flags = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--moduleResolution",
    "nodenext",
    "--target",
    "es2023",
    "--skipLibCheck",
    "false",
  ]
  run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), ...flags, "--lib", "es2023,dom,dom.iterable", "stranger.ts"],
    work,
  )
  console.log(`imported and type-checked ${names.join(", ")}`)
}

async function weigh(): Promise<void> {
  const entries = {
    index: { code: 'export { Artifact, init } from "isofact"', conditions: ["import"] },
    core: {
      code: 'export { Artifact, init } from "isofact"',
      conditions: ["import"],
      external: ["hash-wasm", "valibot", "#platform"],
    },
  }
  for (const [name, { code, conditions, ...rest }] of Object.entries(entries)) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: work },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions,
      ...rest,
    })
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).byteLength
    const budget = budgets[name as keyof typeof budgets]
    console.log(`${name}: ${bytes} bytes min+gzip, budget ${budget}`)
    if (bytes > budget) throw new Error(`${name} is over its budget`)
  }
}
