import { checkEntityName } from "../core/names.ts"
import { InvalidArgumentError, type Registry } from "../index.ts"
import { addressesOf, listen } from "./node-serve.ts"
import { openOwnServer } from "./own-server.ts"
import { openEmbedded, placeOf, type Session } from "./session.ts"

interface ServeOptions {
  readonly host: string
  readonly port: string
  readonly cors?: readonly string[]
  readonly also?: readonly string[]
  readonly baseUrl?: string
}

/** Serves the registry of a directory until it is told to stop. The key stays in its file: what is printed only says where. */
export async function serve(session: Session, _: readonly [], options: ServeOptions): Promise<undefined> {
  const { signal, platform } = session
  const { host, baseUrl, cors = [] } = options
  const port = portOf(options.port)
  const registry = await openEmbedded(session, { create: true })
  const { keyFile, key, secret } = await openOwnServer(session)
  const { apiKeys, createServer } = await import("../server/server.ts")
  const entities = await entitiesOf(session, registry, options)
  const [entity] = entities
  const server = createServer({
    registry,
    authenticate: apiKeys({ [key]: { entity, username: entity, entities } }),
    secret,
    baseUrl,
    corsOrigins: cors,
    hasher: platform.hasher,
    onError: (error, { requestId }) => session.say(`request ${requestId}: ${error instanceof Error ? error.message : error}`),
  })
  const listening = await listen(server.fetch, { host, port })
  const own = addressesOf(host).map((name) => `http://${name.includes(":") ? `[${name}]` : name}:${listening.port}`)
  const urls = baseUrl === undefined ? own : [baseUrl.replace(/\/$/, "")]
  const json = { url: urls[0], urls, listening: own[0], keyFile, entities, registry: registry.name }
  session.tell({ json, lines: instructions(urls, keyFile, entities, registry.name) })
  if (baseUrl !== undefined) session.say(`Listening at ${own.join(", ")}, to where ${urls[0]} must lead`)
  else if (!isLoopback(host))
    session.say("Everybody who reaches this address can see what is sent: put a proxy with https in front of it")
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
  session.say("Stopping; requests under way may end")
  await listening.close()
  return undefined
}

/** Whose things the key is for, its own first: the others that have a project here, and those that are named. Any other is a misspelt one. */
async function entitiesOf(session: Session, registry: Registry, { also = [] }: ServeOptions): Promise<[string, ...string[]]> {
  const { entity } = await placeOf(session, registry)
  const others = new Set(also.map((name) => checkEntityName(name, "--also")))
  for await (const project of registry.projects(undefined, { signal: session.signal })) others.add(project.entity)
  others.delete(entity)
  return [entity, ...others]
}

function instructions([url, ...others]: readonly string[], keyFile: string, entities: readonly string[], name: string): string[] {
  const key = `"$(cat '${keyFile.replaceAll("'", "'\\''")}')"`
  const elsewhere = others.length === 0 ? [] : ["On other machines, with the key that is in that file:"]
  return [
    `Serving ${name} at ${url}`,
    "Point Python and other clients of W&B here:",
    `  export WANDB_BASE_URL=${url} WANDB_API_KEY=${key}`,
    ...elsewhere,
    ...others.map((other) => `  export WANDB_BASE_URL=${other} WANDB_API_KEY=...`),
    `The key is for the ${entities.length > 1 ? "entities" : "entity"} ${entities.join(", ")}; --also <name> adds another.`,
    "Ctrl-C stops.",
  ]
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError("--port", `--port must be a number from 0 to 65535, got "${text}"`)
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.")
}
