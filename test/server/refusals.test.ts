/** What clients are told that ask for parts of W&B that this server has not. */
import { describe, expect, test } from "vitest"
import { createSite, need } from "./site.ts"

const run = (fields: string) => `{ project(name: "birds") { run(name: "r") { ${fields} } } }`

describe("what is not here is refused in one sentence", () => {
  test.each([
    ["no files of runs", 'mutation { deleteFiles(input: { files: ["a"] }) { success } }'],
    ["no history of runs", run("history(minStep: 0)")],
    ["no history of runs", run("sampledHistory(specs: []) parquetHistory(liveKeys: []) { parquetUrls }")],
    ["no history of runs", run("logLines(last: 9) { edges { node { line } } }")],
    ["does not stop or rewind runs", "mutation { stopRun(input: { id: 1 }) { clientMutationId } }"],
    ["no sweeps", '{ project(name: "birds") { totalSweeps sweeps { edges { node { ...S } } } } } fragment S on Sweep { id }'],
    ["no sweeps", 'mutation { createAgent(input: { host: "h" }) { agent { id } } }'],
    ["no queues", '{ project(name: "birds") { runQueue(name: "q") { id } } }'],
    ["no queues", 'mutation { createLaunchAgent(input: { hostname: "h" }) { launchAgentId } }'],
    [
      "no automations",
      '{ entity(name: "ann") { triggers { edges { node { id ... on FilterEventTriggeringCondition { filter } ... on A { b } ... on C { d } } } } } }',
    ],
    ["no automations", "mutation ($level: AlertSeverity) { notifyScriptableRunAlert(input: { severity: $level }) { success } }"],
    ["no reports", '{ project(name: "birds") { allViews(viewType: "runs") { edges { node { id } } } } }'],
    ["no users, teams and keys", '{ users(query: "a") { edges { node { id } } } }'],
    ["no users, teams and keys", 'mutation { generateApiKey(input: { description: "d" }) { apiKey { id } } }'],
  ])("%s: %s", async (sentence, query) => {
    const site = createSite()
    const { status, errors } = await site.gql(query)
    expect([status, errors]).toEqual([400, [{ message: expect.stringContaining(sentence) }]])
    expect(site.told).toEqual([])
  })

  test("of each part that was asked for", async () => {
    const { errors } = await createSite().gql(run("history sweep { id }"))
    expect(errors?.map(({ message }) => message.slice(0, 25))).toEqual(["This server keeps no hist", "This server has no sweeps"])
  })

  test("and what nobody knows is named, without guesses", async () => {
    const { status, errors } = await createSite().gql(run("notez"))
    expect([status, errors]).toEqual([400, [{ message: 'Cannot query field "notez" on type "Run".' }]])
  })
})

test("a run has no files, whatever was sent for it", async () => {
  const site = createSite()
  need(await site.gql('mutation { upsertBucket(input: { name: "r", modelName: "birds" }) { inserted } }'))
  const query = `query ($names: [String] = [], $upload: Boolean = false) { project(name: "birds") { run(name: "r") { fileCount
    files(names: $names, first: 50, pattern: "%") { edges { node { name url(upload: $upload) } cursor } pageInfo { endCursor hasNextPage } } } } }`
  expect(need(await site.gql(query, { names: ["a.txt"] })).project.run).toEqual({
    fileCount: 0,
    files: { edges: [], pageInfo: { endCursor: null, hasNextPage: false } },
  })
})
