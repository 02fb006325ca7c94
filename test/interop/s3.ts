/**
 * Runs the contracts of storage, and what they cannot ask, against a server that speaks S3. Called by run.sh.
 *
 * usage: s3.ts PYTHON, one that has moto[server]
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const port = 20_000 + Math.floor(Math.random() * 20_000)
const endpoint = `http://127.0.0.1:${port}`
// One request at a time: moto looks whether a condition holds and writes later, so of two at once both could win.
const program = `
import moto.server as server
run = server.run_simple
server.run_simple = lambda *given, **options: run(*given, **{**options, "threaded": False})
server.main(["-H", "127.0.0.1", "-p", "${port}"])`
const server = spawn(process.argv[2] ?? "python3", ["-c", program], { stdio: "ignore" })

async function awaitServer(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null)
      throw new Error(`the server ended with exit code ${server.exitCode}; does this Python have moto[server]?`)
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    )
    if (answers) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error("the server does not answer")
}

try {
  await awaitServer()
  const config = fileURLToPath(new URL("s3.vitest.config.ts", import.meta.url))
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url))
  const run = spawn(process.execPath, [vitest, "run", "--config", config, ...process.argv.slice(3)], {
    stdio: "inherit",
    env: { ...process.env, ISOFACT_S3: endpoint },
  })
  process.exitCode = await new Promise<number>((resolve) => run.on("exit", (code) => resolve(code ?? 1)))
} finally {
  server.kill()
}
