import { checkBoolean, checkFunction } from "../core/check.ts"
import type { Digest } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import type { Manifest } from "../core/manifest.ts"
import { comparePaths } from "../core/path.ts"
import { DigestMismatchError, isArtifactError } from "../errors.ts"
import type { CallOptions, Content, Directory } from "../ports.ts"
import { checkCall } from "./call.ts"
import { forEachConcurrent } from "./for-each-concurrent.ts"
import { loadManifest } from "./load.ts"
import { type OnProgress, trackProgress } from "./progress.ts"
import { isRight, useStored } from "./read.ts"
import type { ArtifactState, Logged } from "./state.ts"
import { defaultRoot, openTarget, type Target } from "./target.ts"

export interface VerifyOptions extends CallOptions {
  /**
   * Hash the bytes in the registry instead of a directory. What is damaged there is set aside, so that logging the same content again
   * stores it anew. Default false.
   */
  readonly stored?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

/** What a verification saw. All lists are sorted entry paths. */
export interface VerifyReport {
  /** Files that were hashed and are right. */
  readonly verified: number
  /** Bytes hashed. */
  readonly bytes: number
  /** References, whose bytes are elsewhere: not checked. */
  readonly unverified: readonly string[]
  readonly damaged: readonly string[]
  readonly missing: readonly string[]
  /** Files of the directory that are not in the artifact. */
  readonly extra: readonly string[]
}

type Outcome = "verified" | "damaged" | "missing"

export async function verify(state: ArtifactState, root: Target | undefined, options: VerifyOptions): Promise<VerifyReport> {
  checkCall(options, { stored: checkBoolean, onProgress: checkFunction })
  const logged = state.requireLiving("verify")
  const manifest = await loadManifest(state, options)
  if (options.stored) return verifyStored(logged, manifest, options)
  const target = await openTarget(root, defaultRoot(state.platform, state.sourceName), state.platform, options)
  return verifyDirectory(logged, manifest, target.directory, options)
}

/** Hashes every file of `directory` against the manifest and looks for files too many. */
async function verifyDirectory(
  logged: Logged,
  manifest: Manifest,
  directory: Directory,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const extra: string[] = []
  for await (const { path } of directory.list({ signal: options.signal })) if (manifest.get(path) === undefined) extra.push(path)
  const compare = async (entry: Entry, signal: AbortSignal): Promise<Outcome> => {
    try {
      const right = await isRight(entry, directory, { signal })
      if (right === undefined) return "missing"
      return right ? "verified" : "damaged"
    } catch (error) {
      // Something else stands there, such as a folder or a link: one more difference, no reason to stop.
      if (isArtifactError(error) && error.details.operation === "structure") return "damaged"
      throw error
    }
  }
  return verifyEntries(logged, manifest, compare, extra, directory.name, options)
}

/** Hashes every file where the registry keeps it. */
async function verifyStored(logged: Logged, manifest: Manifest, options: VerifyOptions): Promise<VerifyReport> {
  const { platform, registry } = logged.session
  const compare = async (entry: Entry, signal: AbortSignal): Promise<Outcome> => {
    const hash = async (content: Content, expect: Digest | undefined) => {
      const { digest } = await platform.stage().take(content, { owner: logged, keep: false, signal })
      if (expect !== undefined && digest !== expect) throw new DigestMismatchError("", { expected: expect, actual: digest })
    }
    try {
      await useStored(logged, entry, hash, { signal, skipCache: true })
      return "verified"
    } catch (error) {
      if (!isArtifactError(error)) throw error
      if (error.code === "DIGEST_MISMATCH") return "damaged"
      if (error.code === "ENTRY_NOT_FOUND") return "missing"
      throw error
    }
  }
  return verifyEntries(logged, manifest, compare, [], registry.name, options)
}

async function verifyEntries(
  logged: Logged,
  manifest: Manifest,
  compare: (entry: Entry, signal: AbortSignal) => Promise<Outcome>,
  extra: string[],
  place: string,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const entries = [...manifest.entries.values()]
  const files = entries.filter((entry) => entry.ref === undefined)
  const total = files.reduce((sum, entry) => sum + (entry.size ?? 0), 0)
  const progress = trackProgress(options.onProgress, files.length, total)
  const lists = { verified: [] as string[], damaged: [] as string[], missing: [] as string[] }
  let bytes = 0
  const visit = async (entry: Entry, signal: AbortSignal) => {
    const outcome = await compare(entry, signal)
    lists[outcome].push(entry.path)
    if (outcome === "verified") bytes += entry.size ?? 0
    progress.done("verify", entry.path, entry.size ?? 0)
  }
  await forEachConcurrent(files, logged.session.platform.concurrency, visit, { signal: options.signal })
  const unverified = entries.filter((entry) => entry.ref !== undefined).map((entry) => entry.path)
  const report: VerifyReport = {
    verified: lists.verified.length,
    bytes,
    unverified: unverified.sort(comparePaths),
    damaged: lists.damaged.sort(comparePaths),
    missing: lists.missing.sort(comparePaths),
    extra: extra.sort(comparePaths),
  }
  refuseFaults(report, logged.name, place)
  return report
}

function refuseFaults(report: VerifyReport, name: string, place: string): void {
  const { damaged, missing, extra } = report
  const paths = [...damaged, ...missing, ...extra]
  if (paths.length === 0) return
  const kinds = [
    ["damaged", damaged],
    ["missing", missing],
    ["not in the artifact", extra],
  ] as const
  const parts = kinds.filter(([, list]) => list.length > 0).map(([kind, list]) => `${kind}: ${shorten(list)}`)
  throw new DigestMismatchError(`${place} is not ${name}: ${parts.join("; ")}`, { paths, damaged, missing, extra })
}

function shorten(paths: readonly string[]): string {
  const shown = 100
  return paths.slice(0, shown).join(", ") + (paths.length > shown ? ` and ${paths.length - shown} more (see details.paths)` : "")
}
