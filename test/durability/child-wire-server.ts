/** Serves a registry until it is killed: `child-wire-server <dir> <port>`. */
import { writeSync } from "node:fs"
import { serveFolder } from "./wire.ts"

const [dir, wanted] = process.argv.slice(2) as [string, string]
const { port } = await serveFolder(dir, Number(wanted))
writeSync(1, `listening ${port}\n`)
