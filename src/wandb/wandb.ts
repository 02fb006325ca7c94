/** W&B's service, or one that speaks its protocol, as a registry. @module */

import { createJsHasher } from "../bytes/js-hasher.ts"
import { SharedAnswers } from "../bytes/shared-answers.ts"
import { untilAborted } from "../bytes/streams.ts"
import { checkFunction, checkOptions, checkPositiveInteger, checkString, type OptionChecks, refuse } from "../core/check.ts"
import { checkEntityName, checkProjectName } from "../core/names.ts"
import { Remembered } from "../core/remember.ts"
import { InvalidArgumentError, isArtifactError } from "../errors.ts"
import type { CallOptions, Hasher, Registry } from "../ports.ts"
import { serverFeatures, viewer } from "./account-documents.ts"
import { createAsk } from "./ask.ts"
import * as changing from "./changing.ts"
import * as collections from "./collections.ts"
import type { Context } from "./context.ts"
import { appUrlOf, authorizationOf, checkApiKey, checkBaseUrl, createCleaner } from "./credentials.ts"
import { readEnvironment } from "./environment.ts"
import * as fetching from "./fetching.ts"
import { createFileAddresses } from "./file-addresses.ts"
import * as files from "./files.ts"
import { createHttp } from "./http.ts"
import * as logging from "./logging.ts"
import { createOrganizations } from "./organizations.ts"
import { createPendingVersions } from "./pending.ts"
import * as projects from "./projects.ts"
import * as runs from "./runs.ts"
import { requestUploads } from "./uploads.ts"
import { versionUrl } from "./version-url.ts"

export interface WandbOptions {
  /** Default: `WANDB_API_KEY`, where there is an environment. */
  readonly apiKey?: string | undefined
  /** Default: `WANDB_BASE_URL`, else W&B's cloud, `https://api.wandb.ai`. */
  readonly baseUrl?: string | undefined
  /** Meant when a path names none. Default: `WANDB_ENTITY`, else the key's owner. */
  readonly entity?: string | undefined
  /** Meant when a path names none. Default: `WANDB_PROJECT`, else `"uncategorized"`. */
  readonly project?: string | undefined
  /**
   * Default: the global one. `server.fetch` talks to a server in the same program. An {@link ArtifactError} that it rejects with is
   * final; anything else counts as a failed connection, and is tried again.
   */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
  /** Reads an environment variable. Default: that of Node, Bun and Deno; elsewhere there is none. */
  readonly env?: ((name: string) => string | undefined) | undefined
  /** Hashes what is uploaded in parts. Default: plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /** Milliseconds until a question that has no answer counts as failed. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds without a byte, up or down, until a transfer counts as broken. Default 60,000. */
  readonly stallMs?: number | undefined
  /** Attempts after the first of whatever can be repeated; a download that gets on starts counting anew. Default 10. */
  readonly retries?: number | undefined
  /** Milliseconds: the longest wait before the second attempt; each wait may be twice as long as the one before. Default 500. */
  readonly retryDelayMs?: number | undefined
  /** Files of so many bytes or more go up in parts. Default 2 GiB. */
  readonly multipartBytes?: number | undefined
  /** Bytes of a part. Default 100 MiB, more where that would be over 10,000 parts. */
  readonly partBytes?: number | undefined
  /** Files more than twice as long come down in parts of so many bytes, a few at a time. Default 16 MiB; at most six are held in memory. */
  readonly downloadPartBytes?: number | undefined
}

const optionChecks: OptionChecks<WandbOptions> = {
  apiKey: checkString,
  baseUrl: checkString,
  entity: (argument, entity) => checkEntityName(entity, argument),
  project: (argument, project) => checkProjectName(project, argument),
  fetch: (argument, fetch) => checkFunction(argument, fetch),
  env: (argument, env) => checkFunction(argument, env),
  hasher: undefined,
  timeoutMs: checkPositiveInteger,
  stallMs: checkPositiveInteger,
  retries: (argument, count) => (count === 0 ? 0 : checkPositiveInteger(argument, count)),
  retryDelayMs: checkPositiveInteger,
  multipartBytes: checkPositiveInteger,
  partBytes: checkPositiveInteger,
  downloadPartBytes: checkPositiveInteger,
}

const defaultBaseUrl = "https://api.wandb.ai"
const defaultProject = "uncategorized"
const defaultMultipartBytes = 2 * 1024 ** 3
const defaultDownloadPartBytes = 16 * 1024 ** 2
const partsInMemory = 6
const keptLayouts = 1000

/**
 * The registry of W&B's service, or of any that speaks its protocol: `createServer` of `isofact/server`, a self-hosted W&B. Nothing is
 * asked of it before a method is called.
 *
 * What fails on the way is repeated where that is safe. What a server asks for in `Retry-After` holds for all that this client asks of it;
 * a request that should wait for more than ten minutes fails instead. No error tells the key or a signed address.
 *
 * @throws InvalidArgumentError naming the option: a missing or malformed key, an address that cannot be one
 */
