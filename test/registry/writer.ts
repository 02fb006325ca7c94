/** A process of its own that logs versions: `node writer.ts <directory> <writer> <rounds>`; prints the numbers it was given. */
import { join } from "node:path"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import { createEmbeddedRegistry } from "../../src/registry/embedded.ts"
import { createNodeBlobStore, createNodeRecordStore, createNodeTransfer } from "../../src/storage/node-fs.ts"
import { field, publish } from "./publish.ts"

export function openRegistry(directory: string) {
  const transfer = createNodeTransfer({ hasher: createNodeHasher() })
  const blobs = createNodeBlobStore(join(directory, "blobs"), { transfer })
  const records = createNodeRecordStore(join(directory, "records"), { before: blobs.flush, slices: transfer.slices })
  return createEmbeddedRegistry({ records, blobs })
}

const [, , directory, writer, rounds] = process.argv
if (rounds !== undefined) {
  const registry = openRegistry(directory!)
  const indexes: number[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const member = await publish(registry, { writer: writer!, round: `${round}`, shared: "same in all" }, { aliases: ["current"] })
    await registry.addAliases({ ...field, index: member.index }, [`w${writer}-r${round}`])
    indexes.push(member.index)
  }
  console.log(JSON.stringify(indexes))
}
