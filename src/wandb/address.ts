import { toError, WireFailure } from "./failure.ts"

/** An address that a server gives. Some runtimes read files of this machine for one that is not of the web. */
export function webAddress(address: string, base?: string): URL {
  const url = URL.canParse(address, base) ? new URL(address, base) : undefined
  if (url?.protocol === "https:" || url?.protocol === "http:") return url
  throw new WireFailure("final", "the server gives an address that is neither http nor https, which is not followed")
}

/** One that others are to follow, as it was given. */
export function checkAddress(address: string, server: string, operation: string, path: string): string {
  try {
    webAddress(address)
    return address
  } catch (error) {
    throw toError(error as WireFailure, server, operation, path)
  }
}
