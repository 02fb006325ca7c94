/**
 * What every runtime does with the files that Python logged: downloads and verifies them, logs the same content, and logs its own for
 * Python to read. Bundled from the built package, so that it imports nothing but isofact and what is portable.
 */

import { Api, Artifact, init, type Run } from "isofact"
import { Audio, Html, Image, Table } from "isofact/media"
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
  /** Rows of the table that Python logged, told by what can be compared. */
  readonly rows: readonly unknown[]
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
  const rows = await rowsOf((await theirs.get("things")) as Table)
  const run = await init({ registry, id: name })
  await run.useArtifact(theirs)
  const again = await log(run, await fill("cross-python", files))
  files.set("own/large.txt", new TextEncoder().encode(`${name}\n`.repeat(100_000)))
  files.set("own/note.txt", new TextEncoder().encode(`by ${name}\n`))
  const ours = await log(run, await fill(name, files))
  await run.finish()
  return { theirs: factsOf(theirs), ours: factsOf(ours), verified, rows, again: again.version }
}

async function fill(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<Artifact> {
  const metadata = { words: "ünï ☃", pi: 3.25, none: null }
  const artifact = new Artifact(name, "dataset", { description: "Both ways.", metadata })
  const isMade = (path: string) => path.startsWith("media/") || path.startsWith("things.")
  for (const [path, bytes] of files) if (!isMade(path)) await artifact.addFile(bytes, { name: path })
  const picture = [...files].find(([path]) => path.endsWith("/bird.png"))![1]
  await artifact.add(makeTable(picture as Uint8Array<ArrayBuffer>), "things")
  return artifact
}

/** The table of wire_cross.py. */
function makeTable(picture: Uint8Array<ArrayBuffer>): Table {
  const position = { minX: 0.1, maxX: 0.5, minY: 0, maxY: 1 }
  const seen = { boxData: [{ position, classId: 1, scores: { sure: 0.25 } }], classLabels: { 1: "ara" } }
  const photo = new Image(new File([picture], "bird.png"), { caption: "an ära", boxes: { seen } })
  const samples = Float64Array.from({ length: 300 }, (_, at) => [0, 0.5, -0.5][at % 3]!)
  const sound = new Audio(samples, { sampleRate: 8000, caption: "a song" })
  const when = new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))
  return new Table({
    columns: ["id", "photo", "page", "sound", "when"],
    data: [
      [1, photo, new Html("<p>Grüße</p>"), sound, when],
      [2, null, null, null, null],
    ],
  })
}

async function rowsOf(table: Table): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const [, [id, photo, page, sound, when]] of table.iterrows()) {
    rows.push([
      id,
      photo instanceof Image && [photo.caption, photo.boxes.get("seen")?.boxes, (await photo.bytes()).length],
      page instanceof Html && (await (await page.blob()).text()).endsWith("<p>Grüße</p>"),
      sound instanceof Audio && [sound.caption, (await sound.bytes()).length],
      when instanceof Date && when.toISOString(),
    ])
  }
  return rows
}

async function log(run: Run, artifact: Artifact): Promise<Artifact> {
  await run.logArtifact(artifact)
  return artifact.wait()
}
