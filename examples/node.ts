/** A script as a pipeline would have it: log a folder, read it back. Run it with `node examples/node.ts`. */
import { Artifact, init } from "isofact"

await using run = await init({ project: "notes" })

const artifact = new Artifact("notes", "dataset", { metadata: { language: "en" } })
await artifact.addFile(new Blob(["first note\n"]), { name: "2026/first.txt" })
await artifact.newFile("index.json", (file) => file.writeText(JSON.stringify({ notes: ["2026/first.txt"] })))
await run.logArtifact(artifact, { aliases: ["reviewed"] })
console.log(`${artifact.qualifiedName}: ${artifact.fileCount} files, ${artifact.size} bytes`)

const used = await run.useArtifact("notes:reviewed")
console.log(await used.getEntry("2026/first.txt").text())
