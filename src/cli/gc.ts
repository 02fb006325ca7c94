import type { Answer } from "./answer.ts"
import { openEmbedded, type Session } from "./session.ts"
import { count, formatBytes, parseSeconds } from "./units.ts"

interface GcOptions {
  readonly grace: string
  readonly dryRun?: true
  readonly yes?: true
}

/** Counts first, has that confirmed, then deletes. */
export async function gc(session: Session, _: readonly [], options: GcOptions): Promise<Answer> {
  const { signal } = session
  const registry = await openEmbedded(session)
  const graceMs = parseSeconds("--grace", options.grace) * 1000
  const planned = await registry.gc({ dryRun: true, graceMs, signal })
  if (options.dryRun) return { json: planned, lines: [`would delete ${describe(planned)}`] }
  if (!isEmpty(planned)) {
    session.say(`will delete ${describe(planned)}`)
    await session.confirm(`Delete this from ${registry.name}?`, options.yes)
  }
  const report = await registry.gc({ graceMs, signal })
  return { json: report, lines: [`deleted ${describe(report)}`] }
}

interface Report {
  readonly versionsExpired: number
  readonly pendingDropped: number
  readonly blobsDeleted: number
  readonly bytesFreed: number
}

function isEmpty({ versionsExpired, pendingDropped, blobsDeleted }: Report): boolean {
  return versionsExpired + pendingDropped + blobsDeleted === 0
}

function describe(report: Report): string {
  const { versionsExpired, pendingDropped, blobsDeleted, bytesFreed } = report
  if (isEmpty(report)) return "nothing: every file is needed, or too young"
  const versions = `${count(versionsExpired, "version")} past their time, ${count(pendingDropped, "upload")} given up`
  return `${versions}, ${count(blobsDeleted, "file")} of ${formatBytes(bytesFreed)}`
}
