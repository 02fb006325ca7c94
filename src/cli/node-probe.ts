import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { StorageError } from "../index.ts"
import { makeDirectory } from "../storage/node-fs-durable.ts"
import { orStorageError } from "../storage/node-fs-errors.ts"

/** Does in a folder what a store does there: writes a file, with `links` gives it a second name, reads and deletes it. @throws StorageError */
export function probeFolder(folder: string, { links = false }: { readonly links?: boolean } = {}): void {
  const path = resolve(folder)
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new StorageError(`"${path}" is a file, where a folder belongs`, { path })
  }
  makeDirectory(path)
  const file = join(path, `.isofact-${crypto.randomUUID()}.probe`)
  const other = links ? `${file}2` : file
  const text = crypto.randomUUID()
  try {
    orStorageError("write in", path, () => writeFileSync(file, text, { flag: "wx" }))
    if (links) orStorageError("link in", path, () => linkSync(file, other))
    const found = orStorageError("read in", path, () => readFileSync(other, "utf8"))
    if (found !== text) throw new StorageError(`"${path}" does not give back what is written there`, { path })
    orStorageError("delete in", path, () => rmSync(file))
  } finally {
    for (const name of [file, other]) rmSync(name, { force: true })
  }
}
