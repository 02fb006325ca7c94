import { join } from "node:path"
import { RECORD_SUFFIX, unescapeSegment } from "./node-fs-record-paths.ts"
import type { Slices } from "./node-fs-slices.ts"
import { readEntries } from "./node-fs-temporary.ts"
import { compareKeys } from "./record-keys.ts"

interface Found {
  readonly key: string
  readonly path: string
}

/** The directories of all records below a directory that stands for `prefix`, by key. `keyAt` reads the key of a record whose path does not say it. */
export async function listRecordDirectories(
  directory: string,
  prefix: string,
  slices: Slices,
  keyAt: (path: string) => string | undefined,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const found: Found[] = []
  // A key is undefined below a segment whose name was cut.
  const queue: { path: string; key: string | undefined }[] = [{ path: directory, key: prefix }]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const { path, key } = at
    for (const entry of await slices.run(() => readEntries(path), signal)) {
      if (!entry.isDirectory()) continue
      const child = join(path, entry.name)
      const isRecord = entry.name.endsWith(RECORD_SUFFIX)
      const segment = unescapeSegment(isRecord ? entry.name.slice(0, -RECORD_SUFFIX.length) : entry.name)
      const childKey = key === undefined || segment === undefined ? undefined : `${key}/${segment}`
      if (!isRecord) queue.push({ path: child, key: childKey })
      else await add(child, childKey)
    }
  }
  return found.sort((a, b) => compareKeys(a.key, b.key))

  async function add(path: string, known: string | undefined): Promise<void> {
    const key = known ?? (await slices.run(() => keyAt(path), signal))
    if (key !== undefined) found.push({ key, path })
  }
}
