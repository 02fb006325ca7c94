/** A bucket that answers as told: faults that no emulator makes on demand, on hosts that no test may ask. */
import type { Fetch } from "../../src/net/request.ts"

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
}

export type Reply = (asked: Asked, seen: number) => Response | Promise<Response>

export function fakeStore(reply: Reply): { readonly fetch: Fetch; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const fetch: Fetch = async (address, { method = "GET", headers, signal }) => {
    signal?.throwIfAborted()
    const one = { method, url: new URL(address), headers: new Headers(headers) }
    asked.push(one)
    return reply(one, asked.length)
  }
  return { fetch, asked }
}

export const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(`<Error><Code>${code}</Code></Error>`, { status, headers })

export const headers = (fields: Record<string, string>, status = 200) => new Response(null, { status, headers: fields })

export interface ListedObject {
  readonly key: string
  readonly etag: string
  readonly size: number
  readonly versionId?: string
  readonly isLatest?: boolean
}

const xmlOf = (items: readonly ListedObject[], tag: string) =>
  items
    .map(
      ({ key, etag, size, versionId, isLatest = true }) =>
        `<${tag}><Key>${encodeURIComponent(key)}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size>` +
        `<VersionId>${versionId}</VersionId><IsLatest>${isLatest}</IsLatest></${tag}>`,
    )
    .join("")

export function listing(items: readonly ListedObject[], next = ""): Response {
  const more =
    next === ""
      ? "<IsTruncated>false</IsTruncated>"
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
  return new Response(`<ListBucketResult><EncodingType>url</EncodingType>${more}${xmlOf(items, "Contents")}</ListBucketResult>`)
}

export function versionListing(items: readonly ListedObject[]): Response {
  return new Response(
    `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${xmlOf(items, "Version")}</ListVersionsResult>`,
  )
}
