import type { Answer } from "./answer.ts"
import { describeArtifact, summarize } from "./describe.ts"
import { findArtifact, type Session } from "./session.ts"

export async function link(
  session: Session,
  [name, target]: readonly [string, string],
  { alias }: { readonly alias?: readonly string[] },
): Promise<Answer> {
  const artifact = await findArtifact(session, name)
  const linked = await artifact.link(target, { ...(alias && { aliases: alias }), signal: session.signal })
  return { json: describeArtifact(linked), lines: [summarize(linked)] }
}
