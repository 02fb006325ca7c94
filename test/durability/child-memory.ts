/** Logs one large file or downloads it, and tells the most memory this process ever had: `child-memory <idle|log|download> <dir> <path>`. */
import { readFileSync } from "node:fs"
import { Api, Artifact, init } from "../../src/index.ts"

const [what, dir, path] = process.argv.slice(2) as [string, string, string]
if (what === "log") {
  const run = await init({ dir, project: "memory" })
  const artifact = new Artifact("large", "dataset")
  await artifact.addFile(path, { name: "large.bin" })
  await run.logArtifact(artifact)
  await run.finish()
}
if (what === "download") await (await new Api({ dir, project: "memory" }).artifact("large:latest")).download(path)
const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))!
console.log(`peak ${kib}`)
