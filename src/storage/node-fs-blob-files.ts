import { linkSync, renameSync, rmSync, statSync, utimesSync } from "node:fs"
import { dirname, join } from "node:path"
import { untilAborted } from "../bytes/streams.ts"
import { type Digest, digestFromHex, digestToHex } from "../core/digest-text.ts"
import { DigestMismatchError } from "../errors.ts"
import type { BlobInfo, CallOptions, Content, PutOptions } from "../ports.ts"
import { checkUnchanged, type FileContent, ownedDigest } from "./node-fs-content.ts"
import { makeDirectory } from "./node-fs-durable.ts"
import { errnoCode, hasNoLinks, isMissing, orStorageError } from "./node-fs-errors.ts"
import type { Flusher } from "./node-fs-flusher.ts"
import { discard, readEntries, sweepTemporary, temporaryName } from "./node-fs-temporary.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"

/** The kernel writes dirty files back within half of this. */
const WRITTEN_BACK_MS = 60_000
/** Files remembered as flushed or about to be; forgetting one costs a needless flush. */
const MAX_RELIED = 100_000

interface BlobFilesOptions {
  readonly transfer: NodeTransfer
  /** Holds `ab/cdef…`: a digest's hex, split after two characters. */
  readonly objects: string
  /** On the same file system as `objects`. */
  readonly temporary: string
  /** Permission bits of blobs, before the umask. */
  readonly mode: number
  /** Takes what must outlive a power failure. */
  readonly flusher?: Flusher | undefined
  /** Whether files of the stage are linked in instead of copied; they share their read-only mode then. */
  readonly linkOwned: boolean
}

/** Blobs as files: what the blob store and the cache have in common. Methods are those of `BlobStore`. */
interface BlobFiles {
  path(digest: Digest): string
  /** Synchronous, for callers that are in a slice already. */
  statSync(digest: Digest): BlobInfo | undefined
  /** Size, and what changes whenever somebody writes to the file. Synchronous too. */
  versionSync(digest: Digest): { readonly size: number; readonly version: string } | undefined
  /** Refreshes a blob of that size (undefined: any) and says whether there is one. Synchronous like `statSync`. */
  touchSync(digest: Digest, size: number | undefined): boolean
  put(digest: Digest, content: Content, options: PutOptions): Promise<"stored" | "present">
  delete(digest: Digest, options: CallOptions): Promise<void>
  list(options: CallOptions): AsyncGenerator<BlobInfo>
  sweep(options: CallOptions): Promise<number>
}

