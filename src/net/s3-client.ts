import { AwsV4Signer } from "aws4fetch"
import { InvalidArgumentError } from "../errors.ts"
import type { SignedRequest } from "../ports.ts"
import { createRequester, type Fetch, type Requester, type StoreAnswer, type StoreRequest } from "./request.ts"
import { readCode } from "./xml.ts"

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

export interface S3ConnectionOptions {
  /** `"https://s3.eu-central-1.amazonaws.com"`, `"https://<account>.r2.cloudflarestorage.com"`, `"http://localhost:9000"`. */
  readonly endpoint: string | URL
  readonly bucket: string
  /** Default: what the endpoint's name says, else `us-east-1`. */
  readonly region?: string | undefined
  /** A function is asked before every request: it keeps what it gets for as long as that is valid. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>)
  /** Whether the bucket goes before the endpoint's host name instead of into the path. Default false. */
  readonly virtualHost?: boolean | undefined
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined
  /** Milliseconds without an answer, or without the next bytes of one, until a request counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
}

/** The same where there may be no credentials: requests to public buckets go out unsigned. */
export interface S3ClientOptions extends Omit<S3ConnectionOptions, "credentials"> {
  readonly credentials: S3Credentials | (() => S3Credentials | undefined | Promise<S3Credentials | undefined>) | undefined
}

export interface S3Request extends Omit<StoreRequest, "url"> {
  /** The bucket itself when empty. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>> | undefined
}

export interface S3Client {
  readonly name: string
  /** A request that carries its permission in its address, to be made by somebody else with these headers and no others signed. */
  presign(request: Pick<S3Request, "method" | "key" | "headers">, expiresInSeconds: number): Promise<SignedRequest>
  /** Answer with the body as text, as bytes, or as a stream that fails when nothing comes for too long. */
  text(request: S3Request): Promise<StoreAnswer & { readonly body: string }>
  bytes(request: S3Request): Promise<StoreAnswer & { readonly body: Uint8Array }>
  stream(request: S3Request): Promise<StoreAnswer & { readonly body: ReadableStream<Uint8Array> | undefined }>
}

const VISIBLE = /^[\x21-\x7e]+$/

/** Signed requests to one bucket. Errors hold neither addresses nor headers. */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { bucket, region, credentials, timeoutMs } = options
  const base = bucketUrl(options)
  const name = `s3://${bucket}`
  const signingKeys = new Map<string, ArrayBuffer>()

  const sign = async ({ method, url, headers = {} }: Pick<StoreRequest, "method" | "url" | "headers">, signQuery = false) => {
    const current = typeof credentials === "function" ? await credentials() : credentials
    if (current === undefined) return { url, headers }
    const { accessKeyId, secretAccessKey, sessionToken } = current
    if (!VISIBLE.test(accessKeyId + (sessionToken ?? ""))) {
      throw new InvalidArgumentError(
        "options.credentials",
        "credentials hold characters that no key has; was one cut or pasted with a space?",
      )
    }
    const signer = new AwsV4Signer({
      method,
      url,
      headers: { ...headers },
      accessKeyId,
      secretAccessKey,
      service: "s3",
      signQuery,
      cache: signingKeys,
      ...(sessionToken && { sessionToken }),
      ...(region && { region }),
    })
    const signed = await signer.sign()
    return { url: signed.url.href, headers: signed.headers }
  }
  const addressOf = ({ key, query = {} }: Pick<S3Request, "key" | "query">) => {
    const url = new URL(base)
    url.pathname += key.split("/").map(encodeURIComponent).join("/")
    for (const [word, value] of Object.entries(query)) url.searchParams.set(word, value)
    return url.href
  }
  const requester: Requester = createRequester({
    name,
    fetch: options.fetch,
    timeoutMs,
    authorize: sign,
    readCode,
  })
  const addressed = (request: S3Request): StoreRequest => ({ ...request, url: addressOf(request) })

  return {
    name,
    async presign({ method, key, headers = {} }, expiresInSeconds) {
      const url = addressOf({ key, query: { "X-Amz-Expires": String(expiresInSeconds) } })
      return { url: (await sign({ method, url, headers }, true)).url, headers }
    },
    text: (request) => requester.text(addressed(request)),
    bytes: (request) => requester.bytes(addressed(request)),
    stream: (request) => requester.stream(addressed(request)),
  }
}

function bucketUrl({ endpoint, bucket, virtualHost = false }: S3ClientOptions): URL {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]+$/.test(bucket))
    throw new InvalidArgumentError("options.bucket", `bucket must be the name of a bucket, not ${JSON.stringify(bucket)}`)
  if (!URL.canParse(endpoint))
    throw new InvalidArgumentError("options.endpoint", "endpoint must be an address such as https://s3.eu-central-1.amazonaws.com")
  const url = new URL(endpoint)
  const { origin, pathname } = virtualHost ? new URL(`${url.protocol}//${bucket}.${url.host}${url.pathname}`) : url
  return new URL(`${origin}${pathname.replace(/\/*$/, "/")}${virtualHost ? "" : `${bucket}/`}`)
}
