/** What is measured, and against whom. A group runs its rivals in turn; its rows say which numbers of theirs face each other. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type ObjectServer, serveObjects } from "./object-server.ts"
import { emptyFiles, makeLargeFile, makeTree, serveFiles } from "./support.ts"

/** What one child process measured: seconds, MB/s or MiB by name. */
export type Sample = Readonly<Record<string, number>>

export interface Row {
  readonly title: string
  readonly unit: "s" | "MB/s" | "MiB" | "requests"
  readonly ours: string
  /** The rival's number, or why it has none. */
  readonly rival?: string
  readonly missing?: string
  readonly goal?: string
}

export interface Group {
  readonly name: string
  readonly rows: readonly Row[]
  ours(): Promise<Sample>
  /** The rival reads S3, which wandb does by boto3. */
  readonly needsBoto?: boolean
  rival?(): Promise<Sample>
  /** The rival needs Python's wandb. */
  readonly isPython?: boolean
  readonly rounds?: number
  prepare?(): Promise<void> | void
  tidy?(): void
}

export interface Bench {
  readonly work: string
  readonly isQuick: boolean
  readonly hasLarge: boolean
  /** A fresh ours.ts, working in a directory of its own, or in `store`, which is kept for the next. */
  ours(args: readonly string[], store?: string): Promise<Sample>
  /** A fresh rival.py. */
  python(args: readonly string[]): Promise<Sample>
}

type Policy = "mutable" | "immutable"

export function createGroups(bench: Bench): Group[] {
  const trees = bench.isQuick
    ? [
        [1000, 8192],
        [100, 2 ** 20],
      ]
    : [
        [10_000, 8192],
        [1000, 2 ** 20],
      ]
  return [
    hashGroup(bench),
    ...trees.flatMap(([count, bytes]) => treeGroups(bench, count!, bytes!)),
    manifestGroup(bench),
    downloadGroup(bench),
    referencesGroup(bench),
    tablesGroup(bench),
    ...(bench.hasLarge ? [largeGroup(bench)] : []),
  ]
}

function hashGroup(bench: Bench): Group {
  const row = (title: string, key: string): Row => ({
    title: `hash ${title}; rival: node:crypto`,
    unit: "MB/s",
    ours: key,
    rival: key,
  })
  return {
    name: "hash",
    rows: [row("one stream", "stream"), row("files of 8 KiB", "small"), row("files of 1 MiB", "large")],
    ours: () => bench.ours(["hash", "isofact"]),
    rival: () => bench.ours(["hash", "crypto"]),
  }
}

