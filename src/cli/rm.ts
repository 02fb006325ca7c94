import { ConflictError, EntryNotFoundError, InvalidArgumentError, type Registry } from "../index.ts"
import type { Answer } from "./answer.ts"
import { versionName } from "./describe.ts"
import { findArtifact, openRegistry, placeOf, type Session } from "./session.ts"
import { count } from "./units.ts"

interface RmOptions {
  readonly collection?: true
  readonly deleteAliases?: true
  readonly dryRun?: true
  readonly yes?: true
}

/** Something that can be deleted, and how to call it. */
interface Victim {
  readonly name: string
  readonly what: string
  delete(): Promise<void>
}

/** All names are looked up, and shown with what goes with them, before the first is deleted. */
export async function rm(session: Session, [names]: readonly [readonly string[]], options: RmOptions): Promise<Answer> {
  const registry = await openRegistry(session)
  const victims: Victim[] = []
  for (const name of new Set(names)) {
    victims.push(
      await (options.collection ? findCollection(session, registry, name) : findVersion(session, registry, name, options)),
    )
  }
  const json = { deleted: victims.map(({ name }) => name) }
  if (options.dryRun) {
    return { json: { ...json, dryRun: true }, lines: victims.map(({ name, what }) => `would delete ${name}: ${what}`) }
  }
  for (const { name, what } of victims) session.say(`will delete ${name}: ${what}`)
  await session.confirm(`Delete ${victims.map(({ name }) => name).join(", ")}?`, options.yes)
  for (const victim of victims) await victim.delete()
  return { json, lines: victims.map(({ name }) => `deleted ${name}`) }
}

async function findVersion(session: Session, registry: Registry, name: string, { deleteAliases }: RmOptions): Promise<Victim> {
  if (!name.includes(":")) {
    const message = `"${name}" does not say which version: write ${name}:vN, or add --collection to delete them all`
    throw new InvalidArgumentError("name", message)
  }
  const { signal } = session
  const artifact = await findArtifact(session, name, { registry })
  const { isLink, aliases, fileCount } = artifact
  const full = versionName(artifact)
  if (!isLink && aliases.length > 0 && !deleteAliases) {
    throw new ConflictError(`${full} has aliases (${aliases.join(", ")}); add --delete-aliases to give them up`)
  }
  const what = isLink
    ? "a link, of which the source stays"
    : `${count(fileCount, "file")}${aliases.length > 0 ? `, aliases ${aliases.join(", ")}` : ""}`
  return { name: full, what, delete: () => artifact.delete({ deleteAliases: deleteAliases === true, signal }) }
}

async function findCollection(session: Session, registry: Registry, name: string): Promise<Victim> {
  const { signal } = session
  const place = await placeOf(session, registry)
  const [collection = "", project = place.project, entity = place.entity, ...others] = name.split("/").reverse()
  if (others.length > 0 || collection.includes(":")) {
    throw new InvalidArgumentError("name", `"${name}" is no collection: write name, project/name or entity/project/name`)
  }
  const ref = { entity, project, collection }
  const full = `${entity}/${project}/${collection}`
  const record = await registry.getCollection(ref, { signal })
  if (record === undefined) {
    throw new EntryNotFoundError(`There is no collection ${full} in ${registry.name}; check the spelling`, { path: full })
  }
  let versions = 0
  for await (const _ of registry.versions(ref, { signal })) versions++
  const what = record.kind === "portfolio" ? count(versions, "link") : count(versions, "version")
  return { name: full, what, delete: () => registry.deleteCollection(ref, { signal }) }
}
