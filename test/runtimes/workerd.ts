/** Portable tests in workerd, as a Worker without Node's compatibility layer and with an R2 bucket. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { bundleTests } from "./bundle.ts"
import type { TestReport } from "./suite.ts"

const entry = `
import { files } from "test-files"
import { runSuite } from "./suite.ts"
export default { fetch: async () => Response.json(await runSuite(files)) }
`

export const COMPATIBILITY_DATE = "2026-10-01"

export async function runInWorkerd(tests: readonly string[], options: { readonly wire?: boolean } = {}): Promise<TestReport[]> {
  const contents = await bundleTests({ door: "workerd", tests, entry, external: ["cloudflare:*"], ...options })
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "tests.mjs", contents }],
      compatibilityDate: COMPATIBILITY_DATE,
      r2Buckets: ["ISOFACT"],
    }),
  )
  try {
    const response = await worker.dispatchFetch("http://worker.test/")
    if (!response.ok) throw new Error(`the Worker failed: ${await response.text()}`)
    return (await response.json()) as TestReport[]
  } finally {
    await worker.dispose()
  }
}