export function wandb(options: WandbOptions = {}): Registry {
  const context = createContext(options)
  const bind =
    <A extends unknown[], R>(verb: (context: Context, ...args: A) => R) =>
    (...args: A): R =>
      verb(context, ...args)
  return {
    name: context.http.server,
    remote: true,
    defaults: context.defaults,
    canonical: context.organizations.resolve,

    upsertRun: bind(runs.upsertRun),
    updateRun: bind(runs.updateRun),
    heartbeat: bind(runs.heartbeat),
    finishRun: bind(runs.finishRun),
    deleteRun: bind(runs.deleteRun),
    getRun: bind(runs.getRun),
    runs: bind(runs.listRuns),

    createVersion: bind(logging.createVersion),
    requestUploads: bind(requestUploads),
    storeManifest: bind(logging.storeManifest),
    commitVersion: bind(logging.commitVersion),
    useVersion: bind(logging.useVersion),

    findVersion: bind(fetching.findVersion),
    getVersion: bind(fetching.getVersion),
    resolveClientId: bind(fetching.resolveClientId),
    memberships: bind(fetching.listMemberships),
    getManifest: bind(fetching.getManifest),
    openFile: bind(files.openFile),
    fileUrl: bind(files.fileUrl),
    versionUrl: bind(versionUrl),

    updateVersion: bind(changing.updateVersion),
    addAliases: bind(changing.addAliases),
    removeAliases: bind(changing.removeAliases),
    deleteVersion: bind(changing.deleteVersion),
    link: bind(changing.link),
    unlink: bind(changing.unlink),

    loggedBy: bind(runs.loggedBy),
    usedBy: bind(runs.listUsedBy),
    runVersions: bind(runs.runVersions),

    projects: bind(projects.listProjects),
    getProject: bind(projects.getProject),
    upsertProject: bind(projects.upsertProject),
    deleteProject: bind(projects.deleteProject),

    types: bind(collections.listTypes),
    collections: bind(collections.listCollections),
    getCollection: bind(collections.getCollection),
    updateCollection: bind(collections.updateCollection),
    deleteCollection: bind(collections.deleteCollection),
    collectionAliases: bind(collections.listAliases),
    versions: bind(collections.listVersions),
  }
}

function createContext(options: WandbOptions): Context {
  const { hasher = createJsHasher(), env = readEnvironment, ...given } = checkOptions("options", options, optionChecks)
  const { timeoutMs = 60_000, stallMs = 60_000, retries = 10, retryDelayMs = 500, multipartBytes = defaultMultipartBytes } = given
  if (typeof hasher.create !== "function") refuse("options.hasher", "a Hasher", hasher)
  const apiKey = checkApiKey(given.apiKey ?? env("WANDB_API_KEY"))
  const baseUrl = checkBaseUrl(given.baseUrl ?? env("WANDB_BASE_URL") ?? defaultBaseUrl)
  const clean = createCleaner(apiKey)
  const server = `W&B at ${new URL(baseUrl).host}`
  const http = createHttp({ server, retries, retryDelayMs, fetch: given.fetch, timeoutMs, stallMs, clean })
  const authorized = { authorization: authorizationOf(apiKey) }
  const ask = createAsk(http, `${baseUrl}/graphql`, authorized, clean)
  const viewers = new SharedAnswers<string>(1)
  const ownEntity = async () => given.entity ?? env("WANDB_ENTITY") ?? (await viewers.get("viewer", () => askEntity(ask)))
  const organizations = createOrganizations(ask, ownEntity)
  return {
    http,
    ask,
    hasher,
    baseUrl,
    appUrl: (env("WANDB_APP_URL") ?? appUrlOf(baseUrl)).replace(/\/+$/, ""),
    authorized,
    multipartBytes,
    partBytes: given.partBytes,
    parts: { bytes: given.downloadPartBytes ?? defaultDownloadPartBytes, left: partsInMemory },
    stores: { takeNoStreams: false },
    pending: createPendingVersions(ask),
    addresses: createFileAddresses(ask, organizations),
    layouts: new Remembered(keptLayouts),
    organizations,
    hasFeature: createFeatures(ask),
    async defaults({ signal }: CallOptions = {}) {
      signal?.throwIfAborted()
      const project = given.project ?? env("WANDB_PROJECT") ?? defaultProject
      return { entity: await untilAborted(ownEntity(), signal), project }
    },
  }
}

async function askEntity(ask: Context["ask"]): Promise<string> {
  const answer = await ask(viewer, {})
  if (answer.viewer?.entity) return answer.viewer.entity
  throw new InvalidArgumentError("options.entity", "The key's owner has no default entity; pass entity, or set WANDB_ENTITY.")
}

function createFeatures(ask: Context["ask"]): Context["hasFeature"] {
  const features = new SharedAnswers<ReadonlySet<string>>(1)
  const load = async () => {
    try {
      return await ask(serverFeatures, {}, {}, ({ serverInfo }) => {
        return new Set(serverInfo?.features.filter(({ isEnabled }) => isEnabled).map(({ name }) => name))
      })
    } catch (error) {
      // Servers from before there were features refuse the question.
      if (isArtifactError(error) && (error.details.status ?? 500) < 500) return new Set<string>()
      throw error
    }
  }
  return async (name, { signal } = {}) => {
    signal?.throwIfAborted()
    return (await untilAborted(features.get("features", load), signal)).has(name)
  }
}
