/** Serves a folder, or as a gateway another server, until it is killed: `wire-server.ts DIR|URL [direct]`. */
import { createServer as createNodeServer } from "node:http"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { createNodePlatform } from "isofact/node"
import { apiKeys, createServer } from "isofact/server"
import { wandb } from "isofact/wandb"
import { apiKey, sharedSecret } from "../secrets.ts"

const [place, way] = process.argv.slice(2) as [string, string | undefined]
const platform = createNodePlatform()
const isUpstream = place.startsWith("http:")
const { fetch } = createServer({
  registry: isUpstream ? wandb({ apiKey, baseUrl: place, hasher: platform.hasher }) : platform.registry({ dir: place }),
  direct: way === "direct",
  secret: sharedSecret,
  authenticate: apiKeys({ [apiKey]: { entity: "local", username: "ann", entities: "*" } }),
  hasher: platform.hasher,
})
const listener = createNodeServer(getRequestListener(fetch))
listener.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(listener.address() as AddressInfo).port}\n`)
})
