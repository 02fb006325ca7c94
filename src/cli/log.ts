import { Artifact, EntryNotFoundError, InvalidArgumentError, init, type Registry, type Run } from "../index.ts"
import type { Answer } from "./answer.ts"
import { describeArtifact, summarize } from "./describe.ts"
import { openRegistry, placeOf, type Session } from "./session.ts"
import { parseSeconds } from "./units.ts"

interface LogOptions {
  readonly name?: string
  readonly type: string
  readonly description?: string
  readonly alias?: readonly string[]
  readonly tag?: readonly string[]
  readonly metadata?: string
  readonly ttl?: string
  readonly id?: string
  readonly skipCache?: true
  readonly ignore?: readonly RegExp[]
  readonly links: "follow" | "files" | "skip" | "error"
  readonly checksum: boolean
  readonly policy: "mutable" | "immutable"
}

/** Logs a file, a directory or an address by a run of its own, as `wandb artifact put` does. */
export async function log(session: Session, [path]: readonly [string], options: LogOptions): Promise<Answer> {
  const { platform, signal } = session
  const { entity, project, name } = splitName(options.name ?? lastPart(platform.resolvePath, path))
  const metadata = options.metadata === undefined ? undefined : parseMetadata(options.metadata)
  const { registry, wasThere } = watchCreation(await openRegistry(session, { create: true }))
  const place = await placeOf(session, registry)
  const artifact = new Artifact(name, options.type, { description: options.description, metadata, platform })
  if (options.ttl !== undefined) artifact.ttl = { seconds: parseSeconds("--ttl", options.ttl) }
  await add(session, artifact, path, options)
  const run = await init({
    registry,
    platform,
    entity: entity ?? place.entity,
    project: project ?? place.project,
    id: options.id,
    jobType: "cli_put",
    config: { path },
    signal,
  })
  await finishing(run, () =>
    run.logArtifact(artifact, { aliases: options.alias, tags: options.tag, onProgress: session.bar.onProgress, signal }),
  )
  const unchanged = wasThere()
  const line = `${unchanged ? "unchanged, it is already " : ""}${summarize(artifact)}`
  return { json: { ...describeArtifact(artifact), unchanged }, lines: [line] }
}

/** Sees whether the registry had a version of this content. */
function watchCreation(registry: Registry): { readonly registry: Registry; wasThere(): boolean } {
  let wasThere = false
  const createVersion: Registry["createVersion"] = async (input, options) => {
    const pending = await registry.createVersion(input, options)
    wasThere = pending.state === "COMMITTED"
    return pending
  }
  return { registry: { ...registry, createVersion }, wasThere: () => wasThere }
}

function splitName(text: string): { entity?: string | undefined; project?: string | undefined; name: string } {
  const [name, project, entity, ...others] = text.split("/").reverse() as [string, string?, string?, ...string[]]
  if (others.length === 0 && name !== "") return { entity, project, name }
  throw new InvalidArgumentError("--name", `"${text}" is no name: write name, project/name or entity/project/name with --name`)
}

/** Of an address as it stands; of a path as it is once `.` and `..` are gone. */
function lastPart(resolve: (path: string) => string, path: string): string {
  const whole = path.includes("://") ? path : resolve(path)
  return whole.split(/[\\/]/).filter(Boolean).at(-1) ?? path
}

function parseMetadata(text: string): { readonly [key: string]: unknown } {
  try {
    return JSON.parse(text) as { readonly [key: string]: unknown }
  } catch {
    throw new InvalidArgumentError("--metadata", `--metadata must be JSON, such as '{"key": 1}'`)
  }
}

async function add({ platform, signal, bar }: Session, artifact: Artifact, path: string, options: LogOptions): Promise<void> {
  const { policy, skipCache, checksum, links } = options
  const { onProgress } = bar
  const ignore = (entry: string) => options.ignore?.some((glob) => glob.test(entry)) === true
  const kind = path.includes("://") ? "address" : (await platform.locate(path))?.kind
  if (kind === "address") await artifact.addReference(path, { checksum, signal })
  else if (kind === "directory") await artifact.addDir(path, { policy, skipCache, links, ignore, onProgress, signal })
  else if (kind === "file") await artifact.addFile(path, { policy, skipCache, onProgress, signal })
  else throw new EntryNotFoundError(`There is no file or directory "${path}"; an address has :// in it`, { path })
}

/** The run ends with what became of the work. */
async function finishing(run: Run, work: () => Promise<unknown>): Promise<void> {
  let exitCode = 1
  try {
    await work()
    exitCode = 0
  } finally {
    // What failed is the news, not that the run could not be told.
    await run.finish({ exitCode }).catch((error) => {
      if (exitCode === 0) throw error
    })
  }
}
