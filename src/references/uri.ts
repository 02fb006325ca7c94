import { hasLoneSurrogate } from "../core/check.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { ReferenceUri } from "../ports.ts"

/**
 * Cuts a reference URI at its first `#`, then its first `?`, as Python does. `new URL()` will not do: it rewrites spaces and
 * non-ASCII in `s3:` keys and resolves dots, so the two tools would record different objects.
 *
 * @throws InvalidArgumentError when there is no scheme, and for an unpaired surrogate, which nobody can ask for
 */
export function parseReferenceUri(text: unknown): ReferenceUri {
  if (typeof text === "string" && hasLoneSurrogate(text)) {
    throw new InvalidArgumentError("uri", "An address cannot hold half of a character (an unpaired surrogate)")
  }
  const match = typeof text === "string" ? /^([A-Za-z][A-Za-z0-9+.-]*):([\s\S]*)$/.exec(text) : null
  if (match === null) {
    throw new InvalidArgumentError(
      "uri",
      "References must be URIs, such as s3://bucket/key. To reference a local file, use file://",
    )
  }
  const [beforeFragment, fragment] = cut(match[2]!, "#")
  const [beforeQuery, query] = cut(beforeFragment, "?")
  const slashes = beforeQuery.startsWith("//")
  const rest = slashes ? beforeQuery.slice(2) : beforeQuery
  const pathStart = slashes ? (rest.indexOf("/") + rest.length + 1) % (rest.length + 1) : 0
  return {
    text: match[0],
    scheme: match[1]!.toLowerCase(),
    authority: rest.slice(0, pathStart),
    path: rest.slice(pathStart),
    query,
    fragment,
  }
}

function cut(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

/** Python's rule, for what can be a name: fetch takes a backslash for a slash, so that the host would be what stands before it. */
export function isAzureHost(scheme: string, authority: string): boolean {
  return scheme === "https" && /^[\w.-]+\.blob\.core\.windows\.net$/.test(authority)
}

/** An address for messages: without query and fragment, which may be a signature, and without user and password. */
export function bareAddress(text: string): string {
  return text.replace(/[?#][\s\S]*$/, "").replace(/^([^:/]+:[/\\]*)[^/\\]*@/, "$1")
}
