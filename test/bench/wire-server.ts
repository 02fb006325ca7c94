/** Serves a folder until it is killed: `wire-server.ts DIR`. */
import { serveFolder } from "../durability/wire.ts"

const { port } = await serveFolder(process.argv[2]!)
process.stdout.write(`http://127.0.0.1:${port}\n`)
