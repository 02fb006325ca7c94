import { wrapConfig } from "../core/run-config.ts"
import type { Membership, RunRecord, RunRef } from "../ports.ts"
import { type Call, once } from "./call.ts"
import { connection, type LivingList, type PageArgs, wholeList } from "./connection.ts"
import type { Kind } from "./filters.ts"
import { formatId, numberOf, parseId } from "./ids.ts"
import { named } from "./places.ts"
import { artifactView } from "./view-artifact.ts"
import { projectView } from "./view-project.ts"
import { ownerView } from "./view-session.ts"

/** Runs as far as artifacts need them: of their history no more than where it ends, and no console. */
export function runView(call: Call, run: RunRecord) {
  const { entity, project } = run
  const versions = (direction: "logged" | "used") => (args: PageArgs) =>
    connection(call, versionList(call, run, direction), ({ version }) => ({ node: artifactView(call, version) }), args)
  return {
    __typename: "Run",
    id: runId(run),
    name: run.run,
    projectId: numberOf(`${entity}/${project}`),
    project: () => projectView(call, { entity, project }),
    displayName: run.displayName,
    description: run.description ?? null,
    notes: run.notes,
    config: once(() => wrapConfig(run.configText ?? JSON.stringify(run.config))),
    summaryMetrics: once(() => run.summaryText ?? JSON.stringify(run.summary ?? {})),
    systemMetrics: "{}",
    historyKeys: null,
    state: run.state,
    group: run.group,
    jobType: run.jobType,
    commit: null,
    sweepName: null,
    tags: run.tags,
    readOnly: false,
    createdAt: run.createdAt,
    heartbeatAt: run.heartbeatAt ?? null,
    user: ownerView(entity),
    logLineCount: 0,
    historyLineCount: run.historyLineCount ?? 0,
    eventsLineCount: 0,
    // Clients that resume a run read the step of its last line.
    historyTail: JSON.stringify(run.lastStep === undefined ? [] : [JSON.stringify({ _step: run.lastStep })]),
    eventsTail: "[]",
    // Resuming takes a run for one that exists only when this has the key "t".
    wandbConfig: '{"t":{}}',
    // Bytes that clients send for a run are let go.
    fileCount: 0,
    files: wholeList([], () => ({})),
    outputArtifacts: versions("logged"),
    inputArtifacts: versions("used"),
  }
}

/** In the order in which the run logged or used them, which is nearly that in which they were made. */
function versionList(call: Call, run: RunRecord, direction: "logged" | "used"): LivingList<Membership> {
  return {
    all: () => call.registry.runVersions(run, direction, { signal: call.signal }),
    placeOf: ({ version }) => [version.createdAt, version.id],
    isOrdered: false,
  }
}

/** As far as is known: when somebody edits it is not kept. */
const lastSeen = ({ heartbeatAt, createdAt }: RunRecord) => heartbeatAt ?? createdAt

/** The words that filters and orders of runs use; `Api.runs` of W&B's client tells of them. */
const runFields = {
  id: ({ id }: RunRecord) => id,
  name: ({ run }: RunRecord) => run,
  displayName: ({ displayName }: RunRecord) => displayName,
  display_name: ({ displayName }: RunRecord) => displayName,
  state: ({ state }: RunRecord) => state,
  group: ({ group }: RunRecord) => group,
  jobType: ({ jobType }: RunRecord) => jobType,
  job_type: ({ jobType }: RunRecord) => jobType,
  notes: ({ notes }: RunRecord) => notes,
  description: ({ description }: RunRecord) => description,
  host: ({ host }: RunRecord) => host,
  entity: ({ entity }: RunRecord) => entity,
  project: ({ project }: RunRecord) => project,
  user: ({ entity }: RunRecord) => ownerView(entity),
  username: ({ entity }: RunRecord) => entity,
  sweep: () => null,
  tags: ({ tags }: RunRecord) => tags,
  config: ({ config }: RunRecord) => config,
  summaryMetrics: ({ summary }: RunRecord) => summary,
  summary_metrics: ({ summary }: RunRecord) => summary,
  /** Seconds. */
  duration: (run: RunRecord) => (Date.parse(lastSeen(run)) - Date.parse(run.createdAt)) / 1000,
  createdAt: ({ createdAt }: RunRecord) => createdAt,
  created_at: ({ createdAt }: RunRecord) => createdAt,
  heartbeatAt: ({ heartbeatAt }: RunRecord) => heartbeatAt,
  heartbeat_at: ({ heartbeatAt }: RunRecord) => heartbeatAt,
  updatedAt: lastSeen,
  updated_at: lastSeen,
}

export const runKind: Kind<RunRecord> = { fields: runFields, placeOf: ({ run }) => named(run), isOrdered: false }

export function runId({ entity, project, run }: RunRef): string {
  return formatId("Run", entity, project, run)
}

export function parseRunId(id: string): RunRef {
  const [entity, project, run] = parseId("Run", id, 3) as [string, string, string]
  return { entity, project, run }
}
