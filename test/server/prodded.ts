/** A server that is sent things nobody should send, over memory or a folder, and what must hold after each of them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "vitest"
import { createNodePlatform } from "../../src/doors/node.ts"
import { apiKeys } from "../../src/server/server.ts"
import { secretsIn, starKey } from "../secrets.ts"
import { annsKey, basic, bensKey, createSite, log, type Site, secret } from "./site.ts"

export const places = ["memory", "a folder"] as const
export const text = "what ann keeps"
/** What stands in a file beside the registry. */
const canary = "only this machine's owner reads this"
/** Far more than any answer takes, and less than a test may. */
const limitMs = 20_000

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface Prodded {
  readonly site: Site
  /** Of all kinds of askers; one that may use every entity, so that names are what is refused; and nobody's. */
  readonly keys: readonly (string | null)[]
  /** Requests that were sent and answered. */
  readonly sent: number
  /** Sends one, and fails if the answer is late, a server's failure, tells what it must not, or has a header that was asked for. */
  send(path: string, init: RequestInit & { readonly key?: string | null }): Promise<Answered>
  /** Nothing was written but below the registry's folder, and there under names that are the same on every file system. */
  expectContained(): void
  end(): void
}

export async function prodded(place: (typeof places)[number]): Promise<Prodded> {
  const folder = place === "memory" ? undefined : createFolder()
  const site = createSite({
    corsOrigins: ["https://page.example"],
    authenticate: apiKeys({
      [annsKey]: { entity: "ann", username: "ann", entities: ["ann"] },
      [bensKey]: { entity: "ben", username: "ben", entities: ["ben"] },
      [starKey]: { entity: "ann", username: "star", entities: "*" },
    }),
    ...(folder && { registry: createNodePlatform().registry({ dir: folder.dir }) }),
  })
  await log(site, { "a.txt": text })
  const token = (project: string, actions: ("read" | "write" | "delete")[], collection?: string) =>
    site.server.issueToken({ entity: "ann", project, collection, actions, expiresInSeconds: 86_400 })
  const reader = await token("birds", ["read"])
  const narrow = [
    await token("birds", ["write", "delete"]),
    await token("birds", ["read", "write"], "other"),
    await token("else", ["read", "write", "delete"]),
  ]
  const readers: readonly unknown[] = [annsKey, starKey, reader]
  let sent = 0
  return {
    site,
    keys: [annsKey, annsKey, starKey, starKey, bensKey, reader, ...narrow, null, "isofact.a.b"],
    get sent() {
      return sent
    },
    async send(path, init) {
      const answer = site.fetch(path, init)
      const [response, body] = await inTime(
        path,
        answer.then(async (response) => [response, await textOf(response)] as const),
      )
      sent++
      expect([response.status < 500 || response.status === 501, path, init.body, site.told]).toEqual([true, path, init.body, []])
      const headers = [...response.headers]
      expect(headers.filter(([name, value]) => name === "x-evil" || /evil=/i.test(name + value))).toEqual([])
      const whole = `${JSON.stringify(headers)} ${body}`.toLowerCase()
      for (const hidden of [annsKey, bensKey, starKey, secret, basic(annsKey), canary, "root:x:", "node_modules", "src/server"])
        expect(whole).not.toContain(hidden.toLowerCase())
      if (response.status >= 400 && !path.includes("sig=")) expect(secretsIn(body)).toEqual([])
      if (!readers.includes(init.key) && !path.includes("sig=")) expect(body).not.toContain(text)
      return { status: response.status, headers: response.headers, body }
    },
    expectContained: () => folder?.check(),
    end: () => folder?.remove(),
  }
}

function createFolder() {
  const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "isofact-prodded-"))
  const dir = join(root, "deep/er/registry")
  mkdirSync(dir, { recursive: true })
  for (const name of ["passwd", "deep/passwd", "deep/er/passwd", "deep/er/registry/passwd"]) writeFileSync(join(root, name), canary)
  const list = () => readdirSync(root, { recursive: true, encoding: "utf8" })
  const isOurs = (path: string) => path.startsWith("deep/er/registry/.isofact")
  const before = list().sort()
  const check = () => {
    const after = list()
    expect(after.filter((path) => !isOurs(path)).sort()).toEqual(before)
    const names = after.filter(isOurs).flatMap((path) => path.split("/").slice(4))
    expect(names.filter((name) => !/^(?:@tmp|(?!\.+@?$)[a-z0-9%+=~_.-]{1,191}@?)$/.test(name))).toEqual([])
    expect(names.length).toBeGreaterThan(20)
  }
  return { dir, check, remove: () => rmSync(root, { recursive: true, force: true }) }
}

const textOf = (response: Response) => response.text().catch((error) => `broken off: ${String(error)}`)

async function inTime<T>(path: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms: ${path}`)), limitMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** A part of an address; JavaScript's strings may hold what no address can. */
export function encodeSafely(part: string): string {
  return part.isWellFormed() ? encodeURIComponent(part) : "%ED%A0%80"
}
