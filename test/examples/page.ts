/** An example's page as it is deployed: built with Vite, and served. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { extname, join } from "node:path"
import { build } from "vite"
import { type PageServer, type ServedFile, servePages } from "../runtimes/chromium.ts"

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" }

/** @param name the folder of the example */
export async function servePage(name: string): Promise<PageServer> {
  const outDir = mkdtempSync(join(tmpdir(), "isofact-page-"))
  try {
    const configFile = new URL(`../../examples/${name}/vite.config.ts`, import.meta.url).pathname
    await build({ configFile, logLevel: "error", build: { outDir } })
    return await servePages(readSite(outDir))
  } finally {
    rmSync(outDir, { recursive: true })
  }
}

function readSite(outDir: string): Record<string, ServedFile> {
  const paths = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = paths.map(({ parentPath, name }) => {
    const path = join(parentPath, name)
    const file: ServedFile = { type: types[extname(name)] ?? "application/octet-stream", body: readFileSync(path) }
    return [path.slice(outDir.length).replaceAll("\\", "/"), file] as const
  })
  const served = Object.fromEntries(files)
  return { ...served, "/": served["/index.html"]! }
}
