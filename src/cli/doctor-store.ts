import { collectionPrefix, projectPrefix, versionPrefix } from "../registry/keys.ts"
import { createNodeRecordStore } from "../storage/node-fs-record-store.ts"
import { attempt, type Finding } from "./doctor-finding.ts"
import { probeFolder } from "./node-probe.ts"
import { homeOf, openEmbedded, type Session } from "./session.ts"
import { count, formatBytes } from "./units.ts"

const writing =
  "Move a file that is in the way, see that you may write there and that the disk is not full, or choose another place"

/** What is in the cache, and whether it can be written. */
export function checkCache({ platform, signal }: Session): Promise<readonly Finding[]> {
  const name = "cache"
  return attempt({ name, fix: `${writing} with WANDB_CACHE_DIR.` }, signal, async () => {
    const { name: place, maxBytes } = platform.cache()
    probeFolder(place)
    const bytes = await platform.cache().size({ signal })
    const message = `${formatBytes(bytes)} of at most ${formatBytes(maxBytes)} in ${place}`
    const isFine = bytes <= maxBytes
    return { name, status: isFine ? "ok" : "warn", message, fix: isFine ? undefined : "isofact cache cleanup" }
  })
}

/** Whether the registry of a directory can be written and read; with `fsck` all that it stores. */
export async function checkStore(session: Session, { fsck }: { readonly fsck?: true }): Promise<readonly Finding[]> {
  const { platform, options, signal } = session
  const name = "store"
  const home = homeOf(options.registry)
  const place = await platform.locate(home)
  if (place === undefined) {
    const message = `no registry in ${options.registry ?? "this directory"}`
    return [{ name, status: "warn", message, fix: "Log something." }]
  }
  const probes = [home, `${home}/blobs`, `${home}/records`].slice(0, place.kind === "file" ? 1 : 3)
  const fix = `${writing} with --registry.`
  const probe = (path: string) =>
    attempt({ name, fix }, signal, () => {
      probeFolder(path, { links: true })
      return []
    })
  const troubles = (await Promise.all(probes.map(probe))).flat()
  const check = () => (fsck ? hashStore(session) : readRecords(session, home))
  const found = place.kind === "file" ? [] : await attempt({ name, fix: recordFix }, signal, check)
  return [...troubles, ...found.filter(({ status }) => troubles.length === 0 || status !== "ok")]
}

const recordFix = "Restore .isofact/records from a copy; what only these records knew cannot be made again."

async function readRecords({ signal }: Session, home: string): Promise<Finding[]> {
  const records = createNodeRecordStore(`${home}/records`)
  const unreadable: string[] = []
  const onDamaged = (error: unknown) => unreadable.push((error as Error).message)
  let projects = 0
  for await (const _ of records.list(projectPrefix(undefined), { signal, onDamaged })) projects++
  for (const prefix of [collectionPrefix, versionPrefix]) for await (const _ of records.list(prefix, { signal, onDamaged }));
  if (unreadable.length > 0) return [damagedRecords(unreadable)]
  return [{ name: "store", status: "ok", message: `${count(projects, "project")}; --fsck hashes every file` }]
}

async function hashStore(session: Session): Promise<Finding[]> {
  const { signal } = session
  const name = "store"
  const { blobs, bytes, corrupt, damaged, unreadable } = await (await openEmbedded(session)).fsck({ signal })
  const records = unreadable.length > 0 ? [damagedRecords(unreadable)] : []
  const message = `${count(blobs, "file")} of ${formatBytes(bytes)} hashed`
  if (corrupt.length + damaged.length === 0) return [...records, { name, status: "ok", message }]
  const first = damaged[0] && `, such as ${damaged[0].path} of ${damaged[0].version}`
  const lost = `${message}: ${corrupt.length} are damaged; ${count(damaged.length, "file")} of versions lost${first ?? ""}`
  const fix = "Log the same content again, which stores it anew, or restore the files from a copy."
  return [...records, { name, status: "fail", message: lost, fix }]
}

function damagedRecords(unreadable: readonly string[]): Finding {
  const message = `${count(unreadable.length, "record")} cannot be read, such as: ${unreadable[0]}`
  return { name: "records", status: "fail", message, fix: recordFix }
}
