/** The least that programs do with isofact: log a version, and read it back another time. */
import { Api, Artifact, init } from "isofact"

const LARGE_BYTES = 3_000_000

export async function write() {
  const run = await init({ project: "packaging" })
  const artifact = new Artifact("birds", "dataset")
  await artifact.addFile(new Blob(["wren"]), { name: "small.txt" })
  await artifact.addFile(new Blob([new Uint8Array(LARGE_BYTES).fill(7)]), { name: "large.bin" })
  await artifact.newFile("labels.json", (file) => file.writeText('["wren"]'))
  await run.logArtifact(artifact, { aliases: ["best"] })
  await run.finish()
  return artifact.qualifiedName
}

export async function read() {
  const artifact = await new Api({ project: "packaging" }).artifact("birds:best")
  const large = await artifact.getEntry("large.bin").blob()
  return [await artifact.getEntry("small.txt").text(), await artifact.getEntry("labels.json").json(), large.size]
}
