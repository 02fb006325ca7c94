import { type Answer, exitCodes } from "./answer.ts"
import type { Finding } from "./doctor-finding.ts"
import { checkReference } from "./doctor-reference.ts"
import { checkServer } from "./doctor-server.ts"
import { checkCache, checkStore } from "./doctor-store.ts"
import { freeBytes } from "./node-disk.ts"
import { homeOf, isRemotePlace, registryPlace, type Session } from "./session.ts"
import { formatBytes, table } from "./units.ts"

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
  findings.push(...(await checkCache(session)))
  findings.push(...(await (isRemotePlace(place) ? checkServer(session, place, options.origin) : checkStore(session, options))))
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
