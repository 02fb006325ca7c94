import type { Platform, ReferenceHandler } from "../ports.ts"
import { s3References } from "./s3.ts"

/** What the AWS tools and W&B's Python client read from the environment. Keys are read anew for every request, for they may be renewed. */
export function s3FromEnvironment(env: Platform["env"]): ReferenceHandler {
  const first = (...names: readonly string[]) => names.map(env).find(Boolean)
  return s3References({
    credentials() {
      const accessKeyId = first("AWS_ACCESS_KEY_ID")
      const secretAccessKey = first("AWS_SECRET_ACCESS_KEY")
      if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
      return { accessKeyId, secretAccessKey, sessionToken: first("AWS_SESSION_TOKEN") }
    },
    region: first("AWS_REGION", "AWS_DEFAULT_REGION"),
    endpoint: first("AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
  })
}
