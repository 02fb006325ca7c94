import { EntryNotFoundError, RegistryError } from "../errors.ts"
import type { CallOptions, Membership, ProjectRef, RunInput, RunRecord, RunRef } from "../ports.ts"
import { absent } from "./ask.ts"
import type { Context } from "./context.ts"
import { allNodes } from "./pages.ts"
import {
  createdBy,
  listRuns as listRunsDocument,
  loggedArtifacts,
  runByName,
  upsertBucket,
  usedArtifacts,
  usedBy,
} from "./run-documents.ts"
import { nodesOf, toMemberships, toRun, writeConfig } from "./wire.ts"

const perPage = 100

export async function upsertRun({ ask }: Context, input: RunInput, options: CallOptions = {}): Promise<RunRecord> {
  const { config, ...given } = input
  const variables = { ...given, config: config === undefined ? undefined : writeConfig(config) }
  const answer = await ask(upsertBucket, variables, { ...options, retryConflict: true })
  const bucket = answer.upsertBucket?.bucket
  if (bucket) return toRun(bucket)
  throw new RegistryError("UpsertBucket was answered with nothing", { operation: "UpsertBucket" })
}

/** The last word of a run's stream of events, protocol.md 6.5: without it the run is taken for crashed. */
export async function finishRun(context: Context, run: RunRef, exitCode: number, options: CallOptions = {}): Promise<void> {
  const path = [run.entity, run.project, run.run].map(encodeURIComponent).join("/")
  await context.http.text(
    {
      operation: "finishRun",
      path: run.run,
      method: "POST",
      url: `${context.baseUrl}/files/${path}/file_stream`,
      headers: { ...context.authorized, "content-type": "application/json" },
      body: () => ({ data: JSON.stringify({ complete: true, exitcode: exitCode }) }),
      ...options,
    },
    () => undefined,
  )
}

export async function getRun({ ask }: Context, ref: RunRef, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const { entity, project, run } = ref
  const answer = await absent(ask(runByName, { entity, project, run }, options))
  return answer?.project?.run ? toRun(answer.project.run) : undefined
}

export async function* listRuns(
  { ask }: Context,
  { entity, project }: ProjectRef,
  options: CallOptions = {},
): AsyncGenerator<RunRecord> {
  const nodes = allNodes(listRunsDocument.name, async (cursor) => {
    const answer = await absent(ask(listRunsDocument, { entity, project, cursor, perPage }, options))
    return answer?.project?.runs
  })
  for await (const node of nodes) yield toRun(node)
}

export async function loggedBy({ ask }: Context, id: string, options: CallOptions = {}): Promise<RunRecord | undefined> {
  const { artifact } = await ask(createdBy, { id }, options)
  if (artifact === null) refuseUnknown(id)
  return artifact.createdBy?.__typename === "Run" ? toRun(artifact.createdBy) : undefined
}

export async function listUsedBy({ ask }: Context, id: string, options: CallOptions = {}): Promise<RunRecord[]> {
  const { artifact } = await ask(usedBy, { id }, options)
  if (artifact === null) refuseUnknown(id)
  return nodesOf(artifact.usedBy).map(toRun)
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
  const nodes = allNodes(document.name, async (cursor) => {
    const answer = await absent(ask(document, { entity, project, run, cursor, perPage }, options))
    return answer?.project?.run?.artifacts
  })
  for await (const node of nodes) {
    const [source] = toMemberships(node)
    if (source !== undefined) yield source
  }
}
