import { InvalidArgumentError, type Registry } from "../index.ts"
import { type SyncReport, sync } from "../sync/sync.ts"
import { type Answer, exitCodes } from "./answer.ts"
import { isRemotePlace, openRegistry, type Session } from "./session.ts"
import { count, formatBytes } from "./units.ts"

interface SyncOptions {
  readonly to: string
  readonly into?: string
  readonly match?: RegExp
  readonly concurrency?: number
}

/** From the registry of `--registry` to that of `--to`. What could not be copied is listed, and the exit code is 1. */
export async function syncRegistries(session: Session, _: readonly [], options: SyncOptions): Promise<Answer> {
  const { signal, bar, platform } = session
  const { to: place, match, concurrency } = options
  const from = await openRegistry(session)
  const to = await openRegistry({ ...session, options: {} }, { place, create: true })
  const where = await placesOf(session, from, to, options)
  const report = await sync({ from, to, ...where, match, concurrency, platform, onProgress: bar.onProgress, signal })
  const { failures } = report
  const lines = [describe(report)]
  for (const { path, error } of failures) lines.push(`not copied: ${path}: ${error.message}`)
  const json = { ...report, failures: failures.map(({ path, error }) => ({ path, message: error.message })) }
  return { json, lines, exitCode: failures.length > 0 ? exitCodes.failed : exitCodes.ok }
}

/** `sent 2 versions, 1 link and 1 run, 3.4 MB; 1 version was there already` */
function describe({ versions, links, runs, bytes }: SyncReport): string {
  const sent = [
    [versions.sent, "version"],
    [links.sent, "link"],
    [runs.sent, "run"],
  ] as const
  const parts = sent.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun))
  const last = parts.pop()
  const list = parts.length > 0 ? `${parts.join(", ")} and ${last}` : last
  const there = `${count(versions.present, "version")} ${versions.present === 1 ? "was" : "were"} there already`
  return `${list === undefined ? "nothing to send" : `sent ${list}, ${formatBytes(bytes)}`}; ${there}`
}

/**
 * Which part goes where. A registry of one's own calls its entity "local", which is nobody's name on a server: when it has no other, that
 * one becomes the server's own.
 */
async function placesOf({ options, signal }: Session, from: Registry, to: Registry, { to: place, into }: SyncOptions) {
  const { entity, project } = options
  if (into !== undefined) {
    const [toEntity, toProject, ...others] = into.split("/")
    if (others.length === 0 && toEntity) return { entity, project, into: { entity: toEntity, project: toProject } }
    throw new InvalidArgumentError("--into", `--into must be entity or entity/project, got "${into}"`)
  }
  if (entity !== undefined || !isRemotePlace(place)) return { entity, project }
  const own = (await from.defaults({ signal })).entity
  for await (const other of from.projects(undefined, { signal })) if (other.entity !== own) return { entity, project }
  return { entity: own, project, into: { entity: (await to.defaults({ signal })).entity } }
}
