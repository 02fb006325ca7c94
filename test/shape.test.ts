/** Holds the structure that src/ promises: which room may import which, who may touch a host or an engine, and how long a file may be. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, test } from "vitest"

const root = join(import.meta.dirname, "../src")
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
const sources = new Map(files.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(root, name), "utf8")]))

/** Rooms from the bottom up; a room may import those before its own step, and not its neighbours on the same step. */
const steps = [
  ["errors"],
  ["core"],
  ["ports"],
  ["bytes"],
  ["net"],
  ["digest", "storage", "registry", "references", "media", "wandb", "server"],
  ["artifact"],
  ["run"],
  ["sync"],
  ["index"],
  ["doors"],
  ["cli"],
]
const rank = new Map(steps.flatMap((rooms, step) => rooms.map((room) => [room, step] as const)))

const roomOf = (file: string) => file.split("/")[0]!.replace(/\.ts$/, "")

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\("([^"]+)"\)/g
  return [...sources.get(file)!.matchAll(pattern)].map((match) => ({
    target: match[2] ?? match[3]!,
    typeOnly: match[1] !== undefined,
  }))
}

const resolveLocal = (file: string, target: string) => relative(root, join(root, file, "..", target)).replaceAll("\\", "/")

describe("imports", () => {
  test.each([...sources.keys()])("%s points one way", (file) => {
    const room = roomOf(file)
    for (const { target, typeOnly } of importsOf(file)) {
      if (!target.startsWith(".")) continue
      const other = roomOf(resolveLocal(file, target))
      if (other === room) continue
      expect(rank.has(other), `${file} imports the unknown room ${other}`).toBe(true)
      // The ports describe the words of core, so they may name its types and nothing else of it.
      if (room === "core" && other === "ports") expect(typeOnly, `${file} may only import types of ports`).toBe(true)
      else expect(rank.get(other)!, `${file} imports ${target}`).toBeLessThan(rank.get(room)!)
    }
  })

  test("the host is touched only by files that say so", () => {
    const hosts = [...sources.keys()].filter((file) => importsOf(file).some(({ target }) => target.startsWith("node:")))
    expect(hosts.filter((file) => !/(^|\/)node(-[a-z0-9-]+)?\.ts$/.test(file))).toEqual([])
  })

  test("what only some hosts have as a global is used where the host is known", () => {
    const users = [...sources]
      .filter(([, text]) => /\bprocess\.(env|argv|exit|cwd|on|stdout|stderr)\b/.test(text))
      .map(([file]) => file)
    expect(users.filter((file) => !/^(cli\/|doors\/)|(^|\/)node(-[a-z0-9-]+)?\.ts$/.test(file))).toEqual([])
  })

  test("each package has one home", () => {
    const homes = {
      "@hono/node-server": /^cli\/node-serve\.ts$/,
      aws4fetch: /^net\/s3-client\.ts$/,
      "client-zip": /^artifact\/zip\.ts$/,
      "cloudflare:workers": /^doors\/workerd\.ts$/,
      commander: /^cli\/[a-z-]+\.ts$/,
      "@noble/hashes/sha2.js": /^media\/sha256\.ts$/,
      "fast-png": /^media\/pixels\.ts$/,
      fflate: /^media\/(npz|parquet)\.ts$/,
      fzstd: /^media\/parquet\.ts$/,
      graphql: /^server\/(graphql|schema)[a-z-]*\.ts$/,
      "hash-wasm": /^digest\/hash-wasm(-md5|-xxh128)?\.ts$/,
      hono: /^server\/routes[a-z-]*\.ts$/,
      "image-size": /^media\/image-size\.ts$/,
      "hyparquet/src/index.js": /^media\/parquet\.ts$/,
      "idb-keyval": /^storage\/indexeddb-connection\.ts$/,
      ky: /^wandb\/http[a-z-]*\.ts$/,
      valibot: /^core\/manifest[a-z-]*\.ts$/,
    }
    for (const [file] of sources) {
      for (const { target } of importsOf(file)) {
        if (/^(\.|node:|#platform$)/.test(target)) continue
        const home = homes[target as keyof typeof homes]
        expect(home, `${file} imports ${target}, which has no home`).toBeDefined()
        expect(file).toMatch(home)
      }
    }
  })

  test("only a draft asks the runtime for its defaults", () => {
    const askers = [...sources.keys()].filter((file) => importsOf(file).some(({ target }) => target === "#platform"))
    expect(askers).toEqual(["artifact/draft.ts"])
  })
})

describe("size", () => {
  // ports.ts and errors.ts are tables that are read as a whole.
  const tables = new Set(["ports.ts", "errors.ts"])
  test.each([...sources.keys()].filter((file) => !tables.has(file)))("%s is at most 300 lines", (file) => {
    expect(sources.get(file)!.split("\n").length).toBeLessThanOrEqual(301)
  })
})

test("nothing is left undone", () => {
  for (const [file, text] of sources) expect(text, file).not.toMatch(/TODO|FIXME|XXX|not (yet )?implemented|@ts-(ignore|nocheck)/i)
})
