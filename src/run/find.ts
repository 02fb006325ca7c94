import type { Artifact } from "../artifact/artifact.ts"
import type { Session } from "../artifact/session.ts"
import { checkString, oneOf } from "../core/check.ts"
import { parseArtifactPath } from "../core/path-string.ts"
import { EntryNotFoundError, InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Membership, ProjectRef } from "../ports.ts"

export interface UseOptions extends CallOptions {
  /** What the artifact must be; another type is an error. */
  readonly type?: string | undefined
  /** `"lazy"`: leave the manifest where it is until `loadManifest()` or a verb that needs it. */
  readonly manifest?: "lazy" | undefined
}

export const useChecks = { type: checkString, manifest: oneOf("lazy") }

/** The version that `[entity/][project/]name[:alias]` means; `latest` when there is no alias. */
export async function findArtifact(
  session: Session,
  defaults: ProjectRef,
  text: string,
  options: UseOptions,
  argument = "name",
): Promise<Artifact> {
  const { type, manifest, signal } = options
  const member = await findMember(session, defaults, text, { signal }, argument)
  if (member === undefined) {
    throw new EntryNotFoundError(
      `No artifact "${text}" in ${session.registry.name}; see which there are with new Api().artifactCollections()`,
      {
        path: text,
      },
    )
  }
  if (type !== undefined && member.version.type !== type) {
    throw new InvalidArgumentError("options.type", `"${text}" is of type "${member.version.type}", not "${type}"`)
  }
  const { collection, alias } = parseArtifactPath(text)
  const artifact = session.openArtifact(member, alias && `${collection}:${alias}`)
  if (manifest !== "lazy") await artifact.loadManifest({ signal })
  return artifact
}

export function findMember(
  session: Session,
  defaults: ProjectRef,
  text: string,
  options: CallOptions,
  argument = "name",
): Promise<Membership | undefined> {
  const { entity = defaults.entity, project = defaults.project, ...rest } = parseArtifactPath(text, argument)
  return session.registry.findVersion({ entity, project, ...rest }, options)
}
