/** What Linux tells of the processes that a test started. */
import { readdirSync, readFileSync } from "node:fs"

interface Process {
  readonly id: number
  readonly parent: number
  /** Its arguments, the program first. */
  readonly command: readonly string[]
}

/** The processes that `isFirst` picks and all that they started. */
export function familyOf(isFirst: (process: Process) => boolean): number[] {
  const processes = readdirSync("/proc").flatMap((name): Process[] => {
    const id = Number(name)
    const parent = /^PPid:\s*(\d+)/m.exec(readProcess(id, "status"))?.[1]
    return parent === undefined ? [] : [{ id, parent: Number(parent), command: readProcess(id, "cmdline").split("\0") }]
  })
  const family = processes.filter(isFirst).map(({ id }) => id)
  for (const id of family) family.push(...processes.filter(({ parent }) => parent === id).map((child) => child.id))
  return family
}

/** Resident bytes of these processes together; memory that they share counts once for each. */
export function residentBytes(processes: readonly number[]): number {
  const kibibytes = processes.map((id) => Number(/^VmRSS:\s*(\d+)/m.exec(readProcess(id, "status"))?.[1] ?? 0))
  return kibibytes.reduce((sum, count) => sum + count, 0) * 1024
}

function readProcess(id: number, file: string): string {
  try {
    return Number.isInteger(id) ? readFileSync(`/proc/${id}/${file}`, "utf8") : ""
  } catch {
    return ""
  }
}
