/** A `fetch` handler behind a real port. */
import { serve } from "@hono/node-server"

export interface Listening {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export function listen(fetch: (request: Request) => Response | Promise<Response>, port = 0): Promise<Listening> {
  return new Promise((resolve) => {
    const server = serve({ fetch, port, hostname: "127.0.0.1", serverOptions: { requestTimeout: 0 } }, (info) => {
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done())
          if ("closeAllConnections" in server) server.closeAllConnections()
        })
      resolve({ url: `http://127.0.0.1:${info.port}`, port: info.port, close })
    })
  })
}
