/**
 * Runs the contracts of storage, and what they cannot ask, against a server that speaks S3. Called by run.sh.
 *
 * usage: s3.ts PYTHON, one that has moto[server]
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { startMoto } from "./moto.ts"

const server = await startMoto(process.argv[2] ?? "python3")
try {
  const config = fileURLToPath(new URL("s3.vitest.config.ts", import.meta.url))
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url))
  const run = spawn(process.execPath, [vitest, "run", "--config", config, ...process.argv.slice(3)], {
    stdio: "inherit",
    env: { ...process.env, ISOFACT_S3: server.endpoint },
  })
  process.exitCode = await new Promise<number>((resolve) => run.on("exit", (code) => resolve(code ?? 1)))
} finally {
  server.stop()
}
