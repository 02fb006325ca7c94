/** Every GraphQL document of the installed `wandb`: a newer one that asks for something new is noticed here. */

import {
  buildSchema,
  type GraphQLError,
  KnownFragmentNamesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from "graphql"
import { inWords } from "../../src/server/graphql-refusals.ts"
import { changeDefs } from "../../src/server/schema-changes.ts"
import { typeDefs } from "../../src/server/schema-types.ts"
import type { Group, Peer } from "./group.ts"

interface Documents {
  readonly version: string
  readonly python: readonly (readonly [file: string, text: string])[]
  readonly core: readonly string[]
}

interface Refusal {
  readonly operations: RegExp
  /** In the answer. */
  readonly words: string
}

/** What is refused, and why nobody needs it to log, find or read an artifact. */
const onPurpose: Readonly<Record<string, Refusal>> = {
  "sweeps plan runs": { operations: /Sweep|Agent|^Heartbeat$/, words: "no sweeps" },
  "queues start runs": { operations: /RunQueue|LaunchAgent|DefaultResourceConfig/, words: "no queues and agents" },
  "automations act elsewhere on what was logged": { operations: /Automation|Integration|Alert/, words: "no automations" },
  "reports draw what runs measured": { operations: /^ProjectViews$|CustomChart/, words: "no reports" },
  "history is what runs measured": { operations: /History|ConsoleLog|^SweepWatchedRuns$/, words: "no history of runs" },
  "runs have no files to delete": { operations: /^deleteFiles$/, words: "no files of runs" },
  "runs end by themselves": {
    operations: /^(StopRun|RewindRun|RunStoppedStatus)$/,
    words: "does not stop or rewind runs",
  },
  "keys say who may do what, and are handed out elsewhere": {
    operations: /User|Team|Invite|ServiceAccount|ApiKey/,
    words: "no users, teams and keys",
  },
}

/** Put together when they are asked; what those that artifacts need come to is asked in the other groups. */
const composed: ReadonlySet<string> = new Set([
  "createLaunchAgent",
  "DeleteRun",
  "pushToRunQueue",
  "pushToRunQueueByName",
  "RunFullHistory",
  "UpsertBucket",
  "UseArtifact",
])

const schema = buildSchema(typeDefs + changeDefs)
/** In Python's sources a document stands apart from its fragments. */
const apart = new Set([KnownFragmentNamesRule, NoUnusedFragmentsRule, NoUnusedVariablesRule])
const rules = specifiedRules.filter((rule) => !apart.has(rule))

export function checkDocuments(peer: Peer, group: Group): void {
  const { version, python, core } = peer.run<Documents>("documents", "documents.json")
  group.check(python.length > 100 && core.length > 30, () => `only ${python.length} documents in Python, ${core.length} in core`)
  for (const [file, text] of python) checkDocument(group, file, text)
  for (const text of core) checkDocument(group, "wandb-core", text)
  group.note(`wandb ${version}, ${python.length + core.length} documents`)
}

function checkDocument(group: Group, where: string, text: string): void {
  const name = /(?:query|mutation|fragment)\s+(\w+)/.exec(text)![1]!
  const errors = errorsOf(text)
  if (errors === undefined) {
    group.check(composed.has(name), () => `${where}: ${name} cannot be parsed`)
    return
  }
  for (const { message } of inWords(errors)) {
    const isKnown = Object.values(onPurpose).some(({ operations, words }) => operations.test(name) && message.includes(words))
    group.check(isKnown, () => `${where}: ${name} is refused: ${message}`)
  }
  if (errors.length === 0) group.check(true, String)
}

/** Undefined where the text is none. */
function errorsOf(text: string): readonly GraphQLError[] | undefined {
  try {
    return validate(schema, parse(text), rules, { hideSuggestions: true })
  } catch {
    return undefined
  }
}
