/** What the tests of this folder share: places to work in, worlds opened as a new process would, child processes, trees on disk. */
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type BuildOptions, build } from "esbuild"
import { Api, type Artifact, type Digest, init, type Json } from "isofact"
import { onTestFinished } from "vitest"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createNodePlatform } from "../../src/doors/node.ts"
import type { EmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createNodeBlobStore, createNodeRecordStore, createNodeTransfer } from "../../src/storage/node-fs.ts"
import { lookAt } from "../leaks.ts"

// Each world opened here stages as a process of its own, and tidies up as this one exits.
process.setMaxListeners(0)

/** Where flushing costs nothing, for tests that are about order and not about the disk. */
export const memoryDisk = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

/** An empty folder, removed after the test. */
export function tempFolder(base = tmpdir()): string {
  const path = mkdtempSync(join(base, "isofact-durability-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The runtime's defaults with nothing remembered, as a process that has just started would have them. */
export function openWorld(dir: string) {
  const platform = createNodePlatform()
  const registry = platform.registry({ dir }) as EmbeddedRegistry
  return {
    platform,
    registry,
    api: (project: string) => new Api({ registry, platform, project }),
    init: (project: string) => init({ registry, platform, project }),
  }
}

export const md5Hex = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex")
export const md5Base64 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("base64")

/** What W&B calls the digest of an artifact, worked out without the code under test. ASCII paths only. */
export function artifactDigest(tree: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...tree.keys()].sort().map((path) => `${path}:${md5Base64(tree.get(path)!)}\n`)
  return md5Hex(`wandb-artifact-manifest-v1\n${lines.join("")}`)
}

/** Where the blob store of a registry directory keeps content. */
export function blobPath(dir: string, bytes: Uint8Array | string): string {
  const hex = md5Hex(bytes)
  return join(dir, ".isofact", "blobs", "md5", hex.slice(0, 2), hex.slice(2))
}

/** Every file below `path` by its relative name; nothing when there is no such directory. Links are not followed. */
export function filesBelow(path: string, prefix = ""): string[] {
  let entries: ReturnType<typeof listDirectory>
  try {
    entries = listDirectory(join(path, prefix))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
  return entries.flatMap((entry) => {
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`
    return entry.isDirectory() ? filesBelow(path, name) : [name]
  })
}

const listDirectory = (path: string) => readdirSync(path, { withFileTypes: true })

/** Everything below `path`, contents and links and empty folders too, as one comparable value. */
export function snapshotTree(path: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = Object.create(null)
  for (const { name } of listDirectory(join(path, prefix))) {
    const relative = prefix === "" ? name : `${prefix}/${name}`
    const stat = lstatSync(join(path, relative))
    if (stat.isSymbolicLink()) found[relative] = `link to ${readlinkSync(join(path, relative))}`
    else if (stat.isDirectory()) Object.assign(found, { [relative]: "folder" }, snapshotTree(path, relative))
    else found[relative] = md5Hex(readFileSync(join(path, relative)))
  }
  return found
}

/** The entries of a version, read back through every byte. */
export async function readTree(artifact: Artifact): Promise<Record<string, string>> {
  const tree: Record<string, string> = Object.create(null)
  for (const path of (await artifact.loadManifest()).entries.keys()) tree[path] = await artifact.getEntry(path).text()
  return tree
}

/** Numbers that look random and are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `<name>.ts` of this folder and all it imports as one file, so that a child starts in a tenth of the time. */
export async function bundleChild(name: string): Promise<string> {
  const outfile = join(tempFolder(), `${name}.mjs`)
  const entry = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const root = fileURLToPath(new URL("../..", import.meta.url))
  const options = {
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["isofact-source"],
    absWorkingDir: root,
  } satisfies BuildOptions
  await build({ ...options, entryPoints: [entry], outfile, logLevel: "error" })
  return outfile
}

export interface Child {
  readonly process: ChildProcess
  /** All lines it has written so far. */
  readonly lines: string[]
  /** Resolves with the first line that starts with `text`; rejects when the child ends without. */
  line(text: string): Promise<string>
  /** Resolves when the process has ended and all it wrote has been read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }>
}

export function startChild(script: string, args: readonly (string | number)[]): Child {
  const child = spawn(process.execPath, [script, ...args.map(String)], { stdio: ["pipe", "pipe", "pipe"] })
  // A test that fails half-way must not leave a writer behind.
  onTestFinished(() => void child.kill("SIGKILL"))
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text))
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line)
    wake()
  })
  const ended = new Promise<Awaited<Child["ended"]>>((resolve) => {
    child.on("close", (code, signal) => {
      lookAt([...lines, stderr].join("\n"), basename(script))
      resolve({ code, signal, stderr })
    })
  })
  ended.then(() => setImmediate(wake))
  const line = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((candidate) => candidate.startsWith(text))
        if (found === undefined && child.exitCode === null && child.signalCode === null) return
        waiting.delete(look)
        if (found === undefined) reject(new Error(`the child ended without "${text}": ${stderr}`))
        else resolve(found)
      }
      waiting.add(look)
      look()
    })
  return { process: child, lines, line, ended }
}

/** Gives a logged version another manifest behind everybody's back: paths and texts, as they are. */
export async function plantManifest(dir: string, artifact: Artifact, contents: readonly (readonly [path: string, text: string])[]) {
  const { records, blobs } = openStores(dir)
  const entries = contents.map(([path, text]) => [path, { digest: md5Base64(text), size: Buffer.byteLength(text) }] as const)
  const envelope = { version: 1, storagePolicy: "wandb-storage-policy-v1", storagePolicyConfig: { storageLayout: "V2" } }
  const bytes = new TextEncoder().encode(JSON.stringify({ ...envelope, contents: Object.fromEntries(entries) }))
  const digest = md5Base64(bytes) as Digest
  const content = {
    stability: "frozen" as const,
    size: bytes.length,
    stream: () => new Blob([bytes]).stream(),
    bytes: async () => bytes,
  }
  await blobs.put(digest, content)
  const key = `artifacts/${Buffer.from(artifact.id!, "base64").toString().split(":")[1]}`
  const record = (await records.get(key))!
  await records.put(key, { ...(record.value as { [key: string]: Json }), manifest: digest }, record.etag)
}

/** The stores of a registry directory, for whoever wants to meddle with them. */
export function openStores(dir: string) {
  const transfer = createNodeTransfer({ hasher: createNodeHasher() })
  const home = join(dir, ".isofact")
  return { records: createNodeRecordStore(join(home, "records")), blobs: createNodeBlobStore(join(home, "blobs"), { transfer }) }
}
