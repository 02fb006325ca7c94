import { StorageError } from "../errors.ts"
import type { Directory, Hasher } from "../ports.ts"
import { keepBytes, memoryContent } from "./memory-content.ts"

/** A directory tree in memory, for runtimes without a disk. `name` is what messages call it. */
export function createMemoryDirectory(options: { readonly hasher: Hasher; readonly name?: string | undefined }): Directory {
  const { hasher, name = "memory" } = options
  const files = new Map<string, Uint8Array>()
  // Files below each directory, so that telling files from directories does not cost a walk.
  const counts = new Map<string, number>()
  const count = (path: string, by: 1 | -1) => {
    for (const parent of parentsOf(path)) {
      const next = (counts.get(parent) ?? 0) + by
      if (next === 0) counts.delete(parent)
      else counts.set(parent, next)
    }
  }

  const refuse = (path: string, problem: string) =>
    new StorageError(`"${path}" in ${name} ${problem}`, { path, operation: "structure" })
  const checkFree = (path: string) => {
    if (counts.has(path)) throw refuse(path, "is a directory")
    for (const parent of parentsOf(path)) {
      if (files.has(parent)) throw refuse(path, `cannot be there: "${parent}" is a file`)
    }
  }
  const find = (path: string): Uint8Array | undefined => {
    const bytes = files.get(path)
    if (bytes === undefined && counts.has(path)) throw refuse(path, "is a directory")
    return bytes
  }

  return {
    name,
    async open(path, { signal } = {}) {
      signal?.throwIfAborted()
      const bytes = find(path)
      return bytes && memoryContent(bytes, { name: path })
    },
    async put(path, content, { expect, signal, onBytes } = {}) {
      checkFree(path)
      const { digest, size, bytes } = await keepBytes(content, hasher, { expect, signal, onBytes, label: path })
      checkFree(path)
      if (!files.has(path)) count(path, 1)
      files.set(path, bytes)
      return { digest, size }
    },
    async remove(path, { signal } = {}) {
      signal?.throwIfAborted()
      if (files.delete(path)) count(path, -1)
    },
    async *list({ signal } = {}) {
      for (const [path, bytes] of [...files]) {
        signal?.throwIfAborted()
        yield { path, size: bytes.byteLength }
      }
    },
    async digest(path, { signal } = {}) {
      signal?.throwIfAborted()
      const bytes = find(path)
      return bytes && { digest: await hasher.hash(bytes), size: bytes.byteLength }
    },
  }
}

function* parentsOf(path: string): Generator<string> {
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) yield path.slice(0, slash)
}
