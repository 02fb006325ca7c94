/** What the benchmark needs around its measurements: files to measure with, child processes, a file server, medians, a table. */

import { spawn } from "node:child_process"
import { createHash, randomFillSync } from "node:crypto"
import { once } from "node:events"
import { chmodSync, createReadStream, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

/** `[path, base64 MD5, bytes]`, what a manifest says of a file. */
export type FileLine = readonly [path: string, digest: string, size: number]

/** `count` files of random bytes, a hundred to a directory. */
export function makeTree(root: string, count: number, bytes: number): FileLine[] {
  const content = Buffer.alloc(bytes)
  return Array.from({ length: count }, (_, at) => {
    const directory = `d${String(Math.floor(at / 100)).padStart(3, "0")}`
    const path = `${directory}/f${String(at).padStart(5, "0")}.bin`
    if (at % 100 === 0) mkdirSync(join(root, directory), { recursive: true })
    writeFileSync(join(root, path), randomFillSync(content))
    return [path, createHash("md5").update(content).digest("base64"), bytes]
  })
}

/** A file without holes whose every MiB is different. */
export async function makeLargeFile(path: string, bytes: number): Promise<void> {
  const piece = randomFillSync(Buffer.alloc(2 ** 20))
  const file = await open(path, "w")
  for (let at = 0; at < bytes; at += piece.length) {
    piece.writeDoubleLE(at, 0)
    await file.write(piece, 0, Math.min(piece.length, bytes - at))
  }
  await file.close()
}

/** Runs a child in `cwd` to its end and gives the JSON of its last line. Rejects with what it wrote to stderr. */
export async function runChild(
  cwd: string,
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const child = spawn(command, args, { cwd, signal, stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (text) => {
    stdout += text
  })
  child.stderr.on("data", (text) => {
    stderr = (stderr + text).slice(-3000)
  })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout.trim().split("\n").at(-1)!)
}

/**
 * Gives back the disk space of a scratch directory. Its files stay, empty: ext4 is many times slower at making files for some minutes
 * after many were removed, and the next rival would pay for that.
 */
export function emptyFiles(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, 0o600)
    truncateSync(path)
  }
}

/** Lets the disk finish what one rival wrote before the other starts. */
export async function settle(): Promise<void> {
  await once(
    spawn("sync", { stdio: "ignore" }).on("error", () => {}),
    "close",
  )
}

/** Serves the files below `root` over HTTP; both rivals download from here. */
export async function serveFiles(root: string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = join(root, decodeURIComponent(new URL(request.url!, "http://bench").pathname))
    const stat = statSync(path, { throwIfNoEntry: false })
    response.writeHead(stat === undefined ? 404 : 200, { "content-length": stat?.size ?? 0 })
    if (stat === undefined) response.end()
    else createReadStream(path).pipe(response)
  })
  server.keepAliveTimeout = 60_000
  await once(server.listen(0, "127.0.0.1"), "listening")
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** One line of the table; every column but the first is `width` wide and flush right. */
export function formatRow([title, ...cells]: readonly string[], titleWidth: number, width = 16): string {
  return `${title!.padEnd(titleWidth)}${cells.map((cell) => cell.padStart(width)).join("")}`.trimEnd()
}
