import { basename } from "node:path"
import type { Reporter, TestModule, TestSuite } from "vitest/node"
import { secretsIn } from "./secrets.ts"

interface Counts {
  passed: number
  failed: number
  skipped: number
  pending: number
}

type Matrix = Map<string, Map<string, Counts>>

/**
 * Ends a run with how each area fared in each runtime, and one plain line, `N passed, N failed, N skipped`, which tools that read logs
 * understand. A run whose console or whose failed tests tell a secret has failed; what else could is looked at where it is, by ./leaks.ts.
 */
export function createSummaryReporter(print: (text: string) => void = console.log): Reporter {
  const told: string[] = []
  const lookAt = (text: string) => {
    for (const found of secretsIn(text)) told.push(`${found} in: ${text.trim().split("\n", 1)[0]!.slice(0, 60)}`)
  }
  return {
    onUserConsoleLog: ({ content }) => lookAt(content),
    onTestRunEnd(modules: readonly TestModule[]) {
      const matrix: Matrix = new Map()
      const total = count(modules)
      for (const module of modules) place(matrix, module)
      for (const { message, stack = "" } of modules.flatMap(errorsOf)) lookAt(`${message}\n${stack}`)
      if (told.length > 0) process.exitCode = 1
      // After the other reporters, whose summaries are longer.
      setImmediate(() => {
        for (const text of told) print(`A log or an error tells a secret: ${text}`)
        if (matrix.size > 0) print(`\n${draw(matrix)}\n`)
        print(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
      })
    },
  }
}

function errorsOf(module: TestModule) {
  return [...module.errors(), ...[...module.children.allTests()].flatMap((test) => test.result().errors ?? [])]
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
