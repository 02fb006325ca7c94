/** A real Chromium, and a server for the pages it opens. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import sparticuz from "@sparticuz/chromium"
import { type Browser, chromium } from "playwright-core"

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-sync",
]

/** The Chromium that npm carries, headless. With `profile` (a directory) what it stores survives its end. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: flags, headless: true })
}

/** A file as the server answers it. */
export interface ServedFile {
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface PageServer extends AsyncDisposable {
  /** `http://localhost:port`, a secure context. */
  readonly origin: string
}

/** Serves files by path; `/` is an empty page unless given. */
export async function servePages(files: Readonly<Record<string, ServedFile>>): Promise<PageServer> {
  const blank: ServedFile = { type: "text/html", body: "<!doctype html><title>isofact</title>" }
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname
    const file = files[path] ?? (path === "/" ? blank : undefined)
    if (file === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { "content-type": `${file.type}; charset=utf-8`, ...file.headers }).end(file.body)
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => close(server),
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
