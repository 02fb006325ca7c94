import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"

/** Counts what one group of checks found. */
export interface Group {
  readonly title: string
  readonly failures: readonly string[]
  readonly passed: number
  /** One more check; `describe` is called only when it failed. */
  check(ok: boolean, describe: () => string): void
  same(actual: unknown, expected: unknown, what: string): void
  /** Words for the group's line. */
  note(text: string): void
  readonly notes: readonly string[]
}

export function createGroup(title: string): Group {
  const failures: string[] = []
  const notes: string[] = []
  let passed = 0
  const check = (ok: boolean, describe: () => string) => {
    if (ok) passed++
    else failures.push(describe())
  }
  return {
    title,
    failures,
    notes,
    get passed() {
      return passed
    },
    check,
    same: (actual, expected, what) =>
      check(isDeepStrictEqual(actual, expected), () => `${what}: isofact ${show(actual)}, Python ${show(expected)}`),
    note: (text) => notes.push(text),
  }
}

const show = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

export interface Peer {
  /** The program. */
  readonly python: string
  /** A scratch directory, which the peer knows too. */
  readonly dir: string
  /** Runs one command of peer.py and gives what it wrote to `file` there. Throws with Python's own words. */
  run<T>(command: string, file: string, args?: Record<string, number>): T
}

export function createPeer(python: string, dir: string): Peer {
  const script = fileURLToPath(new URL("peer.py", import.meta.url))
  return {
    python,
    dir,
    run(command, file, args = {}) {
      const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
      const { status, stderr, error } = spawnSync(python, ["-B", script, command, dir, ...flags], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      })
      if (error) throw error
      if (status !== 0) throw new Error(`peer.py ${command} failed (${status}):\n${stderr.slice(-3000)}`)
      return JSON.parse(readFileSync(join(dir, file), "utf8"))
    },
  }
}
