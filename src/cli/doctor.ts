import { type Answer, exitCodes } from "./answer.ts"
import { checkReference } from "./doctor-reference.ts"
import { checkServer } from "./doctor-server.ts"
import { freeBytes } from "./node-disk.ts"
import { homeOf, isRemotePlace, openEmbedded, registryPlace, type Session } from "./session.ts"
import { count, formatBytes, table } from "./units.ts"

/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
  /** What to do about it. */
  readonly fix?: string | undefined
}

interface DoctorOptions {
  readonly origin?: string
  readonly fsck?: true
  readonly reference?: string
}

const oldestNode = 22
const littleBytes = 1e9
const tooFewBytes = 1e8

/** Every check is made, whatever the others found; any that failed make the exit code 1. */
export async function doctor(session: Session, _: readonly [], options: DoctorOptions): Promise<Answer> {
  const place = registryPlace(session)
  const findings = [checkNode(process.versions.node), checkSpace("disk", isRemotePlace(place) ? "." : homeOf(place))]
  findings.push(await checkCache(session))
  if (isRemotePlace(place)) findings.push(...(await checkServer(session, place, options.origin)))
  else findings.push(await checkStore(session, options))
  if (options.reference !== undefined) findings.push(...(await checkReference(session, options.reference, options.origin)))
  const lines = table(
    findings.flatMap(({ name, status, message, fix }) => [
      [status.padEnd(4), name, message],
      ...(fix === undefined ? [] : [["", "", `-> ${fix}`]]),
    ]),
  )
  const hasFailed = findings.some(({ status }) => status === "fail")
  return { json: { checks: findings }, lines, exitCode: hasFailed ? exitCodes.failed : exitCodes.ok }
}

function checkNode(version: string): Finding {
  const isFine = Number(version.split(".")[0]) >= oldestNode
  const fix = isFine ? undefined : `Install Node ${oldestNode} or newer.`
  return { name: "node", status: isFine ? "ok" : "fail", message: version, fix }
}

function checkSpace(name: string, path: string): Finding {
  const free = freeBytes(path)
  if (free === undefined) return { name, status: "warn", message: "nobody says how much is free", fix: "Look for yourself." }
  const status = free < tooFewBytes ? "fail" : free < littleBytes ? "warn" : "ok"
  const fix = status === "ok" ? undefined : "Make room: isofact cache cleanup --size 0, isofact gc, or another --registry."
  return { name, status, message: `${formatBytes(free)} free`, fix }
}

async function checkCache({ platform, signal }: Session): Promise<Finding> {
  const { name: place, maxBytes } = platform.cache()
  const bytes = await platform.cache().size({ signal })
  const message = `${formatBytes(bytes)} of at most ${formatBytes(maxBytes)} in ${place}`
  const isFine = bytes <= maxBytes
  return { name: "cache", status: isFine ? "ok" : "warn", message, fix: isFine ? undefined : "isofact cache cleanup" }
}

async function checkStore(session: Session, { fsck }: DoctorOptions): Promise<Finding> {
  const { platform, options, signal } = session
  if ((await platform.locate(homeOf(options.registry)))?.kind !== "directory") {
    return {
      name: "store",
      status: "warn",
      message: `no registry in ${options.registry ?? "this directory"}`,
      fix: "Log something.",
    }
  }
  const registry = await openEmbedded(session)
  if (!fsck) {
    let projects = 0
    for await (const _ of registry.projects(undefined, { signal })) projects++
    return { name: "store", status: "ok", message: `${count(projects, "project")}; --fsck hashes every file` }
  }
  const { blobs, bytes, corrupt, damaged } = await registry.fsck({ signal })
  const message = `${count(blobs, "file")} of ${formatBytes(bytes)} hashed`
  if (corrupt.length + damaged.length === 0) return { name: "store", status: "ok", message }
  const first = damaged[0] && `, such as ${damaged[0].path} of ${damaged[0].version}`
  return {
    name: "store",
    status: "fail",
    message: `${message}: ${corrupt.length} are damaged; ${count(damaged.length, "file")} of versions lost${first ?? ""}`,
    fix: "Log the same content again, which stores it anew, or restore the files from a copy.",
  }
}
