import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { hexEncode } from "../core/digest-text.ts"
import { StorageError } from "../index.ts"
import { makeDirectory } from "../storage/node-fs-durable.ts"

const keyText = /^[0-9a-f]{40}$/

/**
 * The key in a file that only its owner can read, made if it is not there.
 *
 * @returns the key, and the file's absolute path
 * @throws StorageError when the file holds something else
 */
export function openKeyFile(file: string): { readonly path: string; readonly key: string } {
  const path = resolve(file)
  try {
    makeDirectory(dirname(path))
    writeFileSync(path, `${hexEncode(crypto.getRandomValues(new Uint8Array(20)))}\n`, { flag: "wx", mode: 0o600 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new StorageError(`The key file ${path} cannot be written; serve a directory that can`, { path }, { cause })
    }
    chmodSync(path, 0o600)
  }
  const key = readFileSync(path, "utf8").trim()
  if (keyText.test(key)) return { path, key }
  throw new StorageError(`${path} holds no key; delete it, and the next start makes another`, { path })
}
