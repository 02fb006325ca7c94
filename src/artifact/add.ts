import { checkBoolean, checkFunction, checkString, oneOf } from "../core/check.ts"
import { digestToHex } from "../core/digest-text.ts"
import type { Entry } from "../core/entry.ts"
import { refuseOtherContent } from "../core/manifest.ts"
import { baseName, entryPath, joinEntryPath } from "../core/path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content, StagedContent, WalkOptions } from "../ports.ts"
import { checkCall } from "./call.ts"
import { forEachConcurrent } from "./for-each-concurrent.ts"
import { type OnProgress, type Progress, trackFile, trackProgress } from "./progress.ts"
import { type DirectorySource, type FileSource, listSource, openSource } from "./sources.ts"
import type { ArtifactState } from "./state.ts"

/** `"mutable"`: a snapshot is taken, later changes do not reach the artifact. `"immutable"`: none is, and a change is an error. */
export type Policy = "mutable" | "immutable"

export interface AddFileOptions extends CallOptions {
  /** Entry path. Default: the base name of the source. */
  readonly name?: string | undefined
  /** Name the entry after its content, so that temporary files never collide. */
  readonly isTmp?: boolean | undefined
  /** Do not keep a copy in the local cache after it was uploaded to a registry across a network. */
  readonly skipCache?: boolean | undefined
  /** Default `"mutable"`. */
  readonly policy?: Policy | undefined
  /** Replace an entry that has other content. Default: that is an error. */
  readonly overwrite?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

export interface AddDirOptions extends CallOptions, WalkOptions {
  /** Sub-folder in the artifact. Default: its root. */
  readonly name?: string | undefined
  readonly skipCache?: boolean | undefined
  /** Default `"mutable"`. */
  readonly policy?: Policy | undefined
  /** Replace entries that have other content. Default: that is an error. */
  readonly merge?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

export const checkPolicy = /* @__PURE__ */ oneOf("mutable", "immutable")

/** What adding one file and adding many have in common. */
const additionChecks = { name: checkString, skipCache: checkBoolean, policy: checkPolicy, onProgress: checkFunction }

interface Addition {
  readonly path: string
  readonly source: Content
  readonly staged: StagedContent
}

export async function addFile(state: ArtifactState, source: FileSource, options: AddFileOptions = {}): Promise<Entry> {
  const { isTmp, overwrite, skipCache, signal, onProgress } = checkCall(options, {
    ...additionChecks,
    isTmp: checkBoolean,
    overwrite: checkBoolean,
  })
  state.requireChangeable("addFile")
  const keep = options.policy !== "immutable"
  const name = options.name === undefined ? undefined : entryPath(options.name, "options.name")
  const content = await openSource(source, state.platform, signal)
  const path = name ?? entryPath(defaultName(content), "source")
  return addContent(state, content, { path, keep, isTmp, overwrite, skipCache, signal, onProgress })
}

interface AddContentOptions extends CallOptions {
  readonly path: string
  /** Take a snapshot. Default true. */
  readonly keep?: boolean
  readonly isTmp?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly skipCache?: boolean | undefined
  readonly onProgress?: OnProgress | undefined
}

/** Adds bytes at `path`, or with `isTmp` beside it. */
export async function addContent(state: ArtifactState, content: Content, options: AddContentOptions): Promise<Entry> {
  const { path, keep = true, isTmp, overwrite, skipCache, signal, onProgress } = options
  const staged = await stage(state, path, content, keep, trackProgress(onProgress, 1, content.size), signal)
  const addition = { path: isTmp ? contentName(path, staged) : path, source: content, staged }
  return commitAdditions(state, [addition], { overwrite, skipCache })[0]!
}

export async function addDir(state: ArtifactState, dir: DirectorySource, options: AddDirOptions = {}): Promise<void> {
  const { merge, skipCache, links, ignore, signal } = checkCall(options, {
    ...additionChecks,
    merge: checkBoolean,
    links: oneOf("follow", "files", "skip", "error"),
    ignore: checkFunction,
  })
  state.requireChangeable("addDir")
  const keep = options.policy !== "immutable"
  const root = options.name === undefined || options.name === "" ? "" : entryPath(options.name, "options.name")
  const progress = trackProgress(options.onProgress)
  const additions: Addition[] = []
  const files = listSource(dir, state.platform, { signal, links, ignore })
  await forEachConcurrent(
    files,
    state.platform.concurrency,
    async ([name, source], stop) => {
      const path = joinEntryPath(root, name, "dir")
      additions.push({ path, source, staged: await stage(state, path, source, keep, progress, stop) })
    },
    { signal },
  )
  // All at once, so that a failure half-way leaves the draft as it was.
  commitAdditions(state, additions, { overwrite: merge, skipCache })
}

async function stage(
  state: ArtifactState,
  path: string,
  content: Content,
  keep: boolean,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<StagedContent> {
  const { onBytes, done } = trackFile(progress, "hash", path)
  const staged = await state.platform.stage().take(content, { owner: state, keep, signal, onBytes })
  done(staged.size)
  return staged
}

/** Puts what was staged into the manifest: all of it, or nothing when one path is taken, or comes twice with different content. */
export function commitAdditions(
  state: ArtifactState,
  additions: readonly Addition[],
  options: { overwrite: boolean | undefined; skipCache: boolean | undefined },
): Entry[] {
  const manifest = state.requireChangeable("add")
  if (!options.overwrite) for (const { path, staged } of additions) refuseOtherContent(manifest.get(path), path, staged.digest)
  refuseTwins(additions)
  return additions.map(({ path, source, staged }) => {
    const { digest, size } = staged
    const entry = manifest.add({ path, digest, size }, { overwrite: options.overwrite })
    state.files.set(path, { ...staged, skipCache: options.skipCache ?? false })
    if (source.path !== undefined) state.localNames.set(source.path, path)
    return entry
  })
}

/** Sources are read side by side, so which of two came last would be chance. */
function refuseTwins(additions: readonly Addition[]): void {
  const digests = new Map<string, string>()
  for (const { path, staged } of additions) {
    if ((digests.get(path) ?? staged.digest) !== staged.digest) {
      throw new InvalidArgumentError("dir", `"${path}" comes twice, with different content; give each source a path of its own`, {
        path,
      })
    }
    digests.set(path, staged.digest)
  }
}

function contentName(path: string, { digest }: StagedContent): string {
  const slash = path.lastIndexOf("/") + 1
  const [, ...suffixes] = path.slice(slash).split(".")
  return path.slice(0, slash) + [digestToHex(digest).slice(0, 20), ...suffixes].join(".")
}

function defaultName(content: Content): string {
  if (content.name) return baseName(content.name)
  throw new InvalidArgumentError(
    "options.name",
    'This source has no name of its own: pass the entry\'s path, as in addFile(blob, { name: "images/1.png" })',
  )
}
