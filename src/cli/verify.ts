import type { Answer } from "./answer.ts"
import { findArtifact, type Session } from "./session.ts"
import { count, formatBytes } from "./units.ts"

/** Exit code 4, and every path that is wrong, when anything differs. */
export async function verify(
  session: Session,
  [name]: readonly [string],
  { root, stored }: { readonly root?: string; readonly stored?: true },
): Promise<Answer> {
  const artifact = await findArtifact(session, name)
  const report = await artifact.verify(root, { stored, onProgress: session.bar.onProgress, signal: session.signal })
  const { verified, bytes, unverified } = report
  const lines = [`${artifact.qualifiedName} is right: ${count(verified, "file")}, ${formatBytes(bytes)}`]
  if (unverified.length > 0) lines.push(`${count(unverified.length, "reference")} not checked`)
  return { json: { name: artifact.qualifiedName, ...report }, lines }
}
