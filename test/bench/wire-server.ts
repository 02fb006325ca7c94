/** Serves a folder, or as a gateway another server, until it is killed: `wire-server.ts DIR|URL`. */
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { apiKey, serveFolder, serveRegistry } from "../durability/wire.ts"

const place = process.argv[2]!
const isUpstream = place.startsWith("http:")
const { port } = await (isUpstream
  ? serveRegistry(wandb({ apiKey, baseUrl: place, hasher: createNodeHasher() }))
  : serveFolder(place))
process.stdout.write(`http://127.0.0.1:${port}\n`)
