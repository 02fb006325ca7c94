/** A server that speaks S3, made by others. */
import { spawn } from "node:child_process"

export interface MotoServer {
  readonly endpoint: string
  stop(): void
}

/** @param python one that has moto[server] */
export async function startMoto(python: string): Promise<MotoServer> {
  // A port may be somebody else's.
  for (let tries = 1; ; tries++) {
    try {
      return await start(python)
    } catch (error) {
      if (tries === 3) throw error
    }
  }
}

async function start(python: string): Promise<MotoServer> {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const endpoint = `http://127.0.0.1:${port}`
  // One request at a time: moto looks whether a condition holds and writes later, so of two at once both could win.
  const program = `
import moto.server as server
run = server.run_simple
server.run_simple = lambda *given, **options: run(*given, **{**options, "threaded": False})
server.main(["-H", "127.0.0.1", "-p", "${port}"])`
  const server = spawn(python, ["-c", program], { stdio: "ignore" })
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null)
      throw new Error(`the server ended with exit code ${server.exitCode}; does this Python have moto[server]?`)
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    )
    if (answers) return { endpoint, stop: () => void server.kill() }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  server.kill()
  throw new Error("the server does not answer")
}