export function createBlobFiles(options: BlobFilesOptions): BlobFiles {
  const { transfer, objects, temporary, mode, flusher, linkOwned } = options
  const { slices } = transfer
  const writing = new Map<Digest, Promise<unknown>>()

  const path = (digest: Digest) => {
    const hex = digestToHex(digest)
    return join(objects, hex.slice(0, 2), hex.slice(2))
  }
  const relied = new Set<string>()
  /** Another process may have stored it just now and not flushed it yet, and whoever asks is about to name it in a record. */
  const rely = (file: string, changedAt: number) => {
    if (flusher === undefined || relied.has(file)) return
    if (relied.size >= MAX_RELIED) relied.clear()
    relied.add(file)
    if (Date.now() - changedAt < WRITTEN_BACK_MS) flusher.add(file)
  }
  const stat = (digest: Digest): BlobInfo | undefined => {
    const file = path(digest)
    const found = orStorageError("look up", file, () => statSync(file, { throwIfNoEntry: false }))
    if (!found?.isFile()) return undefined
    rely(file, found.ctimeMs)
    return { digest, size: found.size, modifiedAt: found.mtimeMs }
  }
  const touch = (digest: Digest, size: number | undefined): boolean => {
    const found = stat(digest)
    if (found === undefined || (size !== undefined && found.size !== size)) return false
    try {
      const now = new Date()
      utimesSync(path(digest), now, now)
      return true
    } catch (error) {
      // Somebody removed it just now, or it is another user's: in both cases a copy of our own is the answer.
      if (isMissing(error) || ["EPERM", "EACCES"].includes(errnoCode(error) ?? "")) return false
      throw error
    }
  }

  const prepared = new Set<string>()
  const prepare = async (directory: string) => {
    if (prepared.has(directory)) return
    const changed = await slices.run(() => makeDirectory(directory))
    if (flusher !== undefined) changed.forEach(flusher.addDirectory)
    prepared.add(directory)
  }
  /** Runs `work` in a slice; when a directory it needs is gone (somebody tidied up), once more with the directory made again. */
  const place = async (file: string, work: () => void) => {
    const directory = dirname(file)
    await prepare(directory)
    try {
      await slices.run(work)
    } catch (error) {
      if (!isMissing((error as Error).cause)) throw error
      prepared.delete(directory)
      await prepare(directory)
      await slices.run(work)
    }
    relied.delete(file)
    rely(file, Date.now())
  }

  const writeCopy = async (digest: Digest, content: Content, options: PutOptions): Promise<"stored" | "present"> => {
    const { replace, signal, onBytes } = options
    const to = path(digest)
    const temp = join(temporary, temporaryName())
    await prepare(temporary)
    let placed = false
    try {
      const found = await transfer.receive(content, { to: temp, expect: digest, mode, label: to, signal, onBytes })
      // Only now is the size of a stream known.
      if (content.size === undefined && !replace && (await slices.run(() => touch(digest, found.size)))) return "present"
      await place(to, () => orStorageError("store", to, () => renameSync(temp, to)))
      placed = true
      return "stored"
    } catch (error) {
      if (error instanceof DigestMismatchError) await (content as FileContent)[checkUnchanged]?.({ signal })
      throw error
    } finally {
      if (!placed) await slices.run(() => discard(temp))
    }
  }

  /** Gives a staged file, whose bytes were hashed as they were written, its second name; false where links cannot be made. */
  const link = async (digest: Digest, from: string, options: PutOptions): Promise<boolean> => {
    const to = path(digest)
    try {
      options.signal?.throwIfAborted()
      await place(to, () => orStorageError("store", to, () => linkOver(from, to)))
      return true
    } catch (error) {
      if (hasNoLinks((error as Error).cause)) return false
      throw error
    }
  }
  const linkOver = (from: string, to: string) => {
    try {
      linkSync(from, to)
    } catch (error) {
      if (errnoCode(error) !== "EEXIST") throw error
      const temp = join(temporary, temporaryName())
      linkSync(from, temp)
      renameSync(temp, to)
      // Renaming one name of a file over another of the same file leaves both.
      discard(temp)
    }
  }

  const store = async (digest: Digest, content: FileContent, options: PutOptions): Promise<"stored" | "present"> => {
    const { replace, signal, onBytes } = options
    // Content of unknown size has to be read to know whether what is there is the same.
    const mayBePresent = !replace && content.size !== undefined
    if (mayBePresent && (await slices.run(() => touch(digest, content.size), signal))) return "present"
    if (linkOwned && content[ownedDigest] === digest) {
      await prepare(temporary)
      if (await link(digest, content.path, options)) {
        onBytes?.(content.size ?? 0)
        return "stored"
      }
    }
    return writeCopy(digest, content, options)
  }

  return {
    path,
    statSync: stat,
    versionSync(digest) {
      const file = path(digest)
      const found = orStorageError("look up", file, () => statSync(file, { bigint: true, throwIfNoEntry: false }))
      if (!found?.isFile()) return undefined
      const { ino, size, mtimeNs, ctimeNs } = found
      return { size: Number(size), version: `${ino}-${size}-${mtimeNs}-${ctimeNs}` }
    },
    touchSync: touch,
    async put(digest, content, options) {
      options.signal?.throwIfAborted()
      // The same bytes from many sides at once are read from one of them.
      for (let other = writing.get(digest); other !== undefined; other = writing.get(digest)) {
        await untilAborted(
          other.catch(() => undefined),
          options.signal,
        )
      }
      const work = store(digest, content as FileContent, options).finally(() => writing.delete(digest))
      writing.set(digest, work)
      return work
    },
    async delete(digest, { signal }) {
      const file = path(digest)
      await slices.run(() => orStorageError("remove", file, () => rmSync(file, { force: true })), signal)
    },
    async *list({ signal }) {
      for (const fan of await slices.run(() => readEntries(objects), signal)) {
        if (!/^[0-9a-f]{2}$/.test(fan.name)) continue
        yield* await slices.run(() => listFan(objects, fan.name, stat), signal)
      }
    },
    sweep: ({ signal }) => sweepTemporary(temporary, slices, { signal }),
  }
}

function listFan(objects: string, fan: string, stat: (digest: Digest) => BlobInfo | undefined): BlobInfo[] {
  const names = readEntries(join(objects, fan)).filter(({ name }) => /^[0-9a-f]{30}$/.test(name))
  return names.map(({ name }) => stat(digestFromHex(fan + name))).filter((info) => info !== undefined)
}
