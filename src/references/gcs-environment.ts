import { readAll } from "../bytes/hash-stream.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { Platform, ReferenceHandler } from "../ports.ts"
import { gcsReferences } from "./gcs.ts"
import { type GcsCredentials, parseJson } from "./gcs-token.ts"

const KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"

/**
 * What the environment says, as Google's own clients read it: the emulator that `STORAGE_EMULATOR_HOST` names, the service account whose key
 * file `GOOGLE_APPLICATION_CREDENTIALS` names, else what is public.
 */
export async function gcsFromEnvironment({ env, openFile }: Pick<Platform, "env" | "openFile">): Promise<ReferenceHandler> {
  const host = env("STORAGE_EMULATOR_HOST")
  // Some of the clients want the scheme in it, some the path, and some neither.
  if (host) return gcsReferences({ endpoint: (host.includes("://") ? host : `http://${host}`).replace(/(\/storage\/v1)?\/*$/, "") })
  const path = env(KEY_FILE)
  return gcsReferences(path ? { credentials: await readKeyFile(path, openFile) } : {})
}

async function readKeyFile(path: string, openFile: Platform["openFile"]): Promise<GcsCredentials> {
  const bytes = await openFile(path)
    .then((content) => readAll(content, {}))
    .catch((cause) => {
      throw new InvalidArgumentError(KEY_FILE, `${KEY_FILE} names a file that cannot be read: ${path}`, { path }, { cause })
    })
  const key = parseJson(new TextDecoder().decode(bytes)) as Partial<GcsCredentials>
  if (typeof key.client_email === "string" && typeof key.private_key === "string") return key as GcsCredentials
  throw new InvalidArgumentError(
    KEY_FILE,
    `${KEY_FILE} names ${path}, which is not the key file of a service account. For other kinds of credentials give platform.references gcsReferences({ token })`,
    { path },
  )
}
