/** Runs test files inside a runtime and reports them as plain data. Whatever hosts it (a page, a worker, an isolate) carries that out. */
import { type File, startTests, type Task, type VitestRunner } from "@vitest/runner"
import { takeLeaks } from "../leaks.ts"

export interface TestReport {
  /** The file without its folder and ending: `"download"`. */
  readonly area: string
  /** Names of the suites around it and its own, outermost first. */
  readonly names: readonly string[]
  readonly state: "passed" | "failed" | "skipped"
  readonly milliseconds: number
  /** Message and stack, of a failed one. */
  readonly error?: string
}

/** Test files by path, imported when their turn comes. */
export type TestFiles = Readonly<Record<string, () => Promise<unknown>>>

const TEST_TIMEOUT_MS = 60_000

/** Imports and runs every file, one after the other, and says how each test ended. */
export async function runSuite(files: TestFiles): Promise<TestReport[]> {
  const runner: VitestRunner = {
    config: {
      name: undefined,
      root: "/",
      setupFiles: [],
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { shuffle: false, concurrent: false, seed: 1, hooks: "stack", setupFiles: "list" },
      chaiConfig: undefined,
      maxConcurrency: 5,
      testTimeout: TEST_TIMEOUT_MS,
      hookTimeout: TEST_TIMEOUT_MS,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => files[path]!(),
  }
  const reports: TestReport[] = []
  for (const file of await startTests(Object.keys(files), runner)) collect(file, areaOf(file), [], reports)
  const leaks = takeLeaks()
  const about = { area: "secrets", names: ["no error of all these tests tells one"], milliseconds: 0 }
  reports.push(leaks.length === 0 ? { ...about, state: "passed" } : { ...about, state: "failed", error: leaks.join("\n") })
  return reports
}

const areaOf = (file: File): string => file.filepath.replace(/^.*\//, "").replace(/\.test\.ts$/, "")

function collect(task: Task, area: string, names: readonly string[], reports: TestReport[]): void {
  if (task.type === "test") {
    reports.push(report(task, area, names))
    return
  }
  // A file that cannot be imported and a hook that fails have no test of their own to show it.
  if (task.result?.errors?.length) reports.push(report(task, area, names.length === 0 ? ["the file"] : names))
  for (const child of task.tasks) collect(child, area, [...names, child.name], reports)
}

function report(task: Task, area: string, names: readonly string[]): TestReport {
  const about = { area, names, milliseconds: Math.round(task.result?.duration ?? 0) }
  if (task.mode === "skip" || task.mode === "todo" || task.result?.state === "skip") return { ...about, state: "skipped" }
  if (task.result?.state === "pass") return { ...about, state: "passed" }
  const errors = task.result?.errors?.map(({ message, stack }) => (stack?.includes(message) ? stack : `${message}\n${stack}`))
  return { ...about, state: "failed", error: errors?.join("\n\n") ?? "it did not run" }
}
