/** One of many writers of a collection: `child-crowd <dir> <writer> <rounds>`; starts when it is told to, tells which versions it got. */
import { once } from "node:events"
import { Artifact, init } from "../../src/index.ts"

const [dir, writer, rounds] = process.argv.slice(2) as [string, string, string]
console.log("ready")
await once(process.stdin, "data")
const run = await init({ dir, project: "crowd" })
for (let round = 0; round < Number(rounds); round++) {
  const artifact = new Artifact("crowd", "dataset", { metadata: { writer, round } })
  await artifact.addFile(new Blob([`${writer} ${round}`]), { name: "own.txt" })
  await artifact.addFile(new Blob([`round ${round}`]), { name: "same/in/all.txt" })
  // Half of the moves come with the version, the other half after it.
  await run.logArtifact(artifact, round % 2 === 0 ? { aliases: [`own-${writer}`, "shared"] } : {})
  if (round % 2 === 1) {
    artifact.aliases.push(`own-${writer}`, "shared")
    await artifact.save()
  }
  console.log(`logged ${artifact.version}`)
}
await run.finish()
console.log("done")
process.stdin.destroy()
