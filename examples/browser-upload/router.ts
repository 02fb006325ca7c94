/** Where the annotator is, kept in the address so that it can be reloaded, bookmarked and gone back from. */
export type Place =
  | { readonly view: "log" }
  | { readonly view: "version"; readonly version: string }
  | { readonly view: "compare"; readonly version: string; readonly other: string }

export const versionHash = (version: string): string => `#/${encode(version)}`
/** `version` is the later one, which is looked at. */
export const compareHash = (version: string, other: string): string => `#/${encode(version)}/compare/${encode(other)}`

export function readPlace(hash: string): Place {
  const [version = "", verb, other] = hash.replace(/^#\//, "").split("/").map(decode)
  if (!hash.startsWith("#/") || version === "") return { view: "log" }
  return verb === "compare" && other ? { view: "compare", version, other } : { view: "version", version }
}

const encode = (text: string) => encodeURIComponent(text).replaceAll("%3A", ":")

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
