import { diffManifests } from "../index.ts"
import { type Answer, exitCodes } from "./answer.ts"
import { findArtifact, openRegistry, type Session } from "./session.ts"

/** One line per path: A added, D removed, M changed. */
export async function diff(
  session: Session,
  names: readonly [string, string],
  options: { readonly exitCode?: true },
): Promise<Answer> {
  const registry = await openRegistry(session)
  const [from, to] = await Promise.all(
    names.map(async (name) => (await findArtifact(session, name, { registry })).loadManifest({ signal: session.signal })),
  )
  const { added, removed, changed } = diffManifests(from!, to!)
  const marked = [
    ...added.map(({ path }) => ["A", path] as const),
    ...removed.map(({ path }) => ["D", path] as const),
    ...changed.map(({ path }) => ["M", path] as const),
  ].sort(([, a], [, b]) => (a < b ? -1 : 1))
  return {
    json: { from: names[0], to: names[1], added, removed, changed },
    lines: marked.map((parts) => parts.join(" ")),
    exitCode: options.exitCode && marked.length > 0 ? exitCodes.mismatch : exitCodes.ok,
  }
}
