import { openKeyFile } from "./node-key-file.ts"
import { homeOf, type Session } from "./session.ts"

/** What makes the server of a directory the same one at each start. */
export interface OwnServer {
  readonly keyFile: string
  readonly key: string
  /** Whoever has the key may do all that a signature allows, so one secret is enough for both. */
  readonly secret: Uint8Array
}

/** Of the directory of `--registry`; the key is made if there is none. */
export async function openOwnServer({ options }: Session): Promise<OwnServer> {
  const { path: keyFile, key } = openKeyFile(`${homeOf(options.registry)}/api-key`)
  const secret = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`isofact serve ${key}`))
  return { keyFile, key, secret: new Uint8Array(secret) }
}
