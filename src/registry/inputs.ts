import { checkString, codePointLength, hasLoneSurrogate, refuse } from "../core/check.ts"
import { type ExactMetadata, readMetadata } from "../core/exact-json.ts"
import {
  checkAliases,
  checkArtifactType,
  checkCollectionName,
  checkEntityName,
  checkProjectName,
  checkTags,
  refuseDots,
  registryNameOf,
} from "../core/names.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CollectionRef, ManifestKind, NewVersion, ProjectRef, RunRef, Ttl } from "../ports.ts"

/** Checks of what comes in: a server may expose this registry to strangers, so nothing is taken on trust. */

const hexDigest = /^[0-9a-f]{32}$/
const clientIdText = /^[A-Za-z0-9]{1,128}$/
const maxNameLength = 128

export function checkProject({ entity, project }: ProjectRef): ProjectRef {
  return { entity: checkEntityName(entity), project: checkProjectName(project) }
}

export function checkCollection(ref: CollectionRef): CollectionRef {
  return { ...checkProject(ref), collection: checkCollectionName(ref.collection) }
}

/** Where something may run or be logged: a registry takes links and nothing else. */
function checkHome<T extends ProjectRef>(ref: T): T {
  if (registryNameOf(ref.project) === undefined) return ref
  throw new InvalidArgumentError(
    "project",
    `${ref.project} is a registry, where nothing runs or is logged; use another project, and link its versions into this one.`,
  )
}

/** A run's id: what W&B allows in one, since it becomes part of paths and addresses. */
export function checkRun(run: RunRef): RunRef {
  const id = refuseDots("run", checkName("run", run.run))
  if (/[/\\#?%:\r\n]/.test(id)) refuse("run", "an id without / \\ # ? % : and line breaks", id)
  return checkHome({ ...checkProject(run), run: id })
}

export function checkTtl(ttl: unknown): Ttl {
  if (ttl === null || ttl === "inherit") return ttl
  if (Number.isSafeInteger(ttl) && (ttl as number) > 0) return ttl as number
  return refuse("ttl", 'whole seconds of at least 1, null for never, or "inherit"', ttl)
}

export function checkDescription(description: unknown): string | null {
  return description === null ? null : checkString("description", description)
}

export function checkName(argument: string, value: unknown): string {
  const text = checkString(argument, value)
  if (text === "" || codePointLength(text) > maxNameLength || hasLoneSurrogate(text) || text.includes("\0")) {
    refuse(argument, `1 to ${maxNameLength} characters`, text)
  }
  return text
}

function checkStep(step: unknown): number | null {
  if (step === undefined || step === null) return null
  if (Number.isSafeInteger(step) && (step as number) >= 0) return step as number
  return refuse("historyStep", "a whole number of at least 0", step)
}

/** A {@link NewVersion} with every member checked and every default filled in. */
export interface CheckedVersion extends ExactMetadata {
  readonly ref: CollectionRef
  readonly type: string
  readonly digest: string
  readonly description: string | null
  readonly aliases: readonly string[]
  readonly tags: readonly string[]
  readonly ttl: Ttl | undefined
  readonly run: RunRef | null
  readonly historyStep: number | null
  readonly clientId: string
  readonly baseId: string | null
  readonly distributedId: string | undefined
  readonly kind: ManifestKind
}

export function checkManifestKind(argument: string, kind: unknown): ManifestKind {
  return kind === "FULL" || kind === "INCREMENTAL" || kind === "PATCH"
    ? kind
    : refuse(argument, '"FULL", "INCREMENTAL" or "PATCH"', kind)
}

export function checkNewVersion(input: NewVersion): CheckedVersion {
  if (!hexDigest.test(checkString("digest", input.digest)))
    refuse("digest", "the 32 lower-case hex digits of a manifest digest", input.digest)
  if (!clientIdText.test(checkString("clientId", input.clientId)))
    refuse("clientId", "1 to 128 letters and digits of ASCII", input.clientId)
  return {
    ref: checkHome(checkCollection(input)),
    // Reserved types too: W&B's own client logs tables and code under them, and `Artifact` refuses them to everybody else.
    type: refuseDots("type", checkName("type", input.type)),
    digest: input.digest,
    description: checkDescription(input.description ?? null),
    ...readMetadata(input.metadata ?? {}),
    aliases: checkAliases(input.aliases ?? []),
    tags: checkTags(input.tags ?? []),
    ttl: input.ttl === undefined ? undefined : checkTtl(input.ttl),
    run: input.run === undefined ? null : checkRun(input.run),
    historyStep: checkStep(input.historyStep),
    clientId: input.clientId,
    baseId: input.baseId === undefined ? null : checkString("baseId", input.baseId),
    distributedId: input.distributedId === undefined ? undefined : checkName("distributedId", input.distributedId),
    kind: checkManifestKind("kind", input.kind ?? "FULL"),
  }
}

/** W&B's rules plus what a store needs: not empty, at most 128 characters. */
export function checkType(type: unknown, collection: string): string {
  checkName("type", type)
  return checkArtifactType(type as string, collection)
}
