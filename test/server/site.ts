/** A server over a registry in memory, with two tenants, and what its clients do. */
import { createJsHasher } from "../../src/bytes/js-hasher.ts"
import { digestToHex } from "../../src/core/digest-text.ts"
import type { Registry } from "../../src/ports.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { apiKeys, createServer, type Server, type ServerOptions } from "../../src/server/server.ts"
import { createMemoryBlobStore, createMemoryRecordStore } from "../../src/storage/memory.ts"
import { clientId, type Files, manifestOf, md5Of } from "../registry/publish.ts"
import { annsKey, bensKey, secret as isSecret, siteSecret } from "../secrets.ts"

export { annsKey, bensKey, siteSecret as secret }

export const origin = "http://site.test"

export const basic = (key: string) => `Basic ${btoa(`api:${key}`)}`

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what it holds depends on the query.
  readonly data: any
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[] }[] | undefined
  readonly response: Response
}

export interface Site {
  readonly server: Server
  readonly registry: Registry
  /** What `onError` was told. */
  readonly told: unknown[]
  /** Milliseconds since the epoch; set it to travel. */
  clock: { at: number }
  fetch(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>
  gql(query: string, variables?: object, key?: string | null): Promise<Answer>
}

export function createSite(options: Partial<ServerOptions> = {}): Site {
  const clock = { at: Date.now() }
  const hasher = createJsHasher()
  const blobs = createMemoryBlobStore({ hasher })
  const now = () => clock.at
  const registry =
    options.registry ?? createEmbeddedRegistry({ records: createMemoryRecordStore(), blobs, entity: "ann", project: "birds", now })
  const told: unknown[] = []
  const authenticate = apiKeys({
    [annsKey]: { entity: "ann", username: "ann", entities: ["ann"] },
    [bensKey]: { entity: "ben", username: "ben", entities: ["ben"] },
  })
  const made = createServer({ registry, secret: siteSecret, authenticate, now, onError: (error) => told.push(error), ...options })
  const server: Server = { ...made, issueToken: async (options) => isSecret(await made.issueToken(options)) }
  const fetch: Site["fetch"] = (path, { key, ...init } = {}) => {
    const headers = new Headers(init.headers)
    if (key) headers.set("authorization", basic(key))
    return server.fetch(new Request(path.startsWith("/") ? origin + path : path, { ...init, headers }))
  }
  const gql: Site["gql"] = async (query, variables, key = annsKey) => {
    const body = JSON.stringify({ query, operationName: "", ...(variables && { variables }) })
    const response = await fetch("/graphql", { method: "POST", body, key, headers: { "content-type": "application/json" } })
    const { data, errors } = (await response.clone().json()) as { data: unknown; errors: Answer["errors"] }
    return { status: response.status, data, errors, response }
  }
  return { server, registry, told, clock, fetch, gql }
}

export interface Logged {
  readonly id: string
  readonly state: string
  /** Uploads that were asked for. */
  readonly sent: number
  /** Every signed address that was handed out. */
  readonly urls: readonly string[]
}

export interface LogOptions {
  readonly entity?: string
  readonly project?: string
  readonly collection?: string
  readonly key?: string
  readonly input?: object
  readonly kind?: "FULL" | "INCREMENTAL" | "PATCH"
  readonly commit?: boolean
}

export const createArtifactQuery = `mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } } }`
export const createFilesQuery = `mutation ($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node {
  storagePath uploadUrl uploadHeaders artifact { id } uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }`
export const createManifestQuery = `mutation ($input: CreateArtifactManifestInput!, $up: Boolean!) { createArtifactManifest(input: $input) {
  artifactManifest { id file { id uploadUrl @include(if: $up) uploadHeaders @include(if: $up) } } } }`
export const commitQuery = "mutation ($id: ID!) { commitArtifact(input: { artifactID: $id }) { artifact { id digest } } }"

export function artifactInput(
  files: Files,
  { entity = "ann", project = "birds", collection = "field", input = {} }: LogOptions = {},
) {
  return {
    ...{ entityName: entity, projectName: project, artifactTypeName: "dataset", artifactCollectionName: collection },
    ...{ digest: manifestOf(files).digest(), digestAlgorithm: "MANIFEST_MD5", clientID: clientId() },
    aliases: [{ alias: "latest", artifactCollectionName: collection }],
    ...input,
  }
}

/** Everything that wandb-core does to log a version. Throws at the first answer that is no success. */
export async function log(site: Site, files: Files, options: LogOptions = {}): Promise<Logged> {
  const { key = annsKey, kind = "FULL", entity = "ann", project = "birds" } = options
  const ask = async (query: string, variables: object) => need(await site.gql(query, variables, key))
  const { id, state } = (await ask(createArtifactQuery, { input: artifactInput(files, options) })).createArtifact.artifact
  if (state === "COMMITTED") return { id, state, sent: 0, urls: [] }
  const urls: string[] = []
  const specs = Object.entries(files).map(([name, text]) => ({ artifactID: id, name, md5: md5Of(text) }))
  const { edges } = (await ask(createFilesQuery, { input: { artifactFiles: specs, storageLayout: "V2" } })).createArtifactFiles
    .files
  for (const [at, text] of Object.values(files).entries()) {
    const { uploadUrl, uploadHeaders } = edges[at].node
    if (uploadUrl === null) continue
    urls.push(uploadUrl)
    await put(site, uploadUrl, uploadHeaders, text)
  }
  const sent = urls.length
  const manifest = manifestOf(files).encode()
  const slot = {
    artifactID: id,
    name: "m",
    digest: md5Of(manifest),
    entityName: entity,
    projectName: project,
    runName: "r",
    type: kind,
  }
  const { file } = (await ask(createManifestQuery, { input: slot, up: true })).createArtifactManifest.artifactManifest
  urls.push(file.uploadUrl)
  await put(site, file.uploadUrl, file.uploadHeaders, manifest)
  if (options.commit !== false) await ask(commitQuery, { id })
  return { id, state, sent, urls }
}

async function put(site: Site, url: string, lines: readonly string[], body: string): Promise<void> {
  const response = await site.fetch(url, { method: "PUT", body, headers: headersOf(lines) })
  if (!response.ok) throw new Error(`PUT answered ${response.status}: ${await response.text()}`)
}

export const headersOf = (lines: readonly string[]) =>
  Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]))

/** The data of an answer that must be a success. */
export function need({ status, data, errors }: Answer) {
  if (status !== 200 || errors !== undefined) throw new Error(`GraphQL answered ${status}: ${JSON.stringify(errors)}`)
  return data
}

const fileUrlsQuery = `query ($entity: String!, $project: String!, $collection: String!, $alias: String!, $names: [String!]) {
  project(name: $project, entityName: $entity) { artifactCollection(name: $collection) { artifactMembership(aliasName: $alias) {
    files(names: $names) { totalCount edges { node { name directUrl } } } } } } }`

/** The address of a file of `ann/birds/field`. */
export async function fileUrl(site: Site, name: string, alias = "latest"): Promise<string> {
  const place = { entity: "ann", project: "birds", collection: "field" }
  const data = need(await site.gql(fileUrlsQuery, { ...place, alias, names: [name] }))
  return data.project.artifactCollection.artifactMembership.files.edges[0].node.directUrl
}

export const hexOf = (text: string) => digestToHex(md5Of(text))
