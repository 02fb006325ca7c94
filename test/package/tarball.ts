/** The packed tarball: linted, looked through, and installed into an empty folder. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Finding, filesBelow, manifest, root, run, type Stranger } from "./support.ts"

export async function pack(folder: string): Promise<Finding<string>> {
  if (!existsSync(join(root, "dist/index.d.ts"))) throw new Error("dist/ has no types; run `npm run build` first")
  const [packed] = await packAll([root], folder)
  return { found: `${packed!.size} bytes, ${packed!.files.length} files`, value: join(folder, packed!.filename) }
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly unknown[]
}

async function packAll(folders: readonly string[], into: string): Promise<Packed[]> {
  const output = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", into, ...folders],
    root,
  )
  return JSON.parse(output.slice(output.indexOf("[\n")))
}

export async function lint(tarball: string): Promise<string> {
  await run("publint", [tarball, "--strict"], root)
  await run("attw", [tarball, "--profile", "esm-only", "--format", "ascii"], root)
  return "publint and are-the-types-wrong have nothing to say"
}

/** As `npm install isofact` would, with the packages it depends on packed from here instead of fetched. */
export async function install(tarball: string, folder: string): Promise<Finding<Stranger>> {
  writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "type": "module", "private": true }\n')
  const names = [...withTheirs(Object.keys(manifest.dependencies))]
  const packed = await packAll(
    names.map((name) => join(root, "node_modules", name)),
    folder,
  )
  const tarballs = [tarball, ...packed.map(({ filename }) => join(folder, filename))]
  await run(
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", ...tarballs],
    folder,
  )
  return { found: `with ${names.join(", ")}`, value: { folder, installed: join(folder, "node_modules", manifest.name) } }
}

/** Packages and what these depend on in turn. */
function withTheirs(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names.filter((one) => !found.has(one))) {
    found.add(name)
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"))
    withTheirs(Object.keys(dependencies), found)
  }
  return found
}

/** What each door may import of its host; the root and whatever is not named here: nothing. */
const hosts: readonly (readonly [modules: RegExp, host: RegExp])[] = [
  [/^(doors\/(node|deno|bun)|digest\/node-crypto|storage\/node-fs)\.js$/, /^node:/],
  [/^doors\/workerd\.js$/, /^cloudflare:/],
]

/**
 * Follows every import, lazy ones too, from each module that package.json names: packages must be dependencies and hosts allowed. What a
 * module starts by address must stand where it looks.
 */
export async function look({ installed }: Stranger): Promise<string> {
  const { exports, imports } = manifest
  const targets = [...Object.values(exports), ...Object.values(imports["#platform"])].map((target) => Object(target).default ?? "")
  const named = targets.filter((path) => path.startsWith("./dist/")).map((path) => path.slice("./dist/".length))
  const dist = join(installed, "dist")
  for (const name of named) {
    for (const target of graphOf(dist, name).filter(
      (target) => !target.startsWith("#") && !(packageOf(target) in manifest.dependencies),
    )) {
      if (!hosts.some(([modules, host]) => modules.test(name) && host.test(target)))
        throw new Error(`dist/${name} reaches ${target}`)
    }
  }
  const scripts = filesBelow(dist).filter((name) => name.endsWith(".js"))
  const addresses = scripts.flatMap((name) => addressesIn(dist, name))
  for (const address of addresses) {
    if (!existsSync(join(dist, address))) throw new Error(`dist/${address} is started by address and is not there`)
    expectAlone(dist, address)
  }
  return `${named.length} modules in ${scripts.length} files reach only what they may; started by address: ${addresses.join(", ") || "none"}`
}

const packageOf = (specifier: string): string => specifier.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? specifier

/** The packages and hosts that a module of `dist` reaches. */
function graphOf(dist: string, name: string, seen = new Set<string>()): string[] {
  if (seen.has(name)) return []
  seen.add(name)
  return importsOf(dist, name).flatMap((target) =>
    target.startsWith(".") ? graphOf(dist, join(dirname(name), target), seen) : [target],
  )
}

function importsOf(dist: string, name: string): string[] {
  const text = readFileSync(join(dist, name), "utf8")
  const pattern = /(?:^|[\n;}])\s*(?:import|export)\b[^"';()]*?["']([^"'\n]+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2]!)
}

function addressesIn(dist: string, name: string): string[] {
  const text = readFileSync(join(dist, name), "utf8")
  const found = [...text.matchAll(/new URL\("(\.[^"]+)",\s*import\.meta\.url\)/g)].map((match) => join(dirname(name), match[1]!))
  return [...new Set(found)]
}

function expectAlone(dist: string, name: string): void {
  const targets = importsOf(dist, name)
  if (targets.length > 0) throw new Error(`dist/${name} must need no other file, and imports ${targets.join(", ")}`)
}
