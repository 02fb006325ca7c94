/** Over the wire, the client dies at any moment, or the server does; versions are whole or not there, and a rerun sends what is missing. */
import { setTimeout as sleep } from "node:timers/promises"
import { Artifact, init, isArtifactError } from "isofact"
import { expect, onTestFinished, test } from "vitest"
import { artifactDigest, bundleChild, createRandom, md5Hex, openWorld, startChild, tempFolder } from "./support.ts"
import { treeOf } from "./trees.ts"
import { connect, project, serveFolder } from "./wire.ts"

const kills = 52
const serverKills = 52

/** Every version of the collection, oldest first, each proven byte by byte. */
async function readVersions(dir: string, from: number): Promise<Artifact[]> {
  const found: Artifact[] = []
  try {
    for await (const artifact of openWorld(dir).api(project).artifacts("dataset", "tree")) found.unshift(artifact)
  } catch (error) {
    if (!isArtifactError(error) || error.code !== "ENTRY_NOT_FOUND") throw error
  }
  expect(found.map(({ version }) => version)).toEqual(Array.from(found, (_, at) => `v${at}`))
  for (const artifact of found.slice(from)) {
    const { lane, round } = artifact.metadata as { lane: string; round: number }
    const tree = treeOf(lane, round)
    expect(artifact.digest).toBe(artifactDigest(tree))
    expect((await artifact.verify(undefined, { stored: true })).verified).toBe(tree.size)
  }
  return found
}

/** A `fetch` that notes which bodies went up, by their MD5. */
function counting() {
  const sent: string[] = []
  const fetch = async (request: Request) => {
    if (request.method === "PUT") sent.push(md5Hex(new Uint8Array(await request.clone().arrayBuffer())))
    return globalThis.fetch(request)
  }
  return { sent, fetch }
}

test(`${kills} clients killed at random moments leave only whole versions, and reruns send only what is missing`, async () => {
  const seed = Date.now() % 1e9
  const random = createRandom(seed)
  const dir = tempFolder()
  const server = await serveFolder(dir)
  onTestFinished(() => server.close())
  const script = await bundleChild("child-wire-client")
  const { sent, fetch } = counting()
  const world = await init({ registry: connect(server.port, { fetch }), project })
  const met = { partial: 0, unheard: 0 }
  let next = 0
  let known = 0
  for (let kill = 0; kill < kills; kill++) {
    const child = startChild(script, [server.port, "a", next])
    await child.line(kill % 3 === 0 ? "ready" : kill % 3 === 1 ? "begin" : "storing")
    await sleep(random() * (kill % 3 === 2 ? 40 : 150))
    child.process.kill("SIGKILL")
    const { stderr } = await child.ended
    expect(stderr).toBe("")
    const done = child.lines.filter((line) => line.startsWith("done")).length
    // What the dead had asked for may still be on its way.
    await sleep(30)
    const visible = await readVersions(dir, known)
    const mine = visible.filter(({ metadata }) => metadata.lane === "a").length
    expect([next + done, next + done + 1], `seed ${seed}`).toContain(mine)
    const round = next + done
    if (mine > round) met.unheard++

    const tree = treeOf("a", round)
    const draft = new Artifact("tree", "dataset", { metadata: { lane: "a", round } })
    for (const [path, bytes] of tree) await draft.addFile(bytes, { name: path })
    sent.length = 0
    let skipped = 0
    await world.logArtifact(draft, { onProgress: ({ type }) => void (type === "skip" && skipped++) })
    expect(draft.version).toBe(`v${round}`)
    // Each file at most once; what is there is not sent.
    expect(new Set(sent).size).toBe(sent.length)
    if (mine > round) expect(sent).toEqual([])
    if (sent.length > 1 && skipped > tree.size - 6) met.partial++
    next = round + 1
    known = next
  }
  await readVersions(dir, 0)
  expect(met.partial, `seed ${seed}`).toBeGreaterThan(0)
}, 240_000)

test(`a server killed ${serverKills} times and started again: clients go on, and everything is there`, async () => {
  const dir = tempFolder()
  const script = await bundleChild("child-wire-server")
  let server = startChild(script, [dir, 0])
  const port = Number((await server.line("listening")).split(" ")[1])
  const registry = connect(port, { retries: 40 })
  let isOver = false
  let logged = 0
  const logAll = async () => {
    const run = await init({ registry, project })
    for (let round = 0; !isOver || round < 3; round++) {
      const draft = new Artifact("tree", "dataset", { metadata: { lane: "b", round } })
      for (const [path, bytes] of treeOf("b", round)) await draft.addFile(bytes, { name: path })
      await run.logArtifact(draft)
      expect(draft.version).toBe(`v${round}`)
      logged++
    }
  }
  const logging = logAll()
  logging.catch(() => undefined)
  for (let kill = 0; kill < serverKills; kill++) {
    await sleep(20 + Math.random() * 250)
    server.process.kill("SIGKILL")
    await server.ended
    server = startChild(script, [dir, port])
    await server.line("listening")
  }
  isOver = true
  await logging
  expect(logged).toBeGreaterThan(2)
  expect(await readVersions(dir, 0)).toHaveLength(logged)
}, 240_000)
