/** The web server of one test, and what holds at its end. */
import { setTimeout as delay } from "node:timers/promises"
import { expect, onTestFinished } from "vitest"
import { type Answering, startWeb, type WebServer } from "./web-server.ts"

export async function serveWeb(paths: Record<string, Answering>): Promise<WebServer> {
  const server = await startWeb(paths)
  onTestFinished(() => server.close())
  return server
}

/** One that answers every path alike. */
export async function serveAll(answer: Answering): Promise<WebServer> {
  const server = await startWeb({}, answer)
  onTestFinished(() => server.close())
  return server
}

/** Every answer comes to its end: nobody keeps a line without reading it. */
export async function expectNoOpenAnswers(server: WebServer): Promise<void> {
  for (let tries = 0; server.openAnswers > 0 && tries < 100; tries++) await delay(20)
  expect(server.openAnswers).toBe(0)
}
