import { copyFileSync, cpSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { expect, test, vi } from "vitest"
import { recordDirectory } from "../../src/storage/node-fs-record-paths.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { updateRecord } from "../contracts/record-store.ts"
import { temporaryDirectory } from "./helpers.ts"

/** Called with each path just before it is read. */
const beforeRead = vi.hoisted(() => ({ call: (_: string) => {} }))

vi.mock("node:fs", async (load) => {
  const fs = await load<typeof import("node:fs")>()
  const readFileSync = (path: string, ...rest: never[]) => {
    beforeRead.call(path)
    return fs.readFileSync(path, ...rest)
  }
  return { ...fs, readFileSync }
})

test("a reader that slept, as a writer did whose number was free again, does not take what that one links for the state", async () => {
  const [root, others, late] = [await temporaryDirectory(), await temporaryDirectory(), await temporaryDirectory()]
  const home = (of: string) => recordDirectory(of, "k")
  const write = (of: string, value: string) => updateRecord(createNodeRecordStore(of), "k", () => value)
  for (const value of ["1", "2"]) await write(root, value)
  for (const copy of [others, late]) cpSync(root, copy, { recursive: true })
  await write(late, "late")
  await write(root, "3")
  cpSync(home(root), home(others), { recursive: true, force: true })
  for (const value of ["4", "5"]) await write(others, value)

  let slept = 0
  beforeRead.call = (path) => {
    if (path !== join(home(root), "3") || slept++ > 0) return
    rmSync(home(root), { recursive: true })
    cpSync(home(others), home(root), { recursive: true })
    copyFileSync(join(home(late), "3"), path)
  }
  expect(await createNodeRecordStore(root).get("k")).toMatchObject({ value: "5" })
  expect(slept).toBe(1)
  expect(readdirSync(home(root)).sort()).toEqual(["3", "4", "5"])
})
