import { basename } from "node:path"
import type { Reporter, TestModule, TestSuite } from "vitest/node"

interface Counts {
  passed: number
  failed: number
  skipped: number
  pending: number
}

type Matrix = Map<string, Map<string, Counts>>

/** What no log and no error may ever show: signatures of addresses, credentials of requests, keys as the tests use them. */
const secrets = /[?&]sig=[\w-]{16,}|X-Amz-Signature=\w{16,}|\b(?:Basic|Bearer) [\w+/.-]{24,}|\blocal-[a-z0-9]{40}\b/i

const told: string[] = []

/** Ends a run with how each area fared in each runtime, and one plain line, `N passed, N failed, N skipped`, which tools that read logs understand. */
export const summaryReporter: Reporter = {
  onUserConsoleLog({ content }) {
    if (secrets.test(content)) told.push(content.trim())
  },
  onTestRunEnd(modules: readonly TestModule[]) {
    const matrix: Matrix = new Map()
    const total = count(modules)
    for (const module of modules) place(matrix, module)
    for (const module of modules) for (const test of module.children.allTests()) noteErrors(test.result().errors ?? [])
    if (told.length > 0) process.exitCode = 1
    // After the other reporters, whose summaries are longer.
    setImmediate(() => {
      for (const text of told) console.log(`A log or an error tells a secret: ${text}`)
      if (matrix.size > 0) console.log(`\n${draw(matrix)}\n`)
      console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
    })
  },
}

function noteErrors(errors: readonly { readonly message: string; readonly stack?: string | undefined }[]): void {
  for (const { message, stack = "" } of errors) if (secrets.test(message + stack)) told.push(message)
}

function count(parents: Iterable<TestModule | TestSuite>): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
  for (const parent of parents) for (const test of parent.children.allTests()) counts[test.result().state] += 1
  return counts
}

/** The portable tests are files here, and the suites of one file for each other runtime. */
function place(matrix: Matrix, module: TestModule): void {
  const file = basename(module.moduleId, ".test.ts")
  if (/\/test\/conformance\/(node\/)?[^/]+$/.test(module.moduleId)) enter(matrix, file, "node", count([module]))
  if (!/\/test\/runtimes\/[^/]+$/.test(module.moduleId)) return
  for (const child of module.children) if (child.type === "suite") enter(matrix, child.name, file, count([child]))
}

function enter(matrix: Matrix, area: string, runtime: string, counts: Counts): void {
  if (!matrix.has(area)) matrix.set(area, new Map())
  matrix.get(area)!.set(runtime, counts)
}

function draw(matrix: Matrix): string {
  const runtimes = [...new Set([...matrix.values()].flatMap((row) => [...row.keys()]))].sort()
  const widths = runtimes.map((runtime) => Math.max(runtime.length, 8))
  const first = Math.max(...[...matrix.keys()].map((area) => area.length))
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(first), ...cells.map((text, at) => text.padStart(widths[at]!))].join("  ")
  const rows = [...matrix].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    line("", runtimes),
    ...rows.map(([area, row]) =>
      line(
        area,
        runtimes.map((runtime) => cell(row.get(runtime))),
      ),
    ),
  ].join("\n")
}

/** `12`; `12+1s` with one skipped; `1 FAIL`; a dot where the area has no meaning. */
function cell(counts: Counts | undefined): string {
  if (counts === undefined) return "·"
  if (counts.failed > 0) return `${counts.failed} FAIL`
  return counts.skipped > 0 ? `${counts.passed}+${counts.skipped}s` : `${counts.passed}`
}
