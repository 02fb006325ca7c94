/** What bundlers make of a program that uses the installed package, each with the settings it has by itself. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { build as esbuild } from "esbuild"
import { createServer, build as vite } from "vite"
import webpack from "webpack"
import { filesBelow, run } from "./support.ts"

/** The files of a bundle by their path in it. */
export type Bundle = ReadonlyMap<string, Uint8Array>

/** Each makes `page.js` of a folder a page whose `index.html` starts it, in a folder of its own. */
export const browserBundlers: Readonly<Record<string, (folder: string) => Promise<Bundle>>> = {
  async vite(folder) {
    // Vite starts from the page, which lies beside the program.
    writeFileSync(join(folder, "index.html"), pageFor("page.js"))
    const outDir = join(folder, "out/vite")
    await vite({ root: folder, configFile: false, logLevel: "error", build: { outDir } })
    return readBundle(outDir)
  },
  async webpack(folder) {
    const path = openFolder(folder, "webpack")
    const compiler = webpack({ context: folder, mode: "production", entry: "./page.js", output: { path }, performance: false })
    await new Promise<void>((resolve, reject) =>
      compiler!.run((error, stats) => {
        const failure = error ?? (stats?.hasErrors() && new Error(stats.toString("errors-only")))
        compiler!.close(() => (failure ? reject(failure) : resolve()))
      }),
    )
    writeFileSync(join(path, "index.html"), pageFor("main.js"))
    return readBundle(path)
  },
  esbuild: (folder) => bundleWithEsbuild(folder, "esbuild", true),
  "esbuild in one file": (folder) => bundleWithEsbuild(folder, "esbuild-one", false),
}

/** As a page is while it is written: nothing bundled but its dependencies, below `packages`. */
export async function serveWithVite(folder: string, packages: string): Promise<AsyncDisposable & { readonly origin: string }> {
  writeFileSync(join(folder, "index.html"), pageFor("page.js"))
  const settings = { root: folder, cacheDir: join(folder, ".vite"), configFile: false, logLevel: "error" } as const
  const server = await createServer({ ...settings, server: { port: 0, host: "localhost", fs: { allow: [packages] } } })
  await server.listen()
  return { origin: server.resolvedUrls!.local[0]!, [Symbol.asyncDispose]: () => server.close() }
}

async function bundleWithEsbuild(folder: string, name: string, splitting: boolean): Promise<Bundle> {
  const outdir = openFolder(folder, name)
  await esbuild({
    entryPoints: [join(folder, "page.js")],
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    splitting,
    logLevel: "error",
  })
  writeFileSync(join(outdir, "index.html"), pageFor("page.js"))
  return readBundle(outdir)
}

/** `worker.js` of a folder as wrangler would upload it. */
export async function bundleWithWrangler(folder: string): Promise<string> {
  await run("wrangler", ["deploy", "--dry-run", "--outdir", "out/wrangler"], folder)
  return readFileSync(join(folder, "out/wrangler/worker.js"), "utf8")
}

function openFolder(folder: string, name: string): string {
  const path = join(folder, "out", name)
  mkdirSync(path, { recursive: true })
  return path
}

const pageFor = (script: string) => `<!doctype html><title>stranger</title><script type="module" src="./${script}"></script>\n`

const readBundle = (folder: string): Bundle => new Map(filesBelow(folder).map((path) => [path, readFileSync(join(folder, path))]))
