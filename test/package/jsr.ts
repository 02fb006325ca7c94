/** JSR takes the sources as they are: its own rehearsal of publishing them, in a copy that has the `jsr.json` this package would have. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { filesBelow, manifest, root, run } from "./support.ts"

export async function rehearseJsr(folder: string): Promise<string> {
  const place = join(folder, "jsr")
  for (const name of ["src", "README.md", "LICENSE"]) cpSync(join(root, name), join(place, name), { recursive: true })
  const { name, version, license, dependencies } = manifest
  const exports = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    target.default ? [[subpath, sourceOf(target)]] : [],
  )
  writeFileSync(
    join(place, "jsr.json"),
    JSON.stringify({
      name: `@${name}/${name}`,
      version,
      license,
      exports: Object.fromEntries(exports),
      // JSR knows no conditions; whoever installs from it runs Deno.
      imports: { "#platform": sourceOf(manifest.imports["#platform"].deno) },
      nodeModulesDir: "manual",
      publish: { include: ["src", "README.md", "LICENSE"], exclude: ["src/tsconfig.json"] },
    }),
  )
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module", dependencies }))
  for (const each of Object.keys(dependencies)) {
    const link = join(place, "node_modules", each)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, "node_modules", each), link)
  }
  // Types are checked by tsc elsewhere; what counts here is that they can be read off without inference.
  await run("deno", ["publish", "--dry-run", "--allow-dirty", "--no-check"], place)
  return `${filesBelow(join(place, "src")).length - 1} sources, ${exports.length} exports, no slow types`
}

const sourceOf = (target: unknown) => (target as { default: string }).default.replace("./dist/", "./src/").replace(/\.js$/, ".ts")
