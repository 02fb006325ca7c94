/**
 * The main job on real data: log the Vega data sets, log a changed version, use it from another process, and catch a rotten byte.
 * Run it with `npm run demo`. Exits with 1 when anything is not as it should be.
 */
import { spawnSync } from "node:child_process"
import { appendFile, chmod, cp, mkdtemp, open, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Artifact, init, isArtifactError, type Run } from "isofact"
import { kilobytes, showProgress } from "./progress.ts"

let failures = 0

function check(fact: boolean, text: string): void {
  console.log(`  ${fact ? "ok" : "NOT OK"}  ${text}`)
  if (!fact) failures += 1
}

async function log(run: Run, directory: string, label: string) {
  const artifact = new Artifact("vega", "dataset", {
    description: "Vega's example data sets",
    metadata: { source: "vega-datasets" },
  })
  await artifact.addDir(directory)
  const progress = showProgress(label)
  await run.logArtifact(artifact, { onProgress: progress.onProgress })
  return { artifact, moved: progress.end() }
}

async function publish(work: string): Promise<void> {
  const directory = join(work, "vega")
  await cp(new URL("../node_modules/vega-datasets/data", import.meta.url), directory, { recursive: true })
  const files = await readdir(directory)
  const run = await init({ project: "demo", dir: work })

  console.log(`\n1. Log ${files.length} files`)
  const first = await log(run, directory, "vega:v0")
  check(first.artifact.name === "vega:v0", `logged as ${first.artifact.qualifiedName}, digest ${first.artifact.digest}`)
  check(first.artifact.fileCount === files.length, `${first.artifact.fileCount} files, ${kilobytes(first.artifact.size)}`)

  console.log("\n2. Change one file, add one, remove one")
  await appendFile(join(directory, "cars.json"), "\n")
  await writeFile(join(directory, "extra.csv"), "a,b\n1,2\n")
  await rm(join(directory, "seattle-weather.csv"))
  const second = await log(run, directory, "vega:v1")
  check(second.artifact.name === "vega:v1", "a new version")
  check(
    second.moved.files === 2,
    `only ${second.moved.files} files were stored: ${kilobytes(second.moved.bytes)} of ${kilobytes(second.artifact.size)}`,
  )

  console.log("\n3. Log the same again")
  const third = await log(run, directory, "vega")
  check(third.artifact.name === "vega:v1" && third.moved.files === 0, "still vega:v1, nothing was stored")
  await run.finish()
}

async function use(work: string): Promise<void> {
  const run = await init({ project: "demo", dir: work, jobType: "reader" })
  const artifact = await run.useArtifact("vega:latest")
  check(artifact.version === "v1", `another process resolves vega:latest to ${artifact.version}`)
  const text = await artifact.getEntry("extra.csv").text()
  check(text === "a,b\n1,2\n", "read one file without downloading the rest")
  const progress = showProgress("download")
  const root = await artifact.download(join(work, "copy"), { onProgress: progress.onProgress })
  progress.end()
  const report = await artifact.verify(root)
  check(report.verified === artifact.fileCount, `verified ${report.verified} files, ${kilobytes(report.bytes)}`)
  await run.finish()
}

async function rot(work: string): Promise<void> {
  const run = await init({ project: "demo", dir: work })
  const artifact = await run.useArtifact("vega:latest")
  await flipByte(fileURLToPath(await artifact.getEntry("cars.json").url()))
  for (const [verb, read] of [
    ["verify", () => artifact.verify(undefined, { stored: true })],
    ["download", () => artifact.download(join(work, "damaged"))],
  ] as const) {
    const error = await read().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    check(isArtifactError(error) && error.message.includes("cars.json"), `${verb} names the file: ${String(error).slice(0, 120)}…`)
  }
  const again = await log(run, join(work, "vega"), "repair")
  check(
    again.artifact.name === "vega:v1" && again.moved.files === 1,
    "logging the same content again stored the one damaged file anew",
  )
  const report = await again.artifact.verify(undefined, { stored: true })
  check(report.verified === again.artifact.fileCount, `verified ${report.verified} files`)
  await run.finish()
}

async function flipByte(path: string): Promise<void> {
  await chmod(path, 0o644)
  const file = await open(path, "r+")
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, 100)
  byte[0]! ^= 1
  await file.write(byte, 0, 1, 100)
  await file.close()
}

const [step, given] = process.argv.slice(2)
if (step === "use") await use(given!)
else {
  const work = await mkdtemp(join(tmpdir(), "isofact-demo-"))
  try {
    await publish(work)
    console.log("\n4. Use it from another process")
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "use", work], { stdio: "inherit" })
    check(child.status === 0, "the other process was content")
    console.log("\n5. Flip one byte of a stored blob")
    await rot(work)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
if (step !== "use") console.log(failures === 0 ? "\nEverything is as it should be." : `\n${failures} checks failed.`)
process.exitCode = failures === 0 ? 0 : 1
