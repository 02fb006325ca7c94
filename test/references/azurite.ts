import { type ChildProcessByStdio, spawn } from "node:child_process"
import { createHash, createHmac } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import { secret } from "../secrets.ts"

export interface Azurite {
  readonly account: string
  readonly accountKey: string
  /** `http://127.0.0.1:<port>/<account>`. */
  readonly endpoint: string
  createContainer(name: string, headers?: Record<string, string>): Promise<void>
  /** Stores a blob with its MD5 and gives its ETag without quotes. */
  put(path: string, body: string, headers?: Record<string, string>): Promise<string>
  /** Any other request that a test prepares its world with. */
  send(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<Headers>
  /** The query of a signature that allows this, by default reading and listing. */
  sas(permissions?: string): string
  stop(): void
}

const account = "birds"
const accountKey = secret(createHash("sha512").update("birds").digest("base64"))

/** The real blob server of Azurite on a free port, in memory, with its telemetry off. */
export async function startAzurite(): Promise<Azurite> {
  const dir = mkdtempSync(join(tmpdir(), "isofact-azurite-"))
  const program = fileURLToPath(new URL("../../node_modules/azurite/dist/src/blob/main.js", import.meta.url))
  const flags = [
    "--inMemoryPersistence",
    "--disableTelemetry",
    "--silent",
    "--skipApiVersionCheck",
    "--blobHost",
    "127.0.0.1",
    "--blobPort",
    "0",
  ]
  const env = { ...process.env, AZURITE_ACCOUNTS: `${account}:${accountKey}` }
  const server = spawn(process.execPath, [program, ...flags], { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] })
  process.once("exit", () => server.kill())
  const endpoint = `${await readAddress(server)}/${account}`

  const send: Azurite["send"] = async (method, path, headers = {}, body) => {
    const url = `${endpoint}/${path}${path.includes("?") ? "&" : "?"}${signAccount("rwdlacup")}`
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
    if (!answer.ok) throw new Error(`azurite answered ${answer.status} to ${method} ${path}: ${await answer.text()}`)
    await answer.body?.cancel()
    return answer.headers
  }
  return {
    account,
    accountKey,
    endpoint,
    send,
    async createContainer(name, headers) {
      await send("PUT", `${name}?restype=container`, headers)
    },
    async put(path, body, headers = {}) {
      const md5 = createHash("md5").update(body).digest("base64")
      const all = { "x-ms-blob-type": "BlockBlob", "x-ms-blob-content-md5": md5, ...headers }
      return (await send("PUT", path, all, body)).get("etag")!.replaceAll('"', "")
    },
    sas: (permissions = "rl") => signAccount(permissions),
    stop() {
      server.kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** An account signature, by the rules of service version 2020-12-06 and later. */
function signAccount(permissions: string): string {
  const end = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, "")
  const text = [account, permissions, "b", "sco", "", end, "", "http,https", "2021-12-02", "", ""].join("\n")
  const signature = createHmac("sha256", Buffer.from(accountKey, "base64")).update(text).digest("base64")
  const query = { sv: "2021-12-02", ss: "b", srt: "sco", sp: permissions, se: end, spr: "http,https", sig: signature }
  return new URLSearchParams(query).toString()
}

async function readAddress(server: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let said = ""
  server.stderr.on("data", (text) => {
    said += text
  })
  for await (const text of server.stdout) {
    said += text
    const address = /successfully listens on (http:\S+)/.exec(said)?.[1]
    if (address !== undefined) {
      server.stdout.resume()
      return address
    }
  }
  throw new Error(`azurite did not start: ${said}`)
}
