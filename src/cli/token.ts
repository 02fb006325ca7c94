import { InvalidArgumentError } from "../index.ts"
import type { Action } from "../server/server.ts"
import type { Answer } from "./answer.ts"
import { openOwnServer } from "./own-server.ts"
import { openEmbedded, placeOf, type Session } from "./session.ts"
import { parseSeconds } from "./units.ts"

interface TokenOptions {
  readonly collection?: string
  readonly actions: string
  readonly expires: string
}

/** A key for a page, which the server of this directory takes until it expires: the token alone, so that a script can use it. */
export async function token(session: Session, _: readonly [], options: TokenOptions): Promise<Answer> {
  const registry = await openEmbedded(session)
  if (session.options.project === undefined) {
    throw new InvalidArgumentError(
      "--project",
      "A token is for one project: say which with --project, and which part with --collection",
    )
  }
  const { entity, project } = await placeOf(session, registry)
  const { collection } = options
  const actions = options.actions.split(",") as Action[]
  const expiresInSeconds = parseSeconds("--expires", options.expires)
  const { secret } = await openOwnServer(session)
  const { createServer } = await import("../server/server.ts")
  const server = createServer({ registry, secret, authenticate: () => undefined })
  const text = await server.issueToken({ entity, project, collection, actions, expiresInSeconds })
  const what = [entity, project, ...(collection === undefined ? [] : [collection])].join("/")
  session.say(`to ${actions.join(" and ")} ${what}, for ${options.expires}`)
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1000).toISOString()
  return { json: { token: text, entity, project, collection: collection ?? null, actions, expiresAt }, lines: [text] }
}
