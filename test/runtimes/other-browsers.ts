/**
 * The portable tests in Firefox and WebKit, as Debian carries them; run by `npm run test:browsers [firefox] [webkit]`. With `--install` missing ones are
 * installed first, where that is possible; one that is not there, or gives no report, is skipped, and its line says so.
 */
import { execFileSync, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { entries } from "./browsers.ts"
import { bundleTests } from "./bundle.ts"
import type { TestReport } from "./suite.ts"
import { inBrowsers, portable } from "./tests.ts"

interface OtherBrowser {
  readonly name: string
  readonly program: string
  readonly tests: readonly string[]
  /** What to run; `home` is an empty directory. */
  readonly command: (url: string, home: string) => readonly [program: string, ...args: string[]]
}

const PACKAGES = ["firefox-esr", "webkit2gtk-driver", "xvfb"]
const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"
const TIMEOUT_MS = 3 * 60_000

const browsers: readonly OtherBrowser[] = [
  {
    name: "firefox",
    program: "/usr/bin/firefox-esr",
    tests: [...portable, ...inBrowsers],
    command: (url, home) => ["/usr/bin/firefox-esr", "--headless", "--no-remote", "--profile", home, url],
  },
  {
    name: "webkit",
    program: MINI_BROWSER,
    // The others are about OPFS, which Debian builds without.
    tests: [...portable, "runtimes/browser/storage.test.ts", "runtimes/browser/hash-pool.test.ts"],
    command: (url) => ["/usr/bin/xvfb-run", "--auto-servernum", MINI_BROWSER, url],
  },
]

const page = (place: keyof typeof entries) => `<!doctype html><script type="module">
  const send = (what) => fetch("/reports", { method: "POST", body: JSON.stringify(what) })
  try {
    send(await ${place === "page" ? `import("/page.js").then(({ reports }) => reports)` : workerReports})
  } catch (error) {
    send({ error: String(error) })
  }
</script>`

const workerReports = `new Promise((resolve, reject) => {
  const worker = new Worker("/worker.js", { type: "module" })
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = ({ message }) => reject(new Error(message))
})`

if (process.argv.includes("--install")) install()
let failed = 0
const wanted = browsers.filter(({ name }) => process.argv.includes(name))
for (const browser of wanted.length > 0 ? wanted : browsers) {
  for (const place of ["page", "worker"] as const) failed += summarize(`${browser.name} ${place}`, await run(browser, place))
}
process.exitCode = failed > 0 ? 1 : 0

function install(): void {
  if (browsers.every(({ program }) => existsSync(program))) return
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" })
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...PACKAGES], { stdio: "ignore" })
  } catch {
    console.log("Debian's packages cannot be installed here")
  }
}

/** @returns why there is no report, as text */
async function run(browser: OtherBrowser, place: keyof typeof entries): Promise<TestReport[] | string> {
  if (!existsSync(browser.program)) return `it is not installed (${PACKAGES.join(" ")})`
  const script = await bundleTests({ door: "browser", tests: browser.tests, entry: entries[place] })
  const home = await mkdtemp(join(tmpdir(), "isofact-browser-"))
  const { origin, reports, close } = await serve(place, script)
  const [program, ...args] = browser.command(origin, home)
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }
  const child = spawn(program, args, { detached: true, stdio: "ignore", env })
  try {
    return await reports
  } catch (error) {
    return `it did not come to an end here: ${(error as Error).message}`
  } finally {
    process.kill(-child.pid!, "SIGKILL")
    close()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function serve(place: keyof typeof entries, script: string) {
  const { promise: reports, resolve, reject } = Promise.withResolvers<TestReport[]>()
  const timer = setTimeout(() => reject(new Error("no report came")), TIMEOUT_MS)
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString())
      if (Array.isArray(body)) resolve(body)
      else reject(new Error(body.error))
    }
    const isScript = request.url === `/${place}.js`
    response.writeHead(200, { "content-type": `${isScript ? "text/javascript" : "text/html"}; charset=utf-8` })
    response.end(isScript ? script : page(place))
  })
  await new Promise<void>((listening) => server.listen(0, "localhost", listening))
  const close = () => {
    clearTimeout(timer)
    server.closeAllConnections()
    server.close()
  }
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}/`, reports, close }
}

/** @returns how many failed */
function summarize(title: string, reports: readonly TestReport[] | string): number {
  if (typeof reports === "string") {
    console.log(`${title}: skipped, ${reports}`)
    return 0
  }
  const ended = (state: TestReport["state"]) => reports.filter((report) => report.state === state)
  for (const { area, names, error } of ended("failed")) console.log(`${title}: ${area} › ${names.join(" › ")}\n${error}\n`)
  console.log(`${title}: ${ended("passed").length} passed, ${ended("failed").length} failed, ${ended("skipped").length} skipped`)
  return ended("failed").length
}
