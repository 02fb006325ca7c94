/** That a secret which gets out is found, wherever it does. */
import { spawnSync } from "node:child_process"
import { ArtifactError, EntryNotFoundError, InvalidArgumentError, RegistryError, StorageError } from "isofact"
import { expect, test } from "vitest"
import { lookAt, takeLeaks } from "./leaks.ts"
import { annsKey, apiKey, secret, secretsIn, siteSecret } from "./secrets.ts"
import { createVisitor } from "./server/pages-fixture.ts"
import { createSite } from "./server/site.ts"
import { createSummaryReporter } from "./summary-reporter.ts"

const planted = secret("planted+where/nobody=should-see-it")

test("an error tells it, though nobody ever catches or reads the error", () => {
  const inside = Object.assign(new TypeError("fetch failed"), { request: { headers: [["authorization", `Bearer ${planted}`]] } })
  const errors: readonly (() => Error)[] = [
    () => new ArtifactError("REGISTRY", `It said ${planted}`),
    () => new RegistryError("refused", { operation: `GET /a?key=${encodeURIComponent(planted)}` }),
    () => new StorageError("no", { paths: ["a", planted] }),
    () => new EntryNotFoundError("no", {}, { cause: new Error("beneath", { cause: new Error(planted) }) }),
    () => new InvalidArgumentError("key", "no", {}, { cause: inside }),
    () => new RegistryError("no", {}, { cause: new AggregateError([new Error(btoa(`api:${planted}`))]) }),
    () => new RegistryError("no", {}, { cause: { url: `https://s3.example/a?X-Amz-Signature=${"0a".repeat(32)}` } }),
  ]
  for (const make of errors) {
    expect(make()).toBeInstanceOf(ArtifactError)
    expect(takeLeaks()).toEqual([expect.stringContaining("tells a secret")])
  }
  new RegistryError("no harm", { operation: "GET /storage/file", status: 403, requestId: crypto.randomUUID() })
  expect(takeLeaks()).toEqual([])
})

test("however many there are between two looks", () => {
  for (let at = 0; at < 3000; at++) new ArtifactError("STORAGE", at === 5 || at === 2999 ? planted : "harmless")
  expect(takeLeaks()).toHaveLength(2)
})

test("a program says it", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", "console.log('fine'); console.error(process.argv[1])", planted], {
    encoding: "utf8",
  })
  lookAt(stdout, "its output")
  expect(takeLeaks()).toEqual([])
  lookAt(stderr, "its complaint")
  expect(takeLeaks()).toEqual([expect.stringMatching(/^its complaint tells/)])
})

test("by its shape, what a server makes anew each time", async () => {
  const site = createSite()
  const token = await site.server.issueToken({ entity: "ann", project: "birds", actions: ["read"], expiresInSeconds: 60 })
  const ann = createVisitor(site)
  await ann.signIn()
  const mac = "aA0_-".repeat(9).slice(0, 43)
  for (const text of [
    token,
    token.slice("isofact.".length),
    ann.cookie!,
    `http://x/storage/file?sig=${token.slice("isofact.".length)}`,
    `https://storage.example/a?x=1&X-Goog-Signature=${"0b".repeat(40)}`,
    `https://account.example/a?sv=2024&sig=${encodeURIComponent(btoa(mac))}`,
    `Authorization: Basic ${btoa("somebody:anything at all")}`,
    `bearer ${mac}`,
    `local-${"f".repeat(40)}`,
    ...[apiKey, annsKey, siteSecret],
  ]) {
    expect(secretsIn(`before ${text} after`), text).not.toEqual([])
    expect(String(secretsIn(text)), text).not.toContain(text)
  }
  for (const text of [
    "sig=",
    "Basic realm",
    "a.b.c",
    "isofact.test.ts",
    `md5 ${"0a".repeat(16)}`,
    "Bearer hush",
    "X-Amz-Signature",
  ])
    expect(secretsIn(text), text).toEqual([])
})

test("the whole run fails for one in a log or in the error of a failed test", async () => {
  const code = process.exitCode
  const said: string[] = []
  const lastLine = async (act: (reporter: ReturnType<typeof createSummaryReporter>) => void, modules: object[] = []) => {
    const reporter = createSummaryReporter((text) => said.push(text))
    act(reporter)
    await reporter.onTestRunEnd?.(modules as never, [], "passed")
    await new Promise((resolve) => setImmediate(resolve))
    const isFailed = process.exitCode === 1
    process.exitCode = code
    return [isFailed, said.splice(0).filter((text) => text.startsWith("A log or an error tells")).length]
  }
  const log = (content: string) => ({ content }) as never
  const failed = { result: () => ({ state: "failed", errors: [{ message: "no", stack: `no\n at ${planted}` }] }) }
  // The key and the shapes are known to the runner's own process; what a test made up is known to its own.
  expect(await lastLine((reporter) => reporter.onUserConsoleLog?.(log(`see ${apiKey}`)))).toEqual([true, 1])
  expect(await lastLine(() => undefined, [moduleOf(failed)])).toEqual([true, 1])
  expect(await lastLine((reporter) => reporter.onUserConsoleLog?.(log("nothing")), [moduleOf()])).toEqual([false, 0])
})

const moduleOf = (...tests: object[]) => ({
  moduleId: "/test/x.test.ts",
  errors: () => [],
  children: Object.assign([], { allTests: () => tests }),
})
