import { comparePaths } from "../core/path.ts"
import { type Artifact, EntryNotFoundError, InvalidArgumentError, type ProjectRef, type Registry } from "../index.ts"
import type { Answer } from "./answer.ts"
import { describeArtifact } from "./describe.ts"
import { findArtifact, openApi, openRegistry, placeOf, type Session } from "./session.ts"
import { formatBytes, table } from "./units.ts"

interface LsOptions {
  readonly type?: string
}

/** As `wandb artifact ls` for a project; deeper paths list versions and files. */
export async function ls(session: Session, [path]: readonly [string | undefined], options: LsOptions): Promise<Answer> {
  const registry = await openRegistry(session)
  const colon = path?.indexOf(":") ?? -1
  if (path !== undefined && colon >= 0) return listFiles(session, registry, path)
  const parts = path?.split("/") ?? []
  if (parts.length > 3 || parts.includes("")) {
    throw new InvalidArgumentError("path", `"${path}" is no path: write project, entity/project or entity/project/name[:alias]`)
  }
  const place = await placeOf(session, registry)
  if (parts.length === 3) return listVersions(session, registry, parts as [string, string, string], options)
  const [project = place.project, entity = place.entity] = parts.toReversed()
  return listCollections(session, registry, { entity, project }, { ...options, place })
}

async function listCollections(
  { signal }: Session,
  registry: Registry,
  ref: ProjectRef,
  { type, place }: LsOptions & { readonly place: ProjectRef },
): Promise<Answer> {
  if ((await registry.getProject(ref, { signal })) === undefined) {
    throw await noProject(registry, ref, place, signal)
  }
  const json: object[] = []
  const rows: string[][] = []
  for await (const collection of registry.collections(ref, type, { signal })) {
    const { value: latest } = await registry.versions(collection, { signal })[Symbol.asyncIterator]().next()
    const { collection: name, kind, description, tags } = collection
    const updatedAt = latest === undefined ? null : (latest.version.updatedAt ?? latest.version.createdAt)
    const version = latest === undefined ? null : `v${latest.index}`
    json.push({ name, type: collection.type, kind, description, tags, version, updatedAt, size: latest?.version.size ?? 0 })
    const size = formatBytes(latest?.version.size ?? 0).padStart(9)
    rows.push([collection.type, updatedAt ?? "N/A", size, version === null ? `${name} (no versions)` : `${name}:${version}`])
  }
  return { json, lines: table(rows) }
}

const shownProjects = 10

/** Tells what there is instead, which is also how to see the projects of a registry. */
async function noProject(
  registry: Registry,
  { entity, project }: ProjectRef,
  place: ProjectRef,
  signal: AbortSignal,
): Promise<Error> {
  const path = `${entity}/${project}`
  const others: string[] = []
  for await (const other of registry.projects(undefined, { signal })) {
    if (others.push(others.length < shownProjects ? `${other.entity}/${other.project}` : "more") > shownProjects) break
  }
  const there = others.length > 0 ? `there are ${others.join(", ")}` : "it has none yet"
  const isArtifact = entity === place.entity && (await registry.getCollection({ ...place, collection: project }, { signal }))
  const name = isArtifact ? `${place.entity}/${place.project}/${project}` : "entity/project/name"
  const message = `There is no project ${path} in ${registry.name}; ${there}. Versions of an artifact: isofact ls ${name}`
  return new EntryNotFoundError(message, { path })
}

async function listVersions(
  session: Session,
  registry: Registry,
  [entity, project, name]: readonly [string, string, string],
  { type }: LsOptions,
): Promise<Answer> {
  const { signal } = session
  const record = await registry.getCollection({ entity, project, collection: name }, { signal })
  if (record === undefined) {
    const path = `${entity}/${project}/${name}`
    throw new EntryNotFoundError(`There is no artifact ${path} in ${registry.name}; isofact ls ${entity}/${project} lists them`, {
      path,
    })
  }
  const api = openApi({ ...session, options: { ...session.options, entity, project } }, registry)
  const artifacts: Artifact[] = []
  for await (const artifact of api.artifacts(type ?? record.type, name, { signal })) artifacts.push(artifact)
  const rows = artifacts.map(({ createdAt, size, version, aliases }) => [
    createdAt,
    formatBytes(size).padStart(9),
    `${name}:${version}`,
    aliases.join(", "),
  ])
  return { json: artifacts.map(describeArtifact), lines: table(rows) }
}

async function listFiles(session: Session, registry: Registry, name: string): Promise<Answer> {
  const artifact = await findArtifact(session, name, { registry })
  const manifest = await artifact.loadManifest({ signal: session.signal })
  const entries = [...manifest.entries.values()].sort((a, b) => comparePaths(a.path, b.path))
  const rows = entries.map(({ path, size, ref }) => [
    (size === undefined ? "" : formatBytes(size)).padStart(9),
    ref === undefined ? path : `${path} -> ${ref}`,
  ])
  return { json: entries, lines: table(rows) }
}
