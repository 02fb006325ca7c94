import { plainJson } from "../core/exact-json.ts"
import { randomId } from "../core/random-id.ts"
import { unwrapConfig } from "../core/run-config.ts"
import { ConflictError, InvalidArgumentError } from "../errors.ts"
import type { RunChanges, RunRef } from "../ports.ts"
import { type Call, placeOf, registryFor } from "./call.ts"
import type { Maybe } from "./inputs.ts"
import { demand, forRuns } from "./principal.ts"
import { signedUrl } from "./urls.ts"
import { parseRunId, runId, runView } from "./view-run.ts"

interface UpsertBucketInput {
  readonly id: Maybe<string>
  readonly name: Maybe<string>
  readonly entityName: Maybe<string>
  readonly modelName: Maybe<string>
  readonly groupName: Maybe<string>
  readonly displayName: Maybe<string>
  readonly description: Maybe<string>
  readonly host: Maybe<string>
  readonly notes: Maybe<string>
  readonly config: Maybe<string>
  readonly jobType: Maybe<string>
  readonly state: Maybe<string>
  readonly tags: Maybe<readonly string[]>
  readonly summaryMetrics: Maybe<string>
}

/** A run that starts is known by its name, one that is edited by the id it was given. */
export async function upsertBucket(call: Call, input: UpsertBucketInput) {
  const isEdit = !input.name && input.id
  const { run, inserted } = isEdit ? await editRun(call, parseRunId(isEdit), input) : await startRun(call, input)
  const exitCode = exitCodes.get(input.state ?? "")
  if (exitCode !== undefined) await call.registry.finishRun(run, exitCode, { signal: call.signal })
  return { bucket: runView(call, run), inserted }
}

async function editRun({ registry, signal }: Call, ref: RunRef, input: UpsertBucketInput) {
  return { run: await registry.updateRun(ref, changesOf(input), { signal }), inserted: false }
}

async function startRun(call: Call, input: UpsertBucketInput) {
  const { registry, signal } = call
  const ref = { ...(await placeOf(call, input.entityName, input.modelName)), run: input.name || randomId(8) }
  const before = await registryFor(call, "write").getRun(ref, { signal })
  const run = await registry.upsertRun({ ...ref, ...changesOf(input) }, { signal })
  await ensureProject(call, ref)
  return { run, inserted: before === undefined }
}

/** What is null is left alone. */
function changesOf(input: UpsertBucketInput): RunChanges {
  return {
    displayName: input.displayName || undefined,
    description: input.description ?? undefined,
    host: input.host || undefined,
    jobType: input.jobType || undefined,
    group: input.groupName || undefined,
    notes: input.notes ?? undefined,
    tags: input.tags ?? undefined,
    config: typeof input.config === "string" ? unwrapConfig(input.config) : undefined,
    summary: typeof input.summaryMetrics === "string" ? plainJson(input.summaryMetrics) : undefined,
  }
}

/** A run makes its project, also with a key that may not change projects. */
async function ensureProject({ setup, signal }: Call, { entity, project }: RunRef): Promise<void> {
  const found = await setup.registry.getProject({ entity, project }, { signal })
  if (found === undefined) await setup.registry.upsertProject({ entity, project }, {}, { signal })
}

const exitCodes: ReadonlyMap<string, number> = new Map([
  ["finished", 0],
  ["failed", 1],
  ["crashed", 1],
  ["killed", 1],
])

/** A run that was lost is ended by hand; none waits here to be started. */
export async function updateRunState({ registry, signal }: Call, { id, state }: { readonly id: string; readonly state: string }) {
  if (state !== "failed") throw new InvalidArgumentError("state", `state must be "failed": this server starts no runs.`)
  const ref = parseRunId(id)
  const run = await registry.getRun(ref, { signal })
  if (run?.state === "finished") throw new ConflictError(`The run ${run.run} has finished, and so cannot fail any more.`)
  await registry.finishRun(ref, 1, { signal })
  return { success: true }
}

export async function deleteRun(
  call: Call,
  { id, deleteArtifacts }: { readonly id: string; readonly deleteArtifacts: Maybe<boolean> },
) {
  await call.registry.deleteRun(parseRunId(id), { deleteVersions: deleteArtifacts ?? false, signal: call.signal })
  return { success: true }
}

interface CreateRunFilesInput {
  readonly entityName: Maybe<string>
  readonly projectName: Maybe<string>
  readonly runName: string
  readonly files: readonly string[]
}

/** Clients send a run's console, summary and the like to these addresses, where it is let go: runs are here for their artifacts. */
export async function createRunFiles(call: Call, input: CreateRunFilesInput) {
  const place = await placeOf(call, input.entityName, input.projectName)
  demand(forRuns(call.principal), "write", place)
  call.spend(input.files.length)
  const run = runId({ ...place, run: input.runName })
  const files = input.files.map((name) => ({
    __typename: "File",
    id: run,
    name,
    displayName: name,
    sizeBytes: 0,
    uploadUrl: () => signedUrl(call, "run-file", { run }),
  }))
  return { runID: run, uploadHeaders: [], files }
}
