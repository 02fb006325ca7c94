/** A server that speaks as much S3 as it takes to reference `s3://bench/data`, and answers at once, so that the clients are measured. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const PAGE = 1000

const keyAt = (at: number) => `data/${String(Math.floor(at / 1000)).padStart(4, "0")}/${String(at).padStart(7, "0")}.bin`
const indexOf = (key: string) => (key === "" ? -1 : Number(/(\d{7})\.bin$/.exec(key)?.[1] ?? Number.NaN))
const etagAt = (at: number) => at.toString(16).padStart(32, "0")

export interface ObjectServer {
  readonly url: string
  /** How many came since this was asked last. */
  takeRequests(): number
  close(): void
}

/** @param count objects, in a bucket that keeps no versions */
export async function serveObjects(count: number): Promise<ObjectServer> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    const { pathname, searchParams } = new URL(request.url!, "http://bench")
    const key = decodeURIComponent(pathname.slice("/bench/".length))
    if (request.method === "HEAD") {
      const at = indexOf(key)
      if (!(at >= 0 && at < count)) return void response.writeHead(404).end()
      const facts = { etag: `"${etagAt(at)}"`, "content-length": 8192, "content-type": "binary/octet-stream" }
      return void response.writeHead(200, { ...facts, "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }).end()
    }
    const after = searchParams.get("continuation-token") ?? searchParams.get("marker") ?? ""
    const size = Math.min(Number(searchParams.get("max-keys") ?? PAGE), PAGE)
    response.writeHead(200, { "content-type": "application/xml" }).end(page(indexOf(after) + 1, Math.min(size, PAGE), count))
  })
  server.keepAliveTimeout = 60_000
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeRequests() {
      const taken = requests
      requests = 0
      return taken
    },
    close: () => void server.close(),
  }
}

function page(start: number, size: number, count: number): string {
  const end = Math.min(start + size, count)
  const items = Array.from({ length: end - start }, (_, at) => {
    const facts = `<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;${etagAt(start + at)}&quot;</ETag>`
    return `<Contents><Key>${keyAt(start + at)}</Key>${facts}<Size>8192</Size><StorageClass>STANDARD</StorageClass></Contents>`
  })
  const last = keyAt(end - 1)
  const more = end < count ? `<NextMarker>${last}</NextMarker><NextContinuationToken>${last}</NextContinuationToken>` : ""
  const facts = `<Name>bench</Name><Prefix>data</Prefix><EncodingType>url</EncodingType><MaxKeys>${size}</MaxKeys>`
  return (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `${facts}<IsTruncated>${end < count}</IsTruncated>${more}${items.join("")}</ListBucketResult>`
  )
}
