import { EntryNotFoundError } from "../index.ts"
import type { Answer } from "./answer.ts"
import { describeArtifact, summarize, versionName } from "./describe.ts"
import { findArtifact, type Session } from "./session.ts"

/** An alias is at one version: given to another it leaves where it was. */
export async function alias(
  session: Session,
  [name, aliases]: readonly [string, readonly string[]],
  { remove }: { readonly remove?: true },
): Promise<Answer> {
  const artifact = await findArtifact(session, name)
  const unknown = remove ? aliases.filter((alias) => !artifact.aliases.includes(alias)) : []
  if (unknown.length > 0) {
    const message = `${versionName(artifact)} has no alias ${unknown.join(", ")}; it has ${artifact.aliases.join(", ") || "none"}`
    throw new EntryNotFoundError(message, { path: name })
  }
  artifact.aliases = remove
    ? artifact.aliases.filter((known) => !aliases.includes(known))
    : [...new Set([...artifact.aliases, ...aliases])]
  await artifact.save({ signal: session.signal })
  return { json: describeArtifact(artifact), lines: [summarize(artifact)] }
}
