import { StorageError } from "../errors.ts"

/** Takes the marker of each next page of a listing. Throws `StorageError` for none, and for one that was there before: such a listing has no end. */
export function createMarkerCheck(store: string, label: string): (marker: string | undefined) => void {
  const seen = new Set<string>()
  return (marker) => {
    if (!marker || seen.has(marker))
      throw new StorageError(`Listing "${label}" in ${store} does not get on`, { operation: "list", path: label })
    seen.add(marker)
  }
}
