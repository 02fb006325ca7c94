/** The same over files, also by many processes at once. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect, test } from "vitest"
import { registryContract } from "../contracts/registry.ts"
import { collect, field, readWhole } from "./publish.ts"
import { openRegistry } from "./writer.ts"

const root = mkdtempSync(join(tmpdir(), "isofact-registry-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

registryContract("embedded in files", async () => openRegistry(mkdtempSync(join(root, "contract-"))))

test("16 processes × 20 versions give 320 contiguous numbers, latest is the last, and no alias is lost", async () => {
  const directory = mkdtempSync(join(root, "crowd-"))
  const script = join(import.meta.dirname, "writer.ts")
  const run = async (writer: number) => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, directory, `${writer}`, "20"])
    return JSON.parse(stdout) as number[]
  }
  const indexes = await Promise.all(Array.from({ length: 16 }, (_, writer) => run(writer)))
  expect(indexes.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 320 }, (_, at) => at))
  const registry = openRegistry(directory)
  const versions = await collect(registry.versions(field))
  expect(versions.map(({ index }) => index)).toEqual(Array.from({ length: 320 }, (_, at) => 319 - at))
  expect((await registry.findVersion(field))?.index).toBe(319)
  expect((await registry.findVersion({ ...field, alias: "current" }))?.index).toBe(319)
  for (const [writer, own] of indexes.entries()) {
    for (const [round, index] of own.entries()) {
      expect(versions[319 - index]!.aliases).toContain(`w${writer}-r${round}`)
    }
  }
  for (const member of versions) await readWhole(registry, member)
}, 180_000)
