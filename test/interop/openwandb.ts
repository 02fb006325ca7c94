/**
 * A W&B-compatible server that others wrote, PyPI's `openwandb`: what it offers works with our client, and what it lacks is refused in
 * words, so that nobody takes for stored what is not.
 */

import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { createServer } from "node:net"
import { join } from "node:path"
import { Api, Artifact, init, isArtifactError, type Registry } from "isofact"
import { wandb } from "isofact/wandb"
import type { Group, Peer } from "./group.ts"

/** The one that it makes for its first user. */
const KEY = "local0000000000000000000000000000000000000000"
const START_MS = 30_000

export async function checkOpenwandb({ python, dir }: Peer, group: Group): Promise<void> {
  await using server = await startOpenwandb(python, dir)
  if (server.url === undefined) return group.note("left out: openwandb is not installed in this Python")
  const registry = wandb({ apiKey: KEY, baseUrl: server.url, project: "garden", retries: 1 })
  await checkRuns(group, registry)
  const lacking = await checkArtifacts(group, registry)
  group.note(`openwandb ${server.version}; runs work${lacking.length === 0 ? "" : `; refused in words: ${lacking.join(", ")}`}`)
}

async function checkRuns(group: Group, registry: Registry): Promise<void> {
  const { entity, project } = await registry.defaults()
  group.same([entity, project], ["default", "garden"], "its defaults")
  const run = await init({
    registry,
    id: "ours",
    name: "Our run",
    tags: ["a", "b"],
    config: { lr: 0.1, deep: { list: [1, null] } },
  })
  const api = new Api({ registry })
  const started = await api.run("ours")
  group.same([started.state, started.name], ["running", "Our run"], "a run")
  group.same([started.tags, started.config], [["a", "b"], { lr: 0.1, deep: { list: [1, null] } }], "its tags and config")
  await run.finish()
  group.same((await api.run("default/garden/ours")).state, "finished", "a run that was finished")
  const none = await api.run("none").catch((error) => error.code)
  group.same(none, "ENTRY_NOT_FOUND", "a run that is not there")
}

/** @returns what this version of it cannot do */
async function checkArtifacts(group: Group, registry: Registry): Promise<string[]> {
  const api = new Api({ registry })
  const run = await init({ registry, id: "logger" })
  const artifact = new Artifact("birds", "dataset", { metadata: { answer: 42 } })
  await artifact.addFile(new TextEncoder().encode("a wren\n"), { name: "wren.txt" })
  const again = new Artifact("birds", "dataset")
  await again.addFile(new TextEncoder().encode("a wren\n"), { name: "wren.txt" })
  const found = () => api.artifact("birds:latest")
  // In this order: what is found later is what an earlier step logged.
  const steps: Readonly<Record<string, () => Promise<unknown>>> = {
    "log and read back": async () => {
      await run.logArtifact(artifact)
      await artifact.wait()
      return (await found()).getEntry("wren.txt").text()
    },
    deduplication: async () => {
      await run.logArtifact(again)
      return (await again.wait()).version
    },
    find: async () => (await found()).version,
    download: async () => (await (await found()).verify(undefined, { stored: true })).verified,
    aliases: async () => Object.assign(await found(), { aliases: ["shown"] }).save(),
    attributes: async () => Object.assign(await found(), { description: "Birds." }).save(),
    use: async () => run.useArtifact("birds:latest"),
    "used by, logged by": async () => [await (await found()).usedBy(), await (await found()).loggedBy()],
    "types, collections": async () => [
      await Array.fromAsync(api.artifactTypes()),
      await Array.fromAsync(api.artifactCollections()),
    ],
    versions: async () => Array.fromAsync(api.artifacts("dataset", "birds")),
    link: async () => (await found()).link("best"),
    delete: async () => (await found()).delete({ deleteAliases: true }),
  }
  const expected: Readonly<Record<string, unknown>> = {
    "log and read back": "a wren\n",
    deduplication: "v0",
    find: "v0",
    download: 1,
  }
  const lacking: string[] = []
  for (const [name, step] of Object.entries(steps)) {
    try {
      const value = await step()
      group.check(!(name in expected) || value === expected[name], () => `${name} answered ${JSON.stringify(value)} without a word`)
    } catch (error) {
      lacking.push(name)
      checkWords(group, name, error)
    }
  }
  await run.finish()
  return lacking
}

/** One clear error: typed, of the registry, naming the operation, and without the key. */
function checkWords(group: Group, name: string, error: unknown): void {
  const isClear = isArtifactError(error) && error.code === "REGISTRY" && error.details.operation !== undefined
  group.check(isClear && error.message.includes(error.details.operation!), () => `${name}: ${String(error)}`)
  group.check(!String((error as Error).stack).includes(KEY), () => `${name}: the error tells the key`)
}

interface Started extends AsyncDisposable {
  /** Undefined when this Python has no openwandb. */
  readonly url: string | undefined
  readonly version: string
}

async function startOpenwandb(python: string, dir: string): Promise<Started> {
  const version = await outputOf(
    spawn(python, ["-c", "import importlib.metadata as m; print(m.version('openwandb'))"], { stdio: ["ignore", "pipe", "ignore"] }),
  )
  const home = join(dir, "openwandb")
  mkdirSync(home, { recursive: true })
  if (version === "") return { url: undefined, version, [Symbol.asyncDispose]: async () => undefined }
  const port = await freePort()
  const server = spawn(python, ["-m", "openwandb", "serve", "--host", "127.0.0.1", "--port", String(port), "--data-dir", home], {
    cwd: home,
    stdio: "ignore",
    env: { PATH: process.env.PATH, HOME: home },
  })
  const url = `http://127.0.0.1:${port}`
  await awaitAnswer(server, url)
  const ended = new Promise((resolve) => server.once("exit", resolve))
  return {
    url,
    version,
    [Symbol.asyncDispose]: async () => {
      server.kill()
      await ended
    },
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = ""
  child.stdout!.setEncoding("utf8").on("data", (part) => (text += part))
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve))
  return text.trim()
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

async function awaitAnswer(server: ChildProcess, url: string): Promise<void> {
  for (const start = Date.now(); Date.now() - start < START_MS; ) {
    if (server.exitCode !== null) throw new Error(`openwandb ended with exit code ${server.exitCode}`)
    const answers = await fetch(`${url}/login`).then(
      () => true,
      () => false,
    )
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  server.kill()
  throw new Error("openwandb does not answer")
}
