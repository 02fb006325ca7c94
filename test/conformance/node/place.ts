import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Api, Artifact, init } from "isofact"
import { onTestFinished, vi } from "vitest"
import { createNodePlatform } from "../../../src/doors/node.ts"

/** A directory of its own on the disk, the runtime's defaults over it, and no `WANDB_…` variable from outside. */
export async function place() {
  const root = await mkdtemp(join(tmpdir(), "isofact-conformance-"))
  for (const name of Object.keys(process.env)) if (name.startsWith("WANDB_")) vi.stubEnv(name, undefined)
  const platform = createNodePlatform()
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(root, { recursive: true, force: true })
  })
  return {
    root,
    platform,
    at: (...parts: string[]) => join(root, ...parts),
    draft: (name = "birds", type = "dataset") => new Artifact(name, type, { platform }),
    async start(options: Parameters<typeof init>[0] = {}) {
      const run = await init({ dir: root, platform, ...options })
      onTestFinished(() => run.finish())
      return run
    },
    api: () => new Api({ dir: root, platform }),
    async write(files: { readonly [path: string]: string | Uint8Array }) {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true })
        await writeFile(join(root, path), content)
      }
    },
    /** Every file below a directory, as text by path. */
    async read(directory: string) {
      const files: { [path: string]: string } = {}
      for (const item of await readdir(join(root, directory), { recursive: true, withFileTypes: true })) {
        if (!item.isFile()) continue
        const path = join(item.parentPath, item.name)
        files[path.slice(join(root, directory).length + 1)] = await readFile(path, "utf8")
      }
      return files
    },
  }
}
