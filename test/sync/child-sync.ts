import { createNodePlatform } from "../../src/doors/node.ts"
import { sync } from "../../src/sync/sync.ts"

const [from, to] = process.argv.slice(2).map((dir) => createNodePlatform().registry({ dir }))
process.stdout.write("begins\n")
await sync({ from: from!, to: to! })
