/** Servers that speak S3. */
import { AwsClient } from "aws4fetch"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { createGate } from "../../src/storage/object-turns.ts"
import type { S3Options } from "../../src/storage/s3.ts"
import { secret } from "../secrets.ts"

const bucket = "isofact"
export const credentials = { accessKeyId: "a-tester-of-isofact", secretAccessKey: secret("what-only-the-tester-knows") }

export interface S3Server {
  /** A place of one's own in the bucket. */
  newPlace(): S3Options & { readonly prefix: string }
  keysOf(prefix: string): Promise<string[]>
  /** How many uploads are begun and not ended. */
  openUploads(prefix: string): Promise<number>
  putRaw(key: string, bytes: Uint8Array): Promise<void>
  stop(): Promise<void>
}

/** R2's own S3 interface, as it runs on a developer's machine: it verifies signatures and MD5s and knows conditional writes. */
export async function startS3(): Promise<S3Server> {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "none.mjs", contents: "export default { fetch: () => new Response() }" }],
      compatibilityDate: "2026-10-01",
      r2Buckets: { ISOFACT: { id: bucket, s3Credentials: credentials } },
    }),
  )
  const endpoint = new URL("/cdn-cgi/local/r2/s3", await server.ready).href
  const made = createServer(endpoint, "auto")
  // It lists no uploads.
  const fetch: S3Options["fetch"] = async (url, init) => {
    const isListing = init.method === "GET" && new URL(url).searchParams.has("uploads")
    return isListing ? new Response("<ListMultipartUploadsResult></ListMultipartUploadsResult>") : globalThis.fetch(url, init)
  }
  return {
    ...made,
    newPlace: () => ({ ...made.newPlace(), fetch }),
    openUploads: async () => 0,
    stop: () => server.dispose(),
  }
}

/** A server that runs already and takes any credentials. */
export async function connectS3(endpoint: string): Promise<S3Server> {
  const server = createServer(endpoint, "us-east-1")
  await server.call("", { method: "PUT" })
  // It answers one at a time and turns connections away when many wait.
  const gate = createGate(16)
  const fetch: S3Options["fetch"] = (url, init) => gate(() => globalThis.fetch(url, init), undefined)
  return { ...server, newPlace: () => ({ ...server.newPlace(), fetch }) }
}

function createServer(endpoint: string, region: string) {
  const client = new AwsClient({ ...credentials, service: "s3", region, retries: 0 })
  const call = async (path: string, init?: RequestInit) => {
    const response = await client.fetch(`${endpoint}/${bucket}${path}`, init)
    if (!response.ok) throw new Error(`${init?.method ?? "GET"} ${path}: ${response.status} ${await response.text()}`)
    return response.text()
  }
  const keysIn = (xml: string) => [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((found) => found[1]!)
  let places = 0
  return {
    call,
    newPlace: () => ({ endpoint, bucket, region, prefix: `place-${places++}`, credentials }),
    keysOf: async (prefix: string) => keysIn(await call(`?list-type=2&prefix=${prefix}/`)),
    openUploads: async (prefix: string) => keysIn(await call("?uploads")).filter((key) => key.startsWith(`${prefix}/`)).length,
    putRaw: async (key: string, bytes: Uint8Array) =>
      void (await call(`/${key}`, { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> })),
    stop: async () => undefined,
  }
}
