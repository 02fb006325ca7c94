/** Logs one version after the other until it is killed: `child-log <dir> <lane> <first round> <die at change, 0: never>`. */
import { writeSync } from "node:fs"
import { Artifact, init, type ProgressEvent } from "../../src/index.ts"
import { countChanges } from "./mortal.ts"
import { treeOf } from "./trees.ts"

const [dir, lane, first, dieAt] = process.argv.slice(2) as [string, string, string, string]
// Bound before it is counted: telling is not a change.
const say = writeSync.bind(undefined, 1)
const changes = await countChanges(Number(dieAt))
say("ready\n")
const run = await init({ dir, project: "kill" })
for (let round = Number(first); ; round++) {
  say(`begin ${round}\n`)
  const artifact = new Artifact("tree", "dataset", { metadata: { lane, round } })
  for (const [path, bytes] of treeOf(lane, round)) {
    // Bytes go through the stage and are linked into the store, a Blob is copied into it.
    const source = path.length % 2 === round % 2 ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>])
    await artifact.addFile(source, { name: path })
  }
  let isStoring = false
  const onProgress = ({ type }: ProgressEvent) => {
    if (type === "store" && !isStoring) say("storing\n")
    isStoring ||= type === "store"
  }
  await run.logArtifact(artifact, { aliases: [`lane-${lane}`, "shared"], onProgress })
  say(`done ${round} ${changes()}\n`)
}