function treeGroups(bench: Bench, count: number, bytes: number): Group[] {
  const label = `${count.toLocaleString("en")} × ${bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`}`
  const tree = join(bench.work, `tree-${count}`)
  const files = lazily(() => makeTree(tree, count, bytes))
  const perPolicy = (policy: Policy): Group[] => {
    const options = [tree, "--policy", policy]
    const logged = join(bench.work, `logged-${count}-${policy}`)
    return [
      {
        name: `addDir-${count}-${policy}`,
        isPython: true,
        rows: [{ title: `addDir ${label}, ${policy}`, unit: "s", ours: "addDir", rival: "addDir", goal: "5×" }],
        prepare: () => void files(),
        ours: () => bench.ours(["add-dir", ...options]),
        rival: () => bench.python(["add-dir", ...options]),
      },
      {
        name: `log-${count}-${policy}`,
        rows: [{ title: `log ${label}, ${policy}, after addDir`, unit: "s", ours: "log", missing: "needs a server" }],
        prepare: () => void files(),
        ours: () => bench.ours(["log", ...options]),
      },
      {
        name: `relog-${count}-${policy}`,
        isPython: true,
        rows: [
          {
            title: `log again unchanged ${label}, ${policy}; rival: addDir and digest`,
            unit: "s",
            ours: "relog",
            rival: "relog",
            goal: "20×",
          },
        ],
        prepare: async () => {
          files()
          await bench.ours(["log", ...options], logged)
        },
        ours: () => bench.ours(["relog", ...options], logged),
        rival: () => bench.python(["relog", ...options]),
        tidy: () => emptyFiles(logged),
      },
    ]
  }
  return [...perPolicy("mutable"), ...perPolicy("immutable")]
}

/** Python's share is a fifth of the entries, to stay patient, and its numbers are scaled. */
function manifestGroup(bench: Bench): Group {
  const count = bench.isQuick ? 100_000 : 1_000_000
  const row = (key: string, goal?: string): Row => {
    const shown: Row = { title: `manifest of ${count.toLocaleString("en")}: ${key}`, unit: "s", ours: key, rival: key }
    return goal === undefined ? shown : { ...shown, goal }
  }
  return {
    name: "manifest",
    isPython: true,
    rows: [
      row("build", "10×"),
      row("digest"),
      row("encode"),
      row("decode", "10×"),
      { title: "manifest: peak memory above idle", unit: "MiB", ours: "peak", rival: "peak" },
    ],
    ours: () => bench.ours(["manifest", String(count)]),
    rival: async () => {
      const sample = await bench.python(["manifest", String(count / 5)])
      return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, value * 5]))
    },
  }
}

function downloadGroup(bench: Bench): Group {
  const count = bench.isQuick ? 1000 : 10_000
  const tree = join(bench.work, "tree-download")
  const list = join(bench.work, "download.json")
  const logged = join(bench.work, "logged-download")
  let server: Awaited<ReturnType<typeof serveFiles>> | undefined
  const row = (title: string, key: string, rival = key): Row => {
    return { title: `download ${count.toLocaleString("en")} × 8 KiB, ${title}`, unit: "s", ours: key, rival, goal: "3×" }
  }
  return {
    name: "download",
    isPython: true,
    rows: [
      row("cold: over HTTP, empty cache", "cold"),
      row("warm: full cache, empty target", "warm"),
      row("embedded registry; rival: warm", "embedded", "warm"),
    ],
    prepare: async () => {
      writeFileSync(list, JSON.stringify(makeTree(tree, count, 8192)))
      await bench.ours(["log", tree, "--policy", "immutable"], logged)
      writeFileSync(join(tree, "one"), "1") // what ours.ts warms up with
      server = await serveFiles(tree)
    },
    ours: () => bench.ours(["download", server!.url], logged),
    rival: () => bench.python(["download", list, "--base-url", server!.url]),
    tidy: () => {
      server?.close()
    },
  }
}

/** Python asks for every object by itself, so its share is a tenth of them, to stay patient, and its numbers are scaled. */
function referencesGroup(bench: Bench): Group {
  const count = bench.isQuick ? 10_000 : 100_000
  let many: ObjectServer | undefined
  let few: ObjectServer | undefined
  const row = (title: string, key: string, unit: Row["unit"]): Row => {
    return { title: `references to ${count.toLocaleString("en")} objects of a bucket: ${title}`, unit, ours: key, rival: key }
  }
  const counted = async (server: ObjectServer, work: Promise<Sample>): Promise<Sample> => {
    const sample = await work
    return { ...sample, requests: server.takeRequests() }
  }
  return {
    name: "references",
    isPython: true,
    needsBoto: true,
    rows: [row("time", "seconds", "s"), row("asked", "requests", "requests"), row("peak memory above idle", "peak", "MiB")],
    prepare: async () => {
      many = await serveObjects(count)
      few = await serveObjects(count / 10)
    },
    ours: () => counted(many!, bench.ours(["references", many!.url])),
    rival: async () => {
      const sample = await counted(few!, bench.python(["references", few!.url]))
      return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, value * 10]))
    },
    tidy: () => {
      many?.close()
      few?.close()
    },
  }
}

/** Python gets its rows as the list it wants, which is built before the clock starts; ours come one by one. */
function tablesGroup(bench: Bench): Group {
  const count = bench.isQuick ? 100_000 : 1_000_000
  const row = (title: string, key: string, unit: Row["unit"], goal: string): Row => {
    return { title: `table of ${count.toLocaleString("en")} × 10: ${title}`, unit, ours: key, rival: key, goal }
  }
  return {
    name: "tables",
    isPython: true,
    rows: [
      row("write", "write", "s", "3×"),
      row("read every row", "read", "s", "3×"),
      row("peak memory above idle", "peak", "MiB", "10×"),
    ],
    ours: () => bench.ours(["table", String(count)]),
    rival: () => bench.python(["table", String(count)]),
  }
}

function largeGroup(bench: Bench): Group {
  const bytes = (bench.isQuick ? 1 : 16) * 256 * 2 ** 20
  const label = `one file of ${bytes / 2 ** 20} MiB`
  const file = join(bench.work, "large.bin")
  const logged = join(bench.work, "logged-large")
  const row = (title: string, ours: string, unit: Row["unit"], goal = ""): Row => ({
    title: `${label}: ${title}`,
    unit,
    ours,
    goal,
  })
  return {
    name: "large",
    rounds: 1,
    rows: [
      row("addFile and log", "log", "s"),
      row("its peak memory above idle", "logPeak", "MiB", "< 120 MB"),
      row("download", "download", "s"),
      row("its peak memory above idle", "downloadPeak", "MiB", "< 120 MB"),
    ],
    prepare: () => makeLargeFile(file, bytes),
    ours: async () => {
      mkdirSync(logged, { recursive: true })
      const log = await bench.ours(["large-log", file], logged)
      const download = await bench.ours(["large-download"], logged)
      return { ...log, ...download }
    },
    tidy: () => {
      for (const path of [file, logged]) rmSync(path, { recursive: true, force: true })
    },
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
