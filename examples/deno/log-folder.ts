/**
 * Logs a folder and reads one file of it back. The working directory is all it needs to reach:
 *
 *     deno run --allow-read=. --allow-write=. log-folder.ts ./birds
 *
 * In a project of your own, `deno add npm:isofact` first.
 */
import process from "node:process"
import { Artifact, init } from "isofact"

const [folder, path] = process.argv.slice(2)
if (folder === undefined) {
  console.error("Which folder? deno run --allow-read=. --allow-write=. log-folder.ts folder [file in it]")
  process.exit(2)
}

await using run = await init({ project: "birds" })

const artifact = new Artifact("birds", "dataset")
await artifact.addDir(folder)
await run.logArtifact(artifact)
console.log(`${artifact.qualifiedName}: ${artifact.fileCount} files, ${artifact.size} bytes`)

const used = await run.useArtifact("birds:latest")
const entry = used.getEntry(path ?? [...used.manifest.entries.keys()][0]!)
console.log(`${entry.path}: ${await entry.text()}`)
