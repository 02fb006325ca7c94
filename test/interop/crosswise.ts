/** What Python logs, isofact reads in every runtime over real HTTP, and the other way round: one content, one version. */

import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pythonJson } from "../../src/media/python-json.ts"
import { givenFiles } from "../conformance/media-objects.ts"
import type { Group, Peer } from "./group.ts"
import { checkSeen } from "./server.ts"
import type { VersionFacts } from "./wire-facts.ts"
import { type Host, startHost } from "./wire-host.ts"
import type { Outcome } from "./wire-program.ts"
import { type PythonOptions, runPeer } from "./wire-python.ts"
import { type Runtime, runIn, runtimes } from "./wire-runtimes.ts"

type Facts = Record<string, VersionFacts>

const nameOf = (runtime: Runtime) => `cross-${runtime}`

export async function checkCrosswise({ python, dir }: Peer, group: Group): Promise<void> {
  await using host = await startHost(dir)
  const env = {
    INTEROP_FILES: makeFiles(join(dir, "files")),
    INTEROP_PICTURE: makePicture(join(dir, "picture")),
    INTEROP_NAMES: JSON.stringify(runtimes.map(nameOf)),
  }
  const start = (name: string, expect: readonly RegExp[] = []): PythonOptions => ({
    python,
    to: host,
    dir: join(dir, name),
    env,
    expect,
  })
  const { "cross-python": theirs } = await runPeer<Facts>(group, "cross-log", start("python"))
  if (theirs === undefined) return
  const logged = host.seen.length
  const outcomes = await Promise.all(runtimes.map((runtime) => exchange(group, runtime, host, dir)))
  const done = outcomes.flatMap((outcome, at) => (outcome === undefined ? [] : [[runtimes[at]!, outcome] as const]))
  for (const [runtime, outcome] of done) checkOutcome(group, runtime, outcome, theirs)

  const puts = host.seen.slice(logged).filter(({ method }) => method === "PUT")
  const sentTo = (place: string) => puts.filter(({ path }) => path === `/storage/${place}`).length
  group.same(sentTo("upload"), 2 * runtimes.length, "files sent, of which Python had stored all others")
  group.same(sentTo("upload-manifest"), runtimes.length, "manifests sent")

  const before = host.seen.length
  const expect = [/already exists with the same content/]
  const read = await runPeer<Facts>(group, "cross-read", start("python-again", expect))
  for (const [runtime, { ours }] of done) group.same(ours, read[nameOf(runtime)], `what ${runtime} logged, read by Python`)
  const sent = host.seen.slice(before).filter(isSending)
  group.same(sent, [], "what Python sent to log the same content")
  checkSeen(group, host)
  group.note(runtimes.join(", "))
}

/** Bytes of an artifact on their way, or the question where to send them. */
const isSending: (seen: Host["seen"][number]) => boolean = ({ method, path, operation }) =>
  operation === "CreateArtifactFiles" || (method === "PUT" && /^\/storage\/(upload|part|upload-manifest)$/.test(path))

async function exchange(group: Group, runtime: Runtime, { url, key }: Host, dir: string): Promise<Outcome | undefined> {
  const place = join(dir, runtime)
  const root = { node: "got", deno: "got", bun: "got", chromium: "got", workerd: undefined }[runtime]
  try {
    return await runIn(runtime, { url, key, name: nameOf(runtime), root }, place)
  } catch (error) {
    group.check(false, () => `${runtime}: ${String((error as Error).stack).slice(0, 1500)}`)
  }
}

function checkOutcome(
  group: Group,
  runtime: Runtime,
  { theirs, ours, verified, rows, again }: Outcome,
  expected: VersionFacts,
): void {
  group.same(theirs, expected, `what Python logged, read in ${runtime}`)
  group.same(verified, expected.fileCount, `files verified in ${runtime}`)
  const boxes = [{ position: { minX: 0.1, maxX: 0.5, minY: 0, maxY: 1 }, classId: 1, scores: { sure: 0.25 } }]
  const seen = ["an ära", boxes, givenFiles().get("bird.png")!.length]
  const first = [1, seen, true, ["a song", 44 + 600], "2024-01-02T03:04:05.678Z"]
  group.same(pythonJson(rows), pythonJson([first, [2, false, false, false, false]]), `Python's table, read in ${runtime}`)
  group.same(again, "v0", `Python's content, logged in ${runtime}`)
  const isCommon = ([path]: VersionFacts["entries"][number]) => !path.startsWith("own/")
  group.same(ours.entries.filter(isCommon), expected.entries.filter(isCommon), `entries of the same files, logged in ${runtime}`)
}

function makePicture(folder: string): string {
  mkdirSync(folder)
  const path = join(folder, "bird.png")
  writeFileSync(path, givenFiles().get("bird.png")!)
  return path
}

/** Names that are hard to spell and sort, an empty file and a larger one, among plain ones. */
function makeFiles(root: string): string {
  const files: Record<string, string | Uint8Array> = {
    "empty.bin": "",
    "a b/ünï çødé/☃ & <tag> 100%.txt": "names\n",
    "sort/\u{e000}.txt": "private use\n",
    "sort/\u{1f600}.txt": "astral\n",
    "sort/a-b.txt": "dash\n",
    "sort/a/b.txt": "slash\n",
    "large.bin": Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * at) % 251),
  }
  for (let at = 0; at < 60; at++) files[`many/${at % 6}/${at}.txt`] = `file ${at}\n`.repeat(1 + at)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}
