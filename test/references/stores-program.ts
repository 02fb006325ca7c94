/** What each runtime does with references to the stores of clouds; {@link ./stores-runtimes.test.ts} compares what comes of it. */
import { Artifact, type Entry, isArtifactError, type ReferenceEntry, type ReferenceHandler } from "isofact"
import { readAll } from "../../src/bytes/hash-stream.ts"
import { azureReferences } from "../../src/references/azure.ts"
import { gcsReferences } from "../../src/references/gcs.ts"
import { s3References } from "../../src/references/s3.ts"
import type { Outcomes } from "./in-runtimes.ts"

export interface World {
  readonly s3: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { accessKeyId: string; secretAccessKey: string }
  }
  readonly gcs: {
    readonly endpoint: string
    readonly credentials: { client_email: string; private_key: string; token_uri: string }
  }
  readonly azure: { readonly endpoint: string; readonly account: string; readonly accountKey: string }
  /** A folder of each store that holds `a.txt` and `b c.txt`. */
  readonly folders: { readonly s3: string; readonly gcs: string; readonly azure: string }
}

export async function exercise({ s3, gcs, azure, folders }: World): Promise<Outcomes> {
  const outcomes: Outcomes = {}
  const wrong = { accessKeyId: s3.credentials.accessKeyId, secretAccessKey: "hush" }
  const stores = {
    s3: [s3References(s3), s3References({ ...s3, credentials: wrong })],
    gcs: [gcsReferences(gcs), gcsReferences({ endpoint: gcs.endpoint, token: "hush" })],
    azure: [azureReferences(azure), azureReferences({ ...azure, accountKey: btoa("hush") })],
  } as const
  for (const [name, [handler, refused]] of Object.entries(stores)) {
    const folder = folders[name as keyof World["folders"]]
    const attempt = async (what: string, work: () => Promise<unknown>) => {
      outcomes[`${name}: ${what}`] = await work().catch(describeError)
    }
    await attempt("a folder", async () => (await track(handler, folder)).map(({ path, size }) => [path, size]))
    await attempt("one object", async () => (await track(handler, `${folder}/a.txt`)).map(({ path, size }) => [path, size]))
    await attempt("nothing", () => track(handler, `${folder}/nothing`))
    await attempt("wrong keys", () => track(refused, `${folder}/a.txt`))
    const [entry] = await track(handler, `${folder}/b c.txt`)
    await attempt("whole", () => read(handler, entry!))
    await attempt("a part", () => read(handler, entry!, { start: 2, end: 5 }))
    const { extra: _, ...unversioned } = entry!
    await attempt("changed", () => read(handler, { ...unversioned, digest: "other" }))
    await attempt("gone", () => read(handler, { ...unversioned, ref: `${entry!.ref}.old` }))
  }
  return outcomes
}

async function track(handler: ReferenceHandler, uri: string): Promise<Entry[]> {
  const artifact = new Artifact("birds", "dataset", { platform: { references: [handler] } })
  await artifact.addReference(uri)
  return [...artifact.manifest.entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function read(handler: ReferenceHandler, entry: Entry, range?: { start: number; end: number }): Promise<string> {
  const { content } = await handler.open(entry as ReferenceEntry)
  return new TextDecoder().decode(await readAll(content, { range }))
}

function describeError(error: unknown): string {
  const text = String(error) + JSON.stringify(error) + String((error as Error).cause)
  return `${isArtifactError(error) ? error.code : (error as Error).name}${/hush/.test(text) ? ", which leaks" : ""}`
}
