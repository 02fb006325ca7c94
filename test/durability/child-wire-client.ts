/** Logs one version after the other over the wire until it is killed: `child-wire-client <port> <lane> <first round>`. */
import { writeSync } from "node:fs"
import { Artifact, init, type ProgressEvent } from "../../src/index.ts"
import { treeOf } from "./trees.ts"
import { connect, project } from "./wire.ts"

const [port, lane, first] = process.argv.slice(2) as [string, string, string]
const say = (line: string) => writeSync(1, `${line}\n`)
say("ready")
const run = await init({ registry: connect(Number(port)), project })
for (let round = Number(first); ; round++) {
  say(`begin ${round}`)
  const artifact = new Artifact("tree", "dataset", { metadata: { lane, round } })
  for (const [path, bytes] of treeOf(lane, round)) await artifact.addFile(bytes, { name: path })
  let isStoring = false
  const onProgress = ({ type }: ProgressEvent) => {
    if (type === "store" && !isStoring) say("storing")
    isStoring ||= type === "store"
  }
  await run.logArtifact(artifact, { aliases: [`lane-${lane}`], onProgress })
  say(`done ${round}`)
}
