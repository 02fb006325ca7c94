/** Many processes log into one collection and move its aliases at once. */
import { join } from "node:path"
import type { Artifact } from "isofact"
import { expect, test } from "vitest"
import { artifactDigest, bundleChild, filesBelow, openWorld, startChild, tempFolder } from "./support.ts"

const writers = 16
const rounds = 20

test(`${writers} processes × ${rounds} versions: every number once, no alias lost, every byte there`, async () => {
  const dir = tempFolder()
  const script = await bundleChild("child-crowd")
  const logged = await runAll(script, dir)
  const numbers = logged.flat().sort((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: writers * rounds }, (_, number) => number))

  const versions = await readAll(dir)
  expect(versions.length).toBe(writers * rounds)
  for (const [writer, own] of logged.entries()) {
    // A writer's versions are in the order in which it logged them.
    expect(own).toEqual(own.toSorted((a, b) => a - b))
    expect(holders(versions, `own-${writer}`)).toEqual([`v${own.at(-1)}`])
    for (const [round, number] of own.entries()) await checkVersion(versions[number]!, writer, round)
  }
  expect(holders(versions, "latest")).toEqual([`v${writers * rounds - 1}`])
  const [shared] = holders(versions, "shared")
  expect(holders(versions, "shared")).toHaveLength(1)
  // It was moved last by a writer that was at its end.
  expect(logged.map((own) => `v${own.at(-1)}`)).toContain(shared)
  const { api } = openWorld(dir)
  for (const alias of ["latest", "shared", ...logged.map((_, writer) => `own-${writer}`)]) {
    expect((await api("crowd").artifact(`crowd:${alias}`)).version).toBe(holders(versions, alias)[0])
  }
  for (const place of ["blobs/tmp", "records/@tmp", "staging"]) expect(filesBelow(join(dir, ".isofact", place))).toEqual([])
}, 120_000)

/** All start at the same moment. The version numbers that each was given, in its order. */
async function runAll(script: string, dir: string): Promise<number[][]> {
  const children = Array.from({ length: writers }, (_, writer) => startChild(script, [dir, writer, rounds]))
  await Promise.all(children.map((child) => child.line("ready")))
  for (const child of children) child.process.stdin!.write("go\n")
  const ends = await Promise.all(children.map((child) => child.ended))
  expect(ends).toEqual(ends.map(() => ({ code: 0, signal: null, stderr: "" })))
  return children.map(({ lines }) =>
    lines.filter((line) => line.startsWith("logged")).map((line) => Number(line.slice("logged v".length))),
  )
}

/** As a new process lists them, by number. */
async function readAll(dir: string): Promise<Artifact[]> {
  const { api } = openWorld(dir)
  const versions: Artifact[] = []
  for await (const artifact of api("crowd").artifacts("dataset", "crowd")) versions.push(artifact)
  return versions.reverse()
}

const holders = (versions: readonly Artifact[], alias: string) =>
  versions.filter(({ aliases }) => aliases.includes(alias)).map(({ version }) => version)

async function checkVersion(artifact: Artifact, writer: number, round: number): Promise<void> {
  expect(artifact.metadata).toEqual({ writer: `${writer}`, round })
  const encode = (text: string) => new TextEncoder().encode(text)
  const tree = new Map([
    ["own.txt", encode(`${writer} ${round}`)],
    ["same/in/all.txt", encode(`round ${round}`)],
  ])
  expect(artifact.digest).toBe(artifactDigest(tree))
  expect((await artifact.verify(undefined, { stored: true })).verified).toBe(2)
}
