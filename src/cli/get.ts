import type { Answer } from "./answer.ts"
import { findArtifact, type Session } from "./session.ts"
import { count, formatBytes } from "./units.ts"

interface GetOptions {
  readonly root?: string
  readonly type?: string
  readonly pathPrefix?: string
  readonly match?: RegExp
  readonly skipCache?: true
  readonly allowMissingReferences?: true
  readonly concurrency?: number
}

/** Writes a version's files into a directory; what is there already and right is not written again. */
export async function get(session: Session, [name]: readonly [string], options: GetOptions): Promise<Answer> {
  const { bar, signal } = session
  const { root, type, pathPrefix, match, skipCache, allowMissingReferences, concurrency } = options
  const artifact = await findArtifact(session, name, { type })
  const done = { written: 0, unchanged: 0, missing: 0, unverified: 0, bytes: 0 }
  const place = await artifact.download(root, {
    pathPrefix,
    match,
    skipCache,
    allowMissingReferences,
    concurrency,
    signal,
    onProgress(event) {
      bar.onProgress(event)
      done.bytes = event.bytesDone
      if (!event.fileDone) return
      if (event.proof === "none") done.unverified++
      if (event.type !== "skip") done.written++
      else if (event.reason === "missing") done.missing++
      else done.unchanged++
    },
  })
  const { qualifiedName, version } = artifact
  const text = `${count(done.written, "file")} written, ${done.unchanged} unchanged, ${formatBytes(done.bytes)}`
  const unproven = `${count(done.unverified, "reference")} unverified: nothing was recorded to compare`
  return {
    json: { name: qualifiedName, version, root: place, ...done },
    lines: [place, text, ...(done.unverified > 0 ? [unproven] : [])],
  }
}
