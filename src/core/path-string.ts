import { InvalidArgumentError } from "../errors.ts"
import { checkStorable } from "./check.ts"
import { show } from "./show.ts"

/** `[[entity/]project/]collection[:alias]`, taken apart. `entity` comes only with a `project`. */
export interface ArtifactPath {
  readonly entity?: string
  readonly project?: string
  readonly collection: string
  /** An alias, `vN` or a digest. Without one, the latest is meant. */
  readonly alias?: string
}

const FORM = "Write collection, project/collection or entity/project/collection, each with or without :alias."

/**
 * Reads a path string. The first `:` starts the alias, which may itself hold `/` and `:`. Defaults are not filled in.
 *
 * Throws `InvalidArgumentError` for more than three parts, and, where Python takes them as missing, for empty ones: `"/birds"` and
 * `"birds:"` are more likely a variable that was not set.
 */
export function parseArtifactPath(text: unknown, argument = "name"): ArtifactPath {
  const path = checkStorable(argument, text)
  const colon = path.indexOf(":")
  const parts = (colon < 0 ? path : path.slice(0, colon)).split("/")
  const alias = colon < 0 ? undefined : path.slice(colon + 1)
  if (parts.length > 3) fail(argument, path, "has too many parts")
  if (alias === "" || parts.includes("")) fail(argument, path, "has an empty part")
  const [collection, project, entity] = parts.reverse() as [string, string?, string?]
  return {
    ...(entity !== undefined && { entity }),
    ...(project !== undefined && { project }),
    collection,
    ...(alias !== undefined && { alias }),
  }
}

/** The inverse of {@link parseArtifactPath}. Throws `InvalidArgumentError` for parts that would not read back as they are. */
export function formatArtifactPath(path: ArtifactPath): string {
  const { entity, project, collection, alias } = path
  if (entity !== undefined && project === undefined) {
    throw new InvalidArgumentError(
      "path.project",
      "path.project must be given when path.entity is: a path has no place for the entity alone.",
    )
  }
  for (const [key, part] of Object.entries({ entity, project, collection })) {
    if (part !== undefined && /^$|[/:]/.test(part)) fail(`path.${key}`, part, "is empty or has a / or :")
  }
  if (alias === "") fail("path.alias", alias, "is empty")
  const names = [entity, project, collection].filter((part) => part !== undefined)
  return alias === undefined ? names.join("/") : `${names.join("/")}:${alias}`
}

function fail(argument: string, path: string, problem: string): never {
  throw new InvalidArgumentError(argument, `${argument} ${problem}: ${show(path)}. ${FORM}`)
}
