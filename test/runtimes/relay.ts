import { describe, test } from "vitest"
import type { TestReport } from "./suite.ts"

/** Shows tests that ran in another runtime as tests of this run: a suite for each area, so that the matrix can be read off them. */
export function relay(reports: readonly TestReport[]): void {
  for (const [area, inside] of Map.groupBy(reports, (report) => report.area)) {
    describe(area, () => {
      for (const { names, state, error } of inside) {
        test.skipIf(state === "skipped")(names.join(" › "), () => {
          if (state === "failed") throw Object.assign(new Error(error!.split("\n", 1)[0]), { stack: error })
        })
      }
    })
  }
}

/** The same, of the cases that reached their registry over W&B's wire. */
export function relayWire(reports: readonly TestReport[]): void {
  relay(reports.map((report) => ({ ...report, area: `wire: ${report.area}` })))
}
