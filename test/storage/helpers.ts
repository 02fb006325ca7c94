import { readdirSync, rmSync } from "node:fs"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodeTransfer, type NodeTransfer } from "../../src/storage/node-fs-transfer.ts"

const made: string[] = []

/** A new directory, gone when the file's tests are over. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "isofact-test-"))
  made.push(path)
  return path
}

afterAll(async () => {
  for (const path of made.splice(0)) {
    await chmod(path, 0o755).catch(() => undefined)
    await rm(path, { recursive: true, force: true })
  }
})
// In Bun and Deno all files share this module, and only the first of them gets the hook.
process.once("exit", () => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
})

export const hasher = createNodeHasher()
export const newTransfer = (): NodeTransfer => createNodeTransfer({ hasher })

/** Files below a directory, as relative paths; none when it does not exist. */
export function filesBelow(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return []
    throw error
  }
}
