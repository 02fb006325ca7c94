/** onProgress: which events come, that each file is done once, and that the sums are right. */
import { Artifact, type ProgressEvent } from "isofact"
import { describe, expect, test } from "vitest"
import { directory, draftOf, fill, fresh, listener, pattern } from "./fresh.ts"

const files = { "a.txt": "aaa", "b.bin": pattern(700_000), "c/d.bin": pattern(300_001), empty: "" }
const totalBytes = 3 + 700_000 + 300_001

/** What holds for every sequence of events of one operation. */
function checkSequence(events: readonly ProgressEvent[]) {
  let filesDone = 0
  let bytesDone = 0
  for (const event of events) {
    expect(event.filesDone).toBeGreaterThanOrEqual(filesDone)
    expect(event.bytesDone).toBeGreaterThanOrEqual(bytesDone)
    if (event.filesTotal !== undefined) expect(event.filesDone).toBeLessThanOrEqual(event.filesTotal)
    if (event.bytesTotal !== undefined) expect(event.bytesDone).toBeLessThanOrEqual(event.bytesTotal)
    filesDone = event.filesDone
    bytesDone = event.bytesDone
  }
  const done = events.filter((event) => event.fileDone).map(({ path, type }) => `${type} ${path}`)
  expect(new Set(done).size).toBe(done.length)
  return { last: events.at(-1)!, done: done.sort() }
}

const ofTypes = (events: readonly ProgressEvent[], ...types: ProgressEvent["type"][]) =>
  events.filter(({ type }) => types.includes(type))

test("addFile hashes one file", async () => {
  const { events, onProgress } = listener()
  await new Artifact("birds", "dataset").addFile(new Blob([files["b.bin"]]), { name: "x/b.bin", onProgress })
  const { last, done } = checkSequence(events)
  expect(done).toEqual(["hash x/b.bin"])
  expect(last).toMatchObject({ filesDone: 1, filesTotal: 1, bytesDone: 700_000, bytesTotal: 700_000 })
})

test("addFile of a stream has no total of bytes", async () => {
  const { events, onProgress } = listener()
  await new Artifact("birds", "dataset").addFile(new Blob(["abc"]).stream(), { name: "a", onProgress })
  expect(checkSequence(events).last).toMatchObject({ filesDone: 1, bytesDone: 3, bytesTotal: undefined })
})

test("addDir hashes every file", async () => {
  const { events, onProgress } = listener()
  const source = new Map(Object.entries(files).map(([path, content]) => [path, new Blob([content])] as const))
  await new Artifact("birds", "dataset").addDir(source, { onProgress })
  const { last, done } = checkSequence(events)
  expect(done).toEqual(["hash a.txt", "hash b.bin", "hash c/d.bin", "hash empty"])
  expect(last).toMatchObject({ filesDone: 4, bytesDone: totalBytes })
})

describe("logArtifact", () => {
  test("stores every file and commits", async () => {
    const { start } = fresh()
    const { events, onProgress } = listener()
    await (await start()).logArtifact(await draftOf("birds", files), { onProgress })
    const { last, done } = checkSequence(events)
    expect(done).toEqual(["commit birds:v0", "store a.txt", "store b.bin", "store c/d.bin", "store empty"])
    expect(last).toMatchObject({ type: "commit", filesDone: 4, filesTotal: 4, bytesDone: totalBytes, bytesTotal: totalBytes })
  })

  test("skips what the registry has, and equal content under a second name", async () => {
    const { start, log } = fresh()
    await log("birds", { "a.txt": "aaa" })
    const { events, onProgress } = listener()
    await (await start()).logArtifact(await draftOf("birds", { "a.txt": "aaa", b: "new", c: "new" }), { onProgress })
    const { last, done } = checkSequence(events)
    expect(done.filter((line) => line.startsWith("skip"))).toHaveLength(2)
    expect(done.filter((line) => line.startsWith("store"))).toHaveLength(1)
    expect(ofTypes(events, "skip")).toMatchObject([{ reason: "stored" }, { reason: "stored" }])
    expect(last).toMatchObject({ type: "commit", filesDone: 3, filesTotal: 3, bytesDone: 9, bytesTotal: 9 })
  })

  test("of content that is a version already only commits", async () => {
    const { start, log } = fresh()
    await log("birds", { a: "a" })
    const { events, onProgress } = listener()
    await (await start()).logArtifact(await draftOf("birds", { a: "a" }), { onProgress })
    expect(events).toMatchObject([{ type: "commit", path: "birds:v0", filesTotal: 0 }])
  })

  test("bytes told one event after the other add up to each file's size", async () => {
    const { start } = fresh()
    const { events, onProgress } = listener()
    await (await start()).logArtifact(await draftOf("birds", { big: pattern(2_000_000) }), { onProgress })
    const stored = ofTypes(events, "store").map(({ bytesDone }) => bytesDone)
    expect(stored.at(-1)).toBe(2_000_000)
    expect(stored.length).toBeGreaterThan(1)
  })
})

