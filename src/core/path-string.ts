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
  const problem = parts.length > 3 ? "too many parts" : alias === "" || parts.includes("") ? "an empty part" : undefined
  if (problem !== undefined) throw new InvalidArgumentError(argument, `${argument} has ${problem}: ${show(path)}. ${FORM}`)
  const [collection, project, entity] = parts.reverse() as [string, string?, string?]
  return {
    ...(entity !== undefined && { entity }),
    ...(project !== undefined && { project }),
    collection,
    ...(alias !== undefined && { alias }),
  }
}
