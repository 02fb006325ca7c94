import { isArtifactError, StorageError } from "../errors.ts"
import type { Fetch, StoreAnswer } from "../net/request.ts"
import { createS3Client, type S3Client, type S3Credentials, type S3Request } from "../net/s3-client.ts"

export interface S3ReferenceOptions {
  /**
   * Keys, or a function that is asked before every request and keeps what it gets for as long as that is valid: what
   * `fromNodeProviderChain()` of the AWS SDK returns will do. Default: none, requests go out unsigned.
   */
  readonly credentials?: S3Credentials | (() => S3Credentials | undefined | Promise<S3Credentials | undefined>) | undefined
  /** Default: `us-east-1`, or what a bucket of AWS itself says. */
  readonly region?: string | undefined
  /** Of a store that is not AWS: `"https://<account>.r2.cloudflarestorage.com"`, `"http://localhost:9000"`. Default: that of AWS. */
  readonly endpoint?: string | URL | undefined
  /** Whether buckets go before the endpoint's host name instead of into the path. Default: on AWS and CoreWeave, where names allow it. */
  readonly virtualHost?: boolean | undefined
  /** Only these buckets. Default: all. */
  readonly buckets?: readonly string[] | undefined
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

/** One bucket, wherever it is. */
export type S3Bucket = Pick<S3Client, "name" | "text" | "stream">

/** What is answered when the bucket is elsewhere; answers to HEAD have only their status to say it. */
const ELSEWHERE = [
  "301",
  "307",
  "400",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
  "PermanentRedirect",
  "TemporaryRedirect",
]

const REGION = /^[a-z0-9-]+$/

/** Requests to one bucket. Told that it is in another region, they go there; refusals say what to check. */
export function openS3Bucket(bucket: string, options: S3ReferenceOptions): S3Bucket {
  let region = options.region
  let client = connect(bucket, region, options)
  const ask = async <A extends StoreAnswer>(request: S3Request, send: (client: S3Client, request: S3Request) => Promise<A>) => {
    const expected = [...(request.expected ?? []), ...ELSEWHERE]
    for (let hops = 0; ; hops++) {
      const used = region
      const answer = await send(client, { ...request, expected }).catch((error) => {
        throw advised(error, used)
      })
      const { code, headers, status } = answer
      if (code === undefined || !ELSEWHERE.includes(code)) return answer
      const told = headers.get("x-amz-bucket-region") ?? ""
      if (hops === 0 && REGION.test(told) && told !== used) {
        region = told
        client = connect(bucket, region, options)
      } else if (request.expected?.some((item) => String(item) === code)) {
        return answer
      } else {
        const about = { operation: request.operation, path: request.label, status }
        const reason = code === String(status) ? `status ${status}` : `${code} (status ${status})`
        throw advised(new StorageError(`Cannot ${request.operation} "${request.label}" in ${client.name}: ${reason}`, about), used)
      }
    }
  }
  return {
    name: client.name,
    text: (request) => ask(request, (to, asked) => to.text(asked)),
    stream: (request) => ask(request, (to, asked) => to.stream(asked)),
  }
}

function connect(bucket: string, region: string | undefined, options: S3ReferenceOptions): S3Client {
  const { credentials, fetch, timeoutMs } = options
  return createS3Client({ bucket, credentials, fetch, timeoutMs, ...placeOf(bucket, region, options) })
}

function placeOf(bucket: string, region: string | undefined, { endpoint, virtualHost }: S3ReferenceOptions) {
  const isName = !bucket.includes(".")
  if (endpoint === undefined) {
    const place = region ?? "us-east-1"
    const host = `s3.${place}.amazonaws.com${place.startsWith("cn-") ? ".cn" : ""}`
    return { endpoint: `https://${host}`, region: place, virtualHost: virtualHost ?? isName }
  }
  const address = completeEndpoint(endpoint)
  return { endpoint: address, region, virtualHost: virtualHost ?? (isCoreWeave(address) || (isAmazon(address) && isName)) }
}

/** As Python's: without a scheme it is https. */
export function completeEndpoint(endpoint: string | URL): string {
  const text = String(endpoint).trim().replace(/\/+$/, "")
  return text.includes("://") ? text : `https://${text}`
}

const isAmazon = (address: string) => /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(address).hostname)

/** CoreWeave takes a bucket only before its host name; the names are those that Python knows. */
function isCoreWeave(address: string): boolean {
  if (address === "http://cwlota.com") return true
  const { protocol, host } = new URL(address)
  return protocol === "https:" && (host === "cwobject.com" || /^(accel-)?object\.[a-z0-9-]+\.coreweave\.com$/.test(host))
}

const CREDENTIALS =
  "Check the credentials (credentials of s3References, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; without them only public objects can be read) and the region (region, or AWS_REGION)"
const REGION_ADVICE = "The bucket is in another region: pass region to s3References, or set AWS_REGION"
const BUCKET_ADVICE =
  "Check the name of the bucket, and where it is (endpoint of s3References, or AWS_S3_ENDPOINT_URL, for a store that is not AWS)"

/** Adds the way out to what the store refused for good. */
function advised(error: unknown, region: string | undefined): unknown {
  if (!isArtifactError(error) || error.code !== "STORAGE") return error
  const { status = -1 } = error.details
  const advice =
    status === 404
      ? BUCKET_ADVICE
      : status === 0 || status === 301 || status === 307
        ? `${REGION_ADVICE}${region === undefined ? "" : ` (it was ${region})`}`
        : status === 400 || status === 401 || status === 403
          ? CREDENTIALS
          : undefined
  return advice === undefined ? error : new StorageError(`${error.message}. ${advice}`, error.details, { cause: error.cause })
}