describe("download", () => {
  test("writes every file", async () => {
    const artifact = await fresh().log("birds", files)
    const { events, onProgress } = listener()
    await artifact.download(directory(), { onProgress })
    const { last, done } = checkSequence(events)
    expect(done).toEqual(["download a.txt", "download b.bin", "download c/d.bin", "download empty"])
    expect(last).toMatchObject({ filesDone: 4, filesTotal: 4, bytesDone: totalBytes, bytesTotal: totalBytes })
  })

  test("skips what is there, and totals count only what was chosen", async () => {
    const artifact = await fresh().log("birds", { a: "aaa", b: "bb", c: "c" })
    const { events, onProgress } = listener()
    await artifact.download(await fill(directory(), { a: "aaa" }), { onProgress, match: /[ab]/ })
    const { last, done } = checkSequence(events)
    expect(done).toEqual(["download b", "skip a"])
    expect(last).toMatchObject({ filesDone: 2, filesTotal: 2, bytesDone: 5, bytesTotal: 5 })
    expect(ofTypes(events, "skip")).toMatchObject([{ reason: "unchanged" }])
  })

  test("a missing reference that was allowed is skipped as missing", async () => {
    const { start } = fresh()
    const draft = await draftOf("birds", { a: "a" })
    await draft.addReference("ref://elsewhere/r", { name: "r" })
    const { events, onProgress } = listener()
    await (await (await start()).logArtifact(draft)).download(directory(), { onProgress, allowMissingReferences: true })
    expect(ofTypes(events, "skip")).toMatchObject([{ path: "r", reason: "missing" }])
    expect(checkSequence(events).last).toMatchObject({ filesDone: 2, filesTotal: 2 })
  })

  test("of a reference to another artifact, whose size is not recorded, counts its bytes and promises no total", async () => {
    const { start, log } = fresh()
    const draft = await draftOf("picks", { a: "a" })
    await draft.addReference((await log("birds", { r: "12345" })).getEntry("r"))
    const { events, onProgress } = listener()
    await (await (await start()).logArtifact(draft)).download(directory(), { onProgress })
    expect(checkSequence(events).last).toMatchObject({ filesDone: 2, filesTotal: 2, bytesDone: 6, bytesTotal: undefined })
  })
})

test("checkout removes and downloads, each with its own totals", async () => {
  const artifact = await fresh().log("birds", { "x/a": "aaa" })
  const { events, onProgress } = listener()
  await artifact.checkout(await fill(directory(), { x: "in the way", y: "extra" }), { onProgress })
  const removed = checkSequence(ofTypes(events, "remove"))
  expect(removed.done).toEqual(["remove x", "remove y"])
  expect(removed.last).toMatchObject({ filesDone: 2, filesTotal: 2 })
  const written = checkSequence(ofTypes(events, "download", "skip"))
  expect(written.done).toEqual(["download x/a"])
  expect(written.last).toMatchObject({ filesDone: 1, filesTotal: 1, bytesDone: 3, bytesTotal: 3 })
})

test.each([false, true])("verify (stored: %s) hashes every file", async (stored) => {
  const artifact = await fresh().log("birds", { a: "aaa", "x/b": "bb", empty: "" })
  const { events, onProgress } = listener()
  const target = await fill(directory(), { a: "aaa", "x/b": "bb", empty: "" })
  await artifact.verify(stored ? undefined : target, { stored, onProgress })
  const { last, done } = checkSequence(events)
  expect(done).toEqual(["verify a", "verify empty", "verify x/b"])
  expect(last).toMatchObject({ filesDone: 3, filesTotal: 3, bytesDone: 5, bytesTotal: 5 })
})

test("an onProgress that throws makes the operation reject with its error, and it can be repeated", async () => {
  const { start } = fresh()
  const run = await start()
  const draft = await draftOf("birds", { a: "a" })
  const reason = new Error("bad bar")
  const onProgress = () => {
    throw reason
  }
  await expect(run.logArtifact(draft, { onProgress })).rejects.toBe(reason)
  expect((await run.logArtifact(draft)).version).toBe("v0")
})
