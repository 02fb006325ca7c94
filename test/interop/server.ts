/** The real Python client against our server: what it does, reads back and leaves in its logs, and what isofact then finds. */

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Api } from "isofact"
import type { Group, Peer } from "./group.ts"
import { entriesOf, factsOf, type VersionFacts } from "./wire-facts.ts"
import { ENTITY, type Host, type Seen, startGateway, startHost } from "./wire-host.ts"
import { type PythonOptions, runCommand, runPeer } from "./wire-python.ts"

interface LogFacts {
  readonly tour: VersionFacts
  readonly grown: VersionFacts["entries"]
  readonly shared: VersionFacts["entries"]
}
interface ReadFacts {
  readonly downloaded: VersionFacts
  readonly draft: VersionFacts
  readonly collection: { readonly name: string; readonly type: string; readonly description: string; readonly tags: string[] }
}
type Start = (name: string, more?: Partial<PythonOptions>) => PythonOptions

export async function checkServer(peer: Peer, group: Group): Promise<void> {
  await using host = await startHost(peer.dir)
  await checkHost(peer, group, host)
}

/** The same with a gateway between them. */
export async function checkGateway(peer: Peer, group: Group): Promise<void> {
  await using host = await startGateway(peer.dir)
  await checkHost(peer, group, host)
}

async function checkHost({ python, dir }: Peer, group: Group, host: Host): Promise<void> {
  const start: Start = (name, more = {}) => ({
    ...{ python, to: host, dir: join(dir, name) },
    ...more,
    env: { INTEROP_REFERENCE: host.reference, ...more.env },
  })
  const api = new Api({ registry: host.registry, entity: ENTITY, project: "garden" })
  const dedup = [/"tour" already exists with the same content/, /Using experimental arg `incremental`/]
  await checkLogged(group, api, await runPeer<LogFacts>(group, "log", start("log", { expect: dedup })))
  const [read] = await Promise.all([
    runPeer<ReadFacts>(
      group,
      "read",
      // A version with aliases is not deleted, 409.
      start("read", { expect: [/Deleting a link artifact will only unlink/, /skipped verification of 2 refs/, refusedWith(409)] }),
    ),
    // What this server has not, and what a registry does not take.
    runPeer(
      group,
      "registries",
      start("registries", {
        env: { WANDB_PROJECT: "aviary" },
        expect: [
          refusedWith(501),
          refusedWith(400),
          refusedWith(403),
          refusedWith(404),
          refusedWith(409),
          /is a registry|it is for the entities/,
          /run not yet initialized/,
        ],
      }),
    ),
  ])
  await checkRead(group, api, read)
  // 0.30 is not done with a run whose process was killed when it has to end.
  const killed = /Serve\(\) returned error","error":"forced shutdown"/
  await runPeer(group, "runs", start("runs", { expect: [refusedWith(400), /Symlinked 1 file/, killed] }))
  await checkRace(group, api, start)
  await checkCommands(group, api, start)
  await checkOffline(group, start)
  checkSeen(group, host)
}

/** A line of wandb-core's log; that nothing else was refused is for checkSeen to say. */
const refusedWith = (status: number) => new RegExp(`"api: HTTP error","status":${status},`)

async function checkLogged(group: Group, api: Api, { tour, grown, shared }: LogFacts): Promise<void> {
  const found = await api.artifact("tour:v0")
  const expected = { ...tour, aliases: ["again", "first"] }
  group.same(factsOf(found), expected, "tour:v0")
  group.same(found.ttl, { days: 30 }, "its ttl")
  group.same((await found.loggedBy())?.id, "logger", "its run")
  await found.verify(undefined, { stored: true })
  group.same(entriesOf((await api.artifact("grown:v1")).manifest), grown, "the incremental version")
  group.same(entriesOf((await api.artifact("shared:v0")).manifest), shared, "the version of three writers")
}

async function checkRead(group: Group, api: Api, { downloaded, draft, collection }: ReadFacts): Promise<void> {
  group.same(
    factsOf(await api.artifact("tour:v0")),
    { ...downloaded, aliases: ["again"] },
    "tour:v0, after all that was done to it",
  )
  group.same({ ...factsOf(await api.artifact("tour:v2")) }, draft, "tour:v2")
  group.same(await api.artifactExists("tour:v1"), false, "tour:v1, deleted")
  const found = await api.artifactCollection("archive", "grown-up")
  const { name, type, description, tags } = found
  group.same({ name, type, description, tags }, collection, "the collection")
  group.same(await api.artifactExists("grown:v1"), false, "under its old name")
}

