/** Portable tests in a browser: in the page itself, or in a dedicated worker of it. */
import type { Browser } from "playwright-core"
import { bundleHashWorker, bundleTests } from "./bundle.ts"
import { launchChromium, servePages } from "./chromium.ts"
import type { TestReport } from "./suite.ts"

export type BrowserPlace = "page" | "worker"

/** What starts the tests in each place. */
export const entries: Record<BrowserPlace, string> = {
  page: `
import { files } from "test-files"
import { runSuite } from "./suite.ts"
export const reports = runSuite(files)
`,
  worker: `
import { files } from "test-files"
import { runSuite } from "./suite.ts"
postMessage(await runSuite(files))
`,
}

const starters: Record<BrowserPlace, string> = {
  page: `import("/tests.js").then(({ reports }) => reports)`,
  worker: `new Promise((resolve, reject) => {
    const worker = new Worker("/tests.js", { type: "module" })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
  })`,
}

export async function runInChromium(
  place: BrowserPlace,
  tests: readonly string[],
  options: { readonly wire?: boolean } = {},
): Promise<TestReport[]> {
  const script = (body: string) => ({ type: "text/javascript", body })
  await using server = await servePages({
    "/tests.js": script(await bundleTests({ door: "browser", tests, entry: entries[place], ...options })),
    "/hash-worker.js": script(await bundleHashWorker()),
  })
  const browser: Browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(server.origin)
    return (await page.evaluate(starters[place])) as TestReport[]
  } finally {
    await browser.close()
  }
}
