import type { Json } from "../core/json.ts"
import type { Membership, RunRecord, RunRef } from "../ports.ts"
import { type Call, once } from "./call.ts"
import { connection, type LivingList, type PageArgs } from "./connection.ts"
import type { Kind } from "./filters.ts"
import { formatId, numberOf, parseId } from "./ids.ts"
import { named } from "./places.ts"
import { artifactView } from "./view-artifact.ts"
import { projectView } from "./view-project.ts"

/** Runs as far as artifacts need them: no history, no metrics, no console. */
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
    description: null,
    notes: run.notes,
    config: once(() => JSON.stringify(wrappedConfig(run.config))),
    summaryMetrics: "{}",
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
    heartbeatAt: null,
    // Clients insist on somebody; who started a run is not kept.
    user: { __typename: "User", id: formatId("User", entity), name: entity, username: entity },
    logLineCount: 0,
    historyLineCount: 0,
    eventsLineCount: 0,
    historyTail: "[]",
    eventsTail: "[]",
    // Resuming takes a run for one that exists only when this has the key "t".
    wandbConfig: '{"t":{}}',
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

/** The words that filters and orders of runs use. */
const runFields = {
  id: ({ id }: RunRecord) => id,
  name: ({ run }: RunRecord) => run,
  displayName: ({ displayName }: RunRecord) => displayName,
  display_name: ({ displayName }: RunRecord) => displayName,
  state: ({ state }: RunRecord) => state,
  group: ({ group }: RunRecord) => group,
  jobType: ({ jobType }: RunRecord) => jobType,
  tags: ({ tags }: RunRecord) => tags,
  config: ({ config }: RunRecord) => config,
  createdAt: ({ createdAt }: RunRecord) => createdAt,
  created_at: ({ createdAt }: RunRecord) => createdAt,
}

export const runKind: Kind<RunRecord> = { fields: runFields, placeOf: ({ run }) => named(run), isOrdered: false }

export function runId({ entity, project, run }: RunRef): string {
  return formatId("Run", entity, project, run)
}

export function parseRunId(id: string): RunRef {
  const [entity, project, run] = parseId("Run", id, 3) as [string, string, string]
  return { entity, project, run }
}

type Config = { readonly [key: string]: Json }

const wrapped = new WeakMap<Config, Config>()

/** W&B keeps each setting under `value`, beside settings of its own that start with `_wandb`. Filters ask once for each of their terms. */
function wrappedConfig(config: Config): Config {
  const known = wrapped.get(config) ?? Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }]))
  wrapped.set(config, known)
  return known
}

export function unwrapConfig(config: Config): Config {
  const settings = Object.entries(config).filter(([key]) => key !== "_wandb" && key !== "wandb_version")
  return Object.fromEntries(settings.map(([key, value]) => [key, hasValue(value) ? value.value : value]))
}

function hasValue(value: Json): value is { readonly value: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, "value")
}
