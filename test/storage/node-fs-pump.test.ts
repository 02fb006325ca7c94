import { writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { createHashThreads } from "../../src/digest/node-hash-thread.ts"
import { createPump } from "../../src/storage/node-fs-pump.ts"
import { stalled } from "../contracts/content.ts"
import { hasher, temporaryDirectory } from "./helpers.ts"

const MB = 1024 * 1024

test.each([
  ["beside no thread", 2 * MB],
  ["beside a thread", 64 * MB],
])("a write that fails is told while the source says nothing more: %s", async (_, size) => {
  const path = join(await temporaryDirectory(), "read-only")
  writeFileSync(path, "")
  const out = await open(path, "r")
  onTestFinished(() => out.close())
  const content = { ...stalled(new Uint8Array(MB / 2)), size }
  const pumping = createPump(hasher, createHashThreads()).fromStream(content, { out, label: "there" })
  await expect(pumping).rejects.toMatchObject({ name: "StorageError", message: expect.stringContaining('cannot write "there"') })
  expect(content.state.cancelled).toBeDefined()
})
