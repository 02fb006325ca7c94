import { wrapConfig } from "../core/run-config.ts"
import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, Membership, ProjectRef, RunChanges, RunInput, RunNews, RunRecord, RunRef } from "../ports.ts"
import { absent } from "./ask.ts"
import { gone } from "./changing.ts"
import type { Context } from "./context.ts"
import { allItems, readPage } from "./pages.ts"
import {
  createdBy,
  deleteRun as deleteRunDocument,
  listRuns as listRunsDocument,
  loggedArtifacts,
  runByName,
  type UpsertBucketVariables,
  upsertBucket as upsertBucketDocument,
  usedArtifacts,
  usedBy,
} from "./run-documents.ts"
import { ifGiven, nodesOf, toMemberships, toRun } from "./wire.ts"

const perPage = 100

export async function upsertRun(context: Context, input: RunInput, options: CallOptions = {}): Promise<RunRecord> {
  return upsertBucket(context, variablesOf(input), options)
}

/** What is named by its id alone is edited, and not started. */
export async function updateRun(context: Context, run: RunRef, changes: RunChanges, options: CallOptions = {}): Promise<RunRecord> {
  const { id } = await requireRun(context, run, options)
  return upsertBucket(context, { id, ...variablesOf(changes) }, options)
}

async function upsertBucket({ ask }: Context, variables: UpsertBucketVariables, options: CallOptions): Promise<RunRecord> {
  const run = await ask(upsertBucketDocument, variables, { ...options, retryConflict: true }, ({ upsertBucket }) =>
    ifGiven(upsertBucket?.bucket, toRun),
  )
  if (run !== undefined) return run
  throw new RegistryError("UpsertBucket was answered with nothing", { operation: "UpsertBucket" })
}

function variablesOf({ config, summary, ...given }: RunChanges | RunInput): UpsertBucketVariables {
  return {
    ...given,
    config: config === undefined ? undefined : wrapConfig(textOf(config)),
    summary: summary === undefined ? undefined : textOf(summary),
  }
}

const textOf = (value: object | string) => (typeof value === "string" ? value : JSON.stringify(value))

async function requireRun(context: Context, run: RunRef, options: CallOptions): Promise<RunRecord> {
  const found = await getRun(context, run, options)
  if (found !== undefined) return found
  const path = `${run.entity}/${run.project}/${run.run}`
  throw new EntryNotFoundError(`There is no run ${path}; check the spelling.`, { path: run.run })
}

export async function heartbeat(context: Context, run: RunRef, news: RunNews, options: CallOptions = {}): Promise<void> {
  const files = {
    "wandb-history.jsonl": news.history && { offset: news.history.offset, content: news.history.lines },
    "wandb-summary.json": news.summary === undefined ? undefined : { offset: 0, content: [news.summary] },
  }
  await stream(context, "heartbeat", run, { files }, options)
}

/** The last word of a run's stream of events: without it the run is taken for crashed. */
export async function finishRun(context: Context, run: RunRef, exitCode: number, options: CallOptions = {}): Promise<void> {
  await stream(context, "finishRun", run, { complete: true, exitcode: exitCode }, options)
}

/** protocol.md 6.5. */
async function stream(context: Context, operation: string, run: RunRef, body: object, options: CallOptions): Promise<void> {
  const path = [run.entity, run.project, run.run].map(encodeURIComponent).join("/")
  await context.http.text(
    {
      operation,
      path: run.run,
      method: "POST",
      url: `${context.baseUrl}/files/${path}/file_stream`,
      headers: { ...context.authorized, "content-type": "application/json" },
      body: () => ({ data: JSON.stringify(body) }),
      ...options,
    },
    () => undefined,
  )
}

export async function deleteRun(
  context: Context,
  run: RunRef,
  { deleteVersions = false, signal }: CallOptions & { readonly deleteVersions?: boolean } = {},
): Promise<void> {
  const { id } = await requireRun(context, run, { signal })
  const asking = context.ask(deleteRunDocument, { id, deleteArtifacts: deleteVersions }, { signal, isSlow: true })
  await gone(asking, async () => (await getRun(context, run, { signal })) === undefined)
}

export async function getRun({ ask }: Context, ref: RunRef, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const { entity, project, run } = ref
  return absent(ask(runByName, { entity, project, run }, options, (answer) => ifGiven(answer.project?.run, toRun)))
}

export async function* listRuns(
  { ask }: Context,
  { entity, project }: ProjectRef,
  options: CallOptions = {},
): AsyncGenerator<RunRecord> {
  yield* allItems(listRunsDocument.name, (cursor) =>
    absent(ask(listRunsDocument, { entity, project, cursor, perPage }, options, (answer) => readPage(answer.project?.runs, toRun))),
  )
}

export async function loggedBy({ ask }: Context, id: string, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const creator = await ask(createdBy, { id }, options, ({ artifact }) =>
    ifGiven(artifact, ({ createdBy: node }) => ({ run: node?.__typename === "Run" ? toRun(node) : undefined })),
  )
  return (creator ?? refuseUnknown(id)).run
}

export async function listUsedBy({ ask }: Context, id: string, options: CallOptions = {}): Promise<RunRecord[]> {
  const users = await ask(usedBy, { id }, options, ({ artifact }) =>
    ifGiven(artifact, ({ usedBy: page }) => nodesOf(page).map(toRun)),
  )
  return users ?? refuseUnknown(id)
}

function refuseUnknown(id: string): never {
  throw new EntryNotFoundError(`There is no version with id ${id}; it may have been deleted.`, { path: id })
}

export async function* runVersions(
  { ask }: Context,
  ref: RunRef,
  direction: "logged" | "used",
  options: CallOptions = {},
): AsyncGenerator<Membership> {
  const { entity, project, run } = ref
  const document = direction === "logged" ? loggedArtifacts : usedArtifacts
  const sources = allItems(document.name, (cursor) =>
    absent(
      ask(document, { entity, project, run, cursor, perPage }, options, (answer) =>
        readPage(answer.project?.run?.artifacts, (node) => toMemberships(node)[0]),
      ),
    ),
  )
  for await (const source of sources) if (source !== undefined) yield source
}