/** Two processes log into one collection at once: every version is there once, and numbered without a gap. */
async function checkRace(group: Group, api: Api, start: Start): Promise<void> {
  const racers = await Promise.all(
    ["0", "1"].map((which) =>
      runPeer<{ versions: string[] }>(group, "race", start(`racer${which}`, { env: { INTEROP_RACER: which } })),
    ),
  )
  const made = racers.flatMap(({ versions }) => versions ?? [])
  const numbered = Array.from({ length: 8 }, (_, at) => `v${at}`)
  group.same(made.toSorted(), numbered, "versions that two processes made at once")
  const contents = new Set<string>()
  for await (const artifact of api.artifacts("dataset", "contested")) {
    await artifact.verify(undefined, { stored: true })
    contents.add(await artifact.getEntry("mine.txt").text())
  }
  group.same(contents.size, numbered.length, "different contents among them")
}

async function checkCommands(group: Group, api: Api, start: Start): Promise<void> {
  const { dir } = start("commands")
  mkdirSync(join(dir, "nest"), { recursive: true })
  writeFileSync(join(dir, "nest", "egg.txt"), "an egg\n")
  const named = ["--name", "birds/garden/nest", "--type", "dataset", "--alias", "latest", "--alias", "laid"]
  await runCommand(group, ["artifact", "put", "nest", ...named, "--description", "A nest."], start("commands"))
  const found = await api.artifact("nest:laid")
  group.same([found.description, [...found.manifest.entries.keys()]], ["A nest.", ["egg.txt"]], "wandb artifact put")
  const [, listed] = await Promise.all([
    runCommand(group, ["artifact", "get", "birds/garden/nest:laid", "--root", "got"], start("commands")),
    runCommand(
      group,
      ["artifact", "ls", "birds/garden"],
      start("lists", { expect: [/Api.artifact_versions\(type_name, name\) is deprecated/] }),
    ),
  ])
  const egg = join(dir, "got", "egg.txt")
  group.same(existsSync(egg) && readFileSync(egg, "utf8"), "an egg\n", "wandb artifact get")
  const lines = `${listed.stdout}${listed.stderr}`
  for (const name of ["nest:v0", "tour:v2", "weights:v0", "contested:v7"]) {
    group.check(lines.includes(name), () => `wandb artifact ls does not list ${name}: ${lines}`)
  }
}

/** A run without a server, sent later: it names no entity, which then means the key's own. */
async function checkOffline(group: Group, start: Start): Promise<void> {
  const options = start("offline", { env: { WANDB_MODE: "offline", WANDB_ENTITY: "" } })
  await runPeer(group, "offline", options)
  const runs = globSync("runs/wandb/offline-run-*", { cwd: options.dir })
  group.same(runs.length, 1, "offline runs")
  await runCommand(group, ["sync", ...runs.map((run) => join(options.dir, run))], start("sync"))
  await runPeer(group, "offline-read", start("offline-read"))
}

/** What clients ask for knowing that it may be refused. */
const refusals: readonly ((seen: Seen) => boolean)[] = [
  // Python asks whether the server takes telemetry; 404 and 405 say no.
  ({ path, status }) => path.startsWith("/sdk/otel/") && (status === 404 || status === 405),
  // isofact asks whether a part is there before it sends it.
  ({ method, path, status }) => method === "HEAD" && path === "/storage/part" && status === 404,
  ({ operation, refusal }) => operation === "DeleteArtifact" && /alias/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "LinkArtifact" && /type|There is no registry/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "UpsertBucket" && /is a registry|it is for the entities/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "RunFullHistory" && /keeps no history/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "GetSweeps" && /has no sweeps/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "UpsertRegistry" && /restricted/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "RenameRegistry" && /already; choose another name/.test(refusal ?? ""),
  ({ operation, refusal }) => operation === "CreateRegistryMembers" && /keeps no members/.test(refusal ?? ""),
]

export function checkSeen(group: Group, { seen }: Host): void {
  for (const request of seen) {
    const isFine = request.status < 400 && request.refusal === undefined
    group.check(isFine || refusals.some((known) => known(request)), () => `a refused request: ${JSON.stringify(request)}`)
  }
  const operations = new Set(seen.flatMap(({ operation }) => operation ?? []))
  group.note(`${seen.length} requests, ${operations.size} operations`)
}
