import { storedEntry } from "../artifact/read.ts"
import { Manifest, type Membership, type Registry } from "../index.ts"
import { manifestUrl } from "../wandb/fetching-documents.ts"
import { causeOf } from "./connection.ts"
import { askServer, fetchSoon, type Server } from "./doctor-ask.ts"
import { attempt, type Finding } from "./doctor-finding.ts"
import { openRegistry, type Session } from "./session.ts"

const name = "files"
const fix =
  "Tell the server by which address clients reach it (serve --base-url, baseUrl of createServer), and let a proxy before it pass all paths on."

/** Whether the addresses that the server gives for files lead to them, and what a page of the server's `origin` may do there. */
export async function checkAddress(session: Session, server: Server): Promise<readonly Finding[]> {
  const { signal } = session
  let address: string | undefined
  const found = await attempt({ name, fix }, signal, async () => {
    address = await findAddress(session, server)
    return {
      name,
      status: "ok",
      message: address === undefined ? "none is stored yet to try" : `can be had at ${placeOf(address)}`,
    }
  })
  const { origin } = server
  if (address === undefined || origin === undefined) return found
  const url = address
  return [...found, ...(await attempt({ name: corsName, fix: corsFix(origin) }, signal, () => checkPage(url, origin, signal)))]
}

/** Of a file of the first version there is; of its manifest, if that is all it has. @throws Error when an address leads nowhere */
async function findAddress(session: Session, server: Server): Promise<string | undefined> {
  const { signal } = session
  const registry = await openRegistry({ ...session, say() {} })
  const member = await findVersion(registry, signal)
  if (member === undefined) return undefined
  const { collection: ref, index, version } = member
  const answer = await askServer(server, { query: manifestUrl.text, variables: { id: version.id } }, signal)
  const { data } = (await answer.json()) as { data?: { artifact?: { currentManifest?: { file?: { directUrl?: string } } } } }
  const address = data?.artifact?.currentManifest?.file?.directUrl
  if (address === undefined) throw new Error(`the server gives no address for the manifest of ${ref.collection}:v${index}`)
  const manifest = Manifest.decode(await (await get(address, {}, signal)).text())
  const file = [...manifest.entries.values()].find(({ ref }) => ref === undefined)
  if (file === undefined || registry.fileUrl === undefined) return address
  const { entity, project, collection } = ref
  const url = await registry.fileUrl({ entity, project, collection, index, id: version.id }, storedEntry(file), { signal })
  await (await get(url, {}, signal)).body?.cancel()
  return url
}

async function findVersion(registry: Registry, signal: AbortSignal): Promise<Membership | undefined> {
  for await (const project of registry.projects(undefined, { signal })) {
    for await (const collection of registry.collections(project, undefined, { signal })) {
      for await (const member of registry.versions(collection, { signal })) return member
    }
  }
  return undefined
}

const corsName = "files cors"
const corsFix = (origin: string) =>
  `Let the store of the files allow ${origin} with GET and PUT, and list ETag in Access-Control-Expose-Headers.`

async function checkPage(url: string, origin: string, signal: AbortSignal): Promise<Finding> {
  const place = placeOf(url)
  const isAllowed = ({ headers }: Response) => ["*", origin].includes(headers.get("access-control-allow-origin") ?? "")
  const finding = (status: Finding["status"], message: string): Finding =>
    status === "ok" ? { name: corsName, status, message } : { name: corsName, status, message, fix: corsFix(origin) }
  const wanted = { "access-control-request-method": "PUT", "access-control-request-headers": "content-type,content-md5" }
  const preflight = await fetchSoon(url, { method: "OPTIONS", headers: { origin, ...wanted } }, signal)
  if (!isAllowed(preflight)) return finding("fail", `pages of ${origin} are refused at ${place}`)
  const methods = preflight.headers.get("access-control-allow-methods") ?? ""
  if (!/\bPUT\b|\*/i.test(methods)) return finding("fail", `pages of ${origin} may not upload to ${place} with PUT`)
  const answer = await get(url, { origin }, signal)
  await answer.body?.cancel()
  if (!isAllowed(answer)) return finding("fail", `pages of ${origin} may not download from ${place}`)
  const exposed = answer.headers.get("access-control-expose-headers") ?? ""
  if (!/\betag\b|\*/i.test(exposed))
    return finding("warn", `pages do not see ETags of ${place}, so large uploads in parts fail there`)
  return finding("ok", `pages of ${origin} may upload to ${place}, and download`)
}

/** @throws Error that tells the place and not the address: who has that has the file */
async function get(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  const answer = await fetchSoon(url, { headers }, signal).catch((cause) => {
    signal.throwIfAborted()
    throw new Error(`an address of a file, at ${placeOf(url)}, does not answer (${causeOf(cause)})`)
  })
  if (answer.ok) return answer
  await answer.body?.cancel()
  throw new Error(`an address of a file, at ${placeOf(url)}, answers ${answer.status}`)
}

const placeOf = (url: string) => new URL(url).origin
