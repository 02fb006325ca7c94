/** Serves a folder, or as a gateway another server, until it is killed: `wire-server.ts DIR|URL [direct]`. */
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { apiKey, serveFolder, serveRegistry } from "../durability/wire.ts"

const [place, way] = process.argv.slice(2) as [string, string | undefined]
const isUpstream = place.startsWith("http:")
const { port } = await (isUpstream
  ? serveRegistry(wandb({ apiKey, baseUrl: place, hasher: createNodeHasher() }), { direct: way === "direct" })
  : serveFolder(place))
process.stdout.write(`http://127.0.0.1:${port}\n`)
