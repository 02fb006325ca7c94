import type { Setup } from "./call.ts"
import { Refusal } from "./failure.ts"
import type { Principal } from "./principal.ts"
import { isToken, readToken } from "./tokens.ts"

/** Whose key came with the request: the password of `Basic`, whatever the user name, or a `Bearer`. Anything else is a 401. */
export async function readKey({ signer, authenticate }: Setup, request: Request): Promise<Principal> {
  const key = keyOf(request.headers.get("authorization"))
  const principal = key && (isToken(key) ? await readToken(signer, key) : await authenticate(key, request))
  if (principal) return principal
  throw new Refusal(401, "A key is needed that this server knows, as the password of Basic or as a Bearer.")
}

function keyOf(header: string | null): string | undefined {
  const [, scheme, text] = /^(basic|bearer) +([^\s]+)\s*$/i.exec(header ?? "") ?? []
  if (scheme === undefined || text === undefined) return undefined
  if (scheme.toLowerCase() === "bearer") return text
  try {
    const decoded = atob(text)
    return decoded.slice(decoded.indexOf(":") + 1)
  } catch {
    return undefined
  }
}
