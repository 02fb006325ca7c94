import { rmSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { readHashed } from "../bytes/hash-stream.ts"
import { pullStream } from "../bytes/streams.ts"
import type { Digest } from "../core/digest-text.ts"
import { DigestMismatchError } from "../errors.ts"
import type { CallOptions, Content, Hasher, Stage, StagedContent, StageOptions, StoredFile } from "../ports.ts"
import { FROZEN_MODE, type NodeBlobStore } from "./node-fs-blob-store.ts"
import { checkUnchanged, createFileContent, type FileContent } from "./node-fs-content.ts"
import { makeDirectory } from "./node-fs-durable.ts"
import { orStorageError } from "./node-fs-errors.ts"
import { sweepTemporary, temporaryName } from "./node-fs-temporary.ts"
import type { NodeTransfer } from "./node-fs-transfer.ts"
import { type FileIdentity, identityOf, sameContents } from "./node-fs-transfer-sync.ts"

/** A draft may stay open for days; past this, files of another machine count as left behind. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000

export interface NodeStage extends Stage {
  /** Removes what processes that died left behind; resolves with the bytes freed. */
  sweep(options?: CallOptions): Promise<number>
}

interface NodeStageOptions {
  readonly transfer: NodeTransfer
  /** For content that is not a file. */
  readonly hasher: Hasher
  /** Stores that may have the bytes already; then none are copied. Not a cache: it may evict them before they are published. */
  readonly known?: readonly NodeBlobStore[] | undefined
}

/**
 * Holds drafts in `directory`, one folder per process. What may change or can be read only once is copied there in the pass that
 * hashes it, read-only, sharing blocks where the file system can; what a known store has already is not copied. Without `keep` a file
 * is only hashed, and remembered well enough to notice when it has changed by the time it is read.
 */
export function createNodeStage(directory: string, options: NodeStageOptions): NodeStage {
  const { transfer, hasher, known = [] } = options
  const { slices } = transfer
  const root = resolve(directory)
  let session: string | undefined
  const taken = new WeakMap<object, Set<string>>()

  const openSession = (): string => {
    if (session !== undefined) return session
    const path = join(root, temporaryName())
    makeDirectory(path)
    removeAtExit(path)
    session = path
    // Killed processes could not tidy up after themselves; what cannot be removed now is left to the next.
    sweepTemporary(root, slices, { maxAgeMs: MAX_AGE_MS }).catch(() => undefined)
    return path
  }
  const find = (digest: Digest, size: number): Content | undefined => {
    for (const store of known) {
      const content = store.holdSync(digest, size)
      if (content !== undefined) return content
    }
    return undefined
  }

  const hashOnly = async (content: Content, { signal, onBytes }: StageOptions): Promise<StagedContent> => {
    const { path, stability } = content
    if (path === undefined) return { ...(await readHashed(content, hasher, { signal, onBytes })), content }
    const { digest, size, before, after } = await transfer.transfer({ from: path, signal, onBytes })
    if (stability === "frozen") return { digest, size, content }
    if (!sameContents(before, after)) throw changed(path, digest)
    return { digest, size, content: guard(content, path, { digest, size }, after, transfer) }
  }

  const snapshot = async (content: Content, { owner, signal, onBytes }: StageOptions): Promise<StagedContent> => {
    const to = join(openSession(), temporaryName())
    let stored: Content | undefined
    const unless = ({ digest, size }: StoredFile) => {
      stored = find(digest, size)
      return stored !== undefined
    }
    const label = `a snapshot of ${content.path ?? content.name ?? "a stream"} in ${root}`
    const { digest, size, before, after } = await transfer.receive(content, {
      to,
      label,
      mode: FROZEN_MODE,
      reflink: true,
      signal,
      onBytes,
      unless,
    })
    if (stored !== undefined) {
      const { path } = content
      const isSteady = path !== undefined && before !== undefined && after !== undefined && sameContents(before, after)
      // Only the size of what is stored was looked at.
      const alternative = isSteady ? guard(content, path, { digest, size }, after, transfer) : undefined
      return { digest, size, content: named(stored, content.name), ...(alternative && { alternative }) }
    }
    remember(owner, to)
    return {
      digest,
      size,
      content: createFileContent(to, slices, { stability: "frozen", size, name: content.name, owned: digest }),
    }
  }
  const remember = (owner: object, path: string) => {
    const paths = taken.get(owner) ?? new Set()
    taken.set(owner, paths.add(path))
  }

  return {
    async take(content, stageOptions) {
      const { stability } = content
      const mustKeep = stability === "once" || (stability === "volatile" && stageOptions.keep)
      return mustKeep ? snapshot(content, stageOptions) : hashOnly(content, stageOptions)
    },
    async release(owner) {
      const paths = taken.get(owner)
      if (paths === undefined) return
      taken.delete(owner)
      for (const path of paths) await slices.run(() => orStorageError("remove", path, () => rmSync(path, { force: true })))
    },
    sweep: ({ signal } = {}) => sweepTemporary(root, slices, { maxAgeMs: MAX_AGE_MS, signal }),
  }
}

function named(content: Content, name: string | undefined): Content {
  return name === undefined ? content : { ...content, name }
}

/** `content`, which is a file of somebody else's, refusing to be read once the file is not what was hashed. */
function guard(content: Content, path: string, hashed: StoredFile, identity: FileIdentity, transfer: NodeTransfer): FileContent {
  let seen = identity
  const check = async ({ signal }: CallOptions) => {
    const stat = await transfer.slices.run(() => orStorageError("read", path, () => statSync(path, { bigint: true })), signal)
    const now = identityOf(stat)
    if (!sameContents(seen, now)) throw changed(path, hashed.digest)
    if (seen.ctimeNs === now.ctimeNs) return
    // Only the mode or the links changed, or somebody set the old time again: the bytes decide.
    const { digest, after } = await transfer.transfer({ from: path, signal })
    if (digest !== hashed.digest) throw changed(path, hashed.digest, digest)
    seen = after
  }
  return {
    ...content,
    path,
    size: hashed.size,
    [checkUnchanged]: check,
    stream(options = {}) {
      let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
      const pull = async () => {
        if (reader === undefined) {
          await check(options)
          reader = content.stream(options).getReader()
        }
        return (await reader.read()).value
      }
      return pullStream({ pull, cancel: (reason) => reader?.cancel(reason) }, options.signal)
    },
    async bytes(options = {}) {
      await check(options)
      const reading = createFileContent(path, transfer.slices, { stability: "volatile" })
      return reading.bytes!(options)
    },
  }
}

function changed(path: string, expected: Digest, actual?: Digest | undefined): DigestMismatchError {
  return new DigestMismatchError(
    `"${path}" changed since it was added; add it again, or pass policy: "mutable" so that a snapshot is kept from the start`,
    { path, expected, ...(actual === undefined ? {} : { actual }) },
  )
}

const sessions = new Set<string>()

function removeAtExit(path: string): void {
  if (sessions.size === 0) {
    process.once("exit", () => {
      for (const session of sessions) rmSync(session, { recursive: true, force: true })
    })
  }
  sessions.add(path)
}
