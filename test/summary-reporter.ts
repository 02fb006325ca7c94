import type { Reporter, TestModule } from "vitest/node"

/** Ends a run with one plain line, `N passed, N failed, N skipped`, which tools that read logs understand. */
export const summaryReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) for (const test of module.children.allTests()) counts[test.result().state] += 1
    // After the other reporters, whose summaries are longer.
    setImmediate(() => console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`))
  },
}
