/**
 * What every runtime does with the files that Python logged: downloads and verifies them, logs the same content, and logs its own for
 * Python to read. Bundled from the built package, so that it imports nothing but isofact and what is portable.
 */

import { Api, Artifact, init, type Run } from "isofact"
import { wandb } from "isofact/wandb"
import { factsOf, type VersionFacts } from "./wire-facts.ts"

export interface Task {
  readonly url: string
  readonly key: string
  /** Of the collection that it logs. */
  readonly name: string
  /** Where to download to; undefined where a runtime has no files. */
  readonly root: string | undefined
}

export interface Outcome {
  /** The one that Python logged, as it was found here. */
  readonly theirs: VersionFacts
  readonly ours: VersionFacts
  /** Files that were hashed after the download. */
  readonly verified: number
  /** The version that logging Python's content once more came to. */
  readonly again: string
}

export async function exchange({ url, key, name, root }: Task): Promise<Outcome> {
  const registry = wandb({ apiKey: key, baseUrl: url, entity: "birds", project: "garden" })
  const theirs = await new Api({ registry }).artifact("cross-python:of-python")
  const { verified } =
    root === undefined ? await theirs.verify(undefined, { stored: true }) : await theirs.verify(await theirs.download(root))
  const files = new Map<string, Uint8Array>()
  for (const path of theirs.manifest.entries.keys()) files.set(path, await theirs.getEntry(path).bytes())
  const run = await init({ registry, id: name })
  await run.useArtifact(theirs)
  const again = await log(run, await fill("cross-python", files))
  files.set("own/large.txt", new TextEncoder().encode(`${name}\n`.repeat(100_000)))
  files.set("own/note.txt", new TextEncoder().encode(`by ${name}\n`))
  const ours = await log(run, await fill(name, files))
  await run.finish()
  return { theirs: factsOf(theirs), ours: factsOf(ours), verified, again: again.version }
}

async function fill(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<Artifact> {
  const metadata = { words: "ünï ☃", pi: 3.25, none: null }
  const artifact = new Artifact(name, "dataset", { description: "Both ways.", metadata })
  for (const [path, bytes] of files) await artifact.addFile(bytes, { name: path })
  return artifact
}

async function log(run: Run, artifact: Artifact): Promise<Artifact> {
  await run.logArtifact(artifact)
  return artifact.wait()
}
