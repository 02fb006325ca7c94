/** A registry with something of everything that pages show, and a browser without a window. */
import { Artifact, init } from "../../src/index.ts"
import type { Registry } from "../../src/ports.ts"
import { secret } from "../secrets.ts"
import { annsKey, createSite, origin, type Site } from "./site.ts"

/** A picture of 2 × 2 pixels. */
export const png = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVR4nGP4z8DwHwyBNBDAAAAGJAL/q8AvXQAAAABJRU5ErkJggg=="),
  (char) => char.charCodeAt(0),
)

const table = {
  _type: "table",
  columns: ["id", "picture", "score"],
  data: [
    [1, { _type: "image-file", path: "media/images/robin.png", sha256: "0" }, 0.93],
    [2, null, { nested: true }],
  ],
  ncols: 3,
  nrows: 2,
}

interface Log {
  readonly files: Readonly<Record<string, string | Uint8Array | object>>
  readonly references?: Readonly<Record<string, string>>
  readonly type?: string
  readonly aliases?: readonly string[]
  readonly tags?: readonly string[]
  readonly description?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Names of versions that the run used. */
  readonly uses?: readonly string[]
  readonly run?: string
  readonly project?: string
}

/** Logs a version by a run of its own. */
export async function logVersion(registry: Registry, name: string, log: Log): Promise<Artifact> {
  const { files, references = {}, type = "dataset", project = "birds" } = log
  const run = await init({
    registry,
    project,
    ...(log.run !== undefined && { id: log.run, name: `the ${log.run} run` }),
    jobType: "train",
    tags: ["night"],
    config: { rate: 0.01, layers: [64, 32], nested: { deep: true } },
  })
  for (const used of log.uses ?? []) await run.useArtifact(used)
  const artifact = new Artifact(name, type, {
    ...(log.description !== undefined && { description: log.description }),
    ...(log.metadata !== undefined && { metadata: log.metadata }),
  })
  for (const [path, content] of Object.entries(files)) {
    const source = content instanceof Uint8Array || typeof content === "string" ? content : JSON.stringify(content)
    await artifact.addFile(typeof source === "string" ? new Blob([source]) : source, { name: path })
  }
  for (const [path, uri] of Object.entries(references)) await artifact.addReference(uri, { name: path, checksum: false })
  await run.logArtifact(artifact, { aliases: [...(log.aliases ?? [])], tags: [...(log.tags ?? [])] })
  await artifact.wait()
  await run.finish()
  return artifact
}

export async function populate(registry: Registry): Promise<void> {
  await logVersion(registry, "field", {
    run: "gather",
    files: { "a.csv": 'name,count\nrobin,3\n"wren, winter",11\n', "gone.txt": "gone", "notes/readme.md": "# Field notes\n" },
    metadata: { hz: 44100, site: { name: "marsh", depth: 2 } },
  })
  await logVersion(registry, "field", {
    run: "gather-more",
    files: {
      "a.csv": 'name,count\nrobin,4\n"wren, winter",11\n',
      "bin/data.bin": Uint8Array.from({ length: 64 }, (_, at) => at),
      "empty.txt": "",
      "media/images/robin.png": png,
      "media/audio/call.wav": "RIFF",
      "media/videos/flight.mp4": "mp4",
      "notes/readme.md": "# Field notes\n",
      "rows.tsv": "a\tb\n1\t2\n",
      "settings.json": { rate: 1, list: [1, 2] },
      "seen.table.json": table,
    },
    references: { "web.html": "https://birds.example/list?a=1&b=2", raw: "s3://bucket/raw" },
    description: "Field season, all sites.\nSecond line.",
    metadata: { hz: 48000, site: { name: "marsh" }, added: "yes" },
    aliases: ["best"],
    tags: ["spring", "raw data"],
  })
  const model = await logVersion(registry, "classifier", {
    run: "train",
    type: "model",
    uses: ["field:v0", "field:v1"],
    files: { "weights.txt": "0 1 1 0" },
  })
  await logVersion(registry, "report", { run: "judge", type: "report", uses: ["field:best"], files: { "report.md": "fine" } })
  await model.link("ann/wandb-registry-model/birds", { aliases: ["production"] })
}

/** What a browser does with pages: keeps one cookie, follows what it is told. */
export interface Visitor {
  get(address: string): Promise<Response>
  text(address: string): Promise<string>
  post(address: string, form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Response>
  signIn(key?: string): Promise<Response>
  cookie: string | undefined
}

export function createVisitor(site: Pick<Site, "server">, base = origin): Visitor {
  const send = async (address: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (visitor.cookie !== undefined) headers.set("cookie", `other=1; ${visitor.cookie}`)
    const response = await site.server.fetch(new Request(new URL(address, base), { ...init, headers, redirect: "manual" }))
    const cookie = response.headers.get("set-cookie")?.split(";")[0]
    if (cookie !== undefined) visitor.cookie = secret(cookie)
    return response
  }
  const visitor: Visitor = {
    cookie: undefined,
    get: (address) => send(address),
    text: async (address) => (await send(address)).text(),
    post: (address, form, headers = { "sec-fetch-site": "same-origin" }) =>
      send(address, { method: "POST", body: new URLSearchParams(form), headers }),
    signIn: (key = annsKey) => visitor.post("/login", { key, to: "/" }),
  }
  return visitor
}

/** A site that holds something, and Ann who is signed in. */
export async function inhabited(): Promise<{ site: Site; ann: Visitor }> {
  const site = createSite()
  await populate(site.registry)
  const ann = createVisitor(site)
  await ann.signIn()
  return { site, ann }
}
