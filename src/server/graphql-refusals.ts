import { GraphQLError, Kind } from "graphql"

/** What W&B has beside artifacts: what to say of it, and the fields and types of its schema by which clients ask for it. */
const families: readonly (readonly [sentence: string, names: RegExp])[] = [
  ["This server keeps no files of runs; log them in an artifact.", /^deleteFiles$/],
  [
    "This server keeps no history of runs, neither metrics by step nor console; log what is to stay in an artifact.",
    /^(history|sampledHistory|parquetHistory|logLines)$/,
  ],
  ["This server does not stop or rewind runs.", /^(stopped|stopRun|rewindRun)$/],
  ["This server has no sweeps.", /sweep|^(createAgent|agentHeartbeat|Agent)$/i],
  ["This server has no queues and agents to launch runs.", /RunQueue|launchAgent|defaultResourceConfig/i],
  ["This server has no automations, integrations and alerts.", /trigger|integration|webhook|alert/i],
  ["This server has no reports and custom charts.", /^(allViews|createCustomChart)$|^(create|upsert|delete)View/],
  [
    "This server keeps no users, teams and keys; whoever runs it hands keys out.",
    /^(users|admin)$|(User|Team|Invite|ServiceAccount|ApiKey)$/,
  ],
]

/** Errors of a document that asks for what is not here, as the sentence that says so, once each; others as they are. */
export function inWords(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  const sentences = new Set(errors.flatMap((error) => sentenceOf(error) ?? []))
  return sentences.size === 0 ? errors : Array.from(sentences, (sentence) => new GraphQLError(sentence))
}

function sentenceOf({ nodes = [] }: GraphQLError): string | undefined {
  for (const node of nodes) {
    if (node.kind !== Kind.FIELD && node.kind !== Kind.NAMED_TYPE) continue
    const family = families.find(([, names]) => names.test(node.name.value))
    if (family !== undefined) return family[0]
  }
  return undefined
}
