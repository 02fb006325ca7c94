import { defaultRoot } from "../artifact/target.ts"
import { type Artifact, DigestMismatchError, EntryNotFoundError, isArtifactError } from "../index.ts"
import type { Answer } from "./answer.ts"
import { findArtifact, type Session } from "./session.ts"
import { count, formatBytes, table } from "./units.ts"

const pathsShown = 20

interface VerifyOptions {
  readonly root?: string
  readonly stored?: true
  readonly all?: true
}

/** Exit code 4, and every path that is wrong, when anything differs. */
export async function verify(session: Session, [name]: readonly [string], options: VerifyOptions): Promise<Answer> {
  const artifact = await findArtifact(session, name)
  const { root, stored } = options
  const { onProgress } = session.bar
  try {
    const report = await artifact.verify(root, { stored, onProgress, signal: session.signal })
    const { verified, bytes, unverified } = report
    const lines = [`${artifact.qualifiedName} is right: ${count(verified, "file")}, ${formatBytes(bytes)}`]
    if (unverified.length > 0) lines.push(`${count(unverified.length, "reference")} not checked`)
    return { json: { name: artifact.qualifiedName, ...report }, lines }
  } catch (error) {
    if (!isArtifactError(error) || error.code !== "DIGEST_MISMATCH") throw error
    if (!stored) await requireRoot(session, artifact, root)
    throw tellFaults(session, artifact, error.details, options)
  }
}

/** That every file is missing is better told as what it most likely is. */
async function requireRoot({ platform }: Session, artifact: Artifact, root: string | undefined): Promise<void> {
  const place = root ?? defaultRoot(platform, artifact.sourceName)
  const { name } = await platform.directory(place)
  if ((await platform.locate(name)) !== undefined) return
  const message = `There is no ${name}: isofact get ${artifact.sourceName} first, or say with --root where its files are; --stored hashes what the registry has`
  throw new EntryNotFoundError(message, { path: name })
}

/** One line per path; the error that remains to be told says how many they are. */
function tellFaults(session: Session, artifact: Artifact, details: DigestMismatchError["details"], options: VerifyOptions): Error {
  const { damaged = [], missing = [], extra = [] } = details
  const rows = [
    ...damaged.map((path) => ["damaged", path]),
    ...missing.map((path) => ["missing", path]),
    ...extra.map((path) => ["extra", path]),
  ]
  const shown = options.all ? rows : rows.slice(0, pathsShown)
  const lines = table(shown)
  if (shown.length < rows.length) lines.push(`and ${count(rows.length - shown.length, "more path")}: --all lists them`)
  session.bar.end()
  if (!session.options.json) session.tell({ json: undefined, lines })
  const counts = [
    [damaged.length, "damaged"],
    [missing.length, "missing"],
    [extra.length, "not in the artifact"],
  ] as const
  const text = counts.filter(([number]) => number > 0).map(([number, what]) => `${number.toLocaleString("en-US")} ${what}`)
  return new DigestMismatchError(`${artifact.qualifiedName} differs: ${text.join(", ")}`, details)
}
