import { placeOf as placeIn } from "../artifact/place.ts"
import { createNodePlatform, type NodePlatform } from "../doors/node.ts"
import {
  Api,
  type Artifact,
  EntryNotFoundError,
  InvalidArgumentError,
  isArtifactError,
  type ProjectRef,
  type Registry,
} from "../index.ts"
import { type Answer, printable } from "./answer.ts"
import { type Bar, createBar } from "./bar.ts"
import { ask } from "./node-ask.ts"

/** What every command takes. */
export interface GlobalOptions {
  readonly json?: true
  readonly quiet?: true
  readonly debug?: true
  readonly registry?: string
  readonly entity?: string
  readonly project?: string
}

/** What a command works with. */
export interface Session {
  readonly options: GlobalOptions
  readonly platform: NodePlatform
  readonly signal: AbortSignal
  readonly bar: Bar
  /** The answer, before the command ends. */
  tell(answer: Answer): void
  /** A line for people, on stderr; nothing with `--quiet` or `--json`. */
  say(line: string): void
  /** Resolves when it may go on. @throws InvalidArgumentError when nobody can be asked @throws Error when the answer is no */
  confirm(question: string, isSure: boolean | undefined): Promise<void>
}

export function createSession(options: GlobalOptions, signal: AbortSignal): Session {
  const isSilent = options.json === true || options.quiet === true
  const { stderr, stdin } = process
  const bar = createBar(!isSilent && stderr.isTTY ? stderr : undefined)
  const say = (line: string) => {
    if (isSilent) return
    bar.clear()
    stderr.write(`${printable(line)}\n`)
  }
  return {
    options,
    platform: createNodePlatform(),
    signal,
    bar,
    say,
    tell({ json, lines }) {
      if (options.json) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
      else for (const line of lines) process.stdout.write(`${printable(line)}\n`)
    },
    async confirm(question, isSure) {
      if (isSure) return
      if (options.json || !stdin.isTTY || !stderr.isTTY) {
        throw new InvalidArgumentError("--yes", `${question} Add --yes to do it, or --dry-run to see what it would do`)
      }
      if (!(await ask(`${printable(question)} [y/N] `, signal))) throw new Error("Nothing was done, as you wished")
    },
  }
}

interface OpenOptions {
  /** Default: the place of `--registry`. */
  readonly place?: string | undefined
  /** Whether the command writes, so that an embedded registry may be made. Default false. */
  readonly create?: boolean | undefined
}

const wandbWord = "wandb"
/** What would be a directory is more likely a server whose https:// was left out. */
const hostName = /^(localhost|[a-z\d-]+(\.[a-z\d-]+)*\.[a-z]{2,})(\/.*)?$/i

export function isRemotePlace(place: string | undefined): place is string {
  return place === wandbWord || /^https?:\/\//i.test(place ?? "")
}

/** Where `--registry` leads, or without it `WANDB_MODE=online`; undefined for this directory. */
export function registryPlace({ options, platform }: Session): string | undefined {
  return options.registry ?? (platform.remoteRegistry?.() && wandbWord)
}

/** The registry at a place: a directory, an address, or `wandb` for W&B's cloud. */
export async function openRegistry(
  session: Session,
  { place = registryPlace(session), create }: OpenOptions = {},
): Promise<Registry> {
  if (!isRemotePlace(place)) return openEmbedded(session, { place, create })
  const registry = await openRemote(session, place)
  if (session.options.registry === undefined) session.say(`in ${registry.name}, as WANDB_MODE=online says`)
  return registry
}

async function openRemote({ platform, options, say }: Session, place: string): Promise<Registry> {
  const [{ wandb }, { createConnection }] = await Promise.all([import("../wandb/wandb.ts"), import("./connection.ts")])
  const { entity, project } = options
  const baseUrl = place === wandbWord ? undefined : place
  const { fetch } = createConnection(place, { say })
  return wandb({ baseUrl, entity, project, apiKey: platform.env("WANDB_API_KEY"), hasher: platform.hasher, fetch })
}

/** The registry of a directory. @throws EntryNotFoundError when there is none and none is to be made */
export async function openEmbedded(
  { platform, options }: Session,
  { place = options.registry, create = false }: OpenOptions = {},
): Promise<ReturnType<NodePlatform["registry"]>> {
  const dir = place && directoryOf(place)
  if (isRemotePlace(dir))
    throw new InvalidArgumentError("--registry", "This needs a registry of your own: give its directory as --registry")
  if (dir !== undefined && hostName.test(dir) && (await platform.locate(dir)) === undefined) {
    const message = `There is no directory ${dir}: write https://${dir} for a server, or ./${dir} for a directory that is to be made`
    throw new InvalidArgumentError("--registry", message)
  }
  if (!create && (await platform.locate(homeOf(dir)))?.kind !== "directory") {
    const message = `There is no registry in ${dir ?? "this directory"}: log something there, or name another place with --registry`
    throw new EntryNotFoundError(message, { path: dir ?? "." })
  }
  return platform.registry({ dir })
}

/** Where the registry of a directory keeps what it has. */
export function homeOf(dir: string | undefined): string {
  return `${directoryOf(dir ?? ".")}/.isofact`
}

/** Also of whoever names the folder inside it. */
function directoryOf(place: string): string {
  return place.replace(/[\\/]\.isofact[\\/]?$/, "")
}

/** What is at the registry, by the names of the command line. */
export function openApi({ platform, options }: Session, registry: Registry): Api {
  const { entity, project } = options
  return new Api({ registry, platform, entity, project })
}

/** The entity and project meant by names without them. */
export function placeOf({ platform, options, signal }: Session, registry: Registry): Promise<ProjectRef> {
  return placeIn(registry, platform, options, { signal })
}

/** The version that a name of the command line means. @throws EntryNotFoundError */
export async function findArtifact(
  session: Session,
  name: string,
  { type, ...options }: { readonly type?: string | undefined; readonly registry?: Registry | undefined } = {},
): Promise<Artifact> {
  const registry = options.registry ?? (await openRegistry(session))
  const api = openApi(session, registry)
  try {
    return await api.artifact(name, { type, manifest: "lazy", signal: session.signal })
  } catch (cause) {
    if (!isArtifactError(cause) || cause.code !== "ENTRY_NOT_FOUND") throw cause
    const message = `There is no artifact "${name}" in ${registry.name}; isofact ls shows which there are`
    throw new EntryNotFoundError(message, { path: name }, { cause })
  }
}
