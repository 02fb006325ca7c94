/** A process that does one thing until it is done or killed. usage: child.ts <what> <directory> [count] */
import { writeSync } from "node:fs"
import { createNodeHasher } from "../../src/digest/node-crypto.ts"
import type { Content } from "../../src/ports.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { createNodeTransfer } from "../../src/storage/node-fs-transfer.ts"

const [what, directory = "", count = "Infinity"] = process.argv.slice(2)
const limit = Number(count)
const hasher = createNodeHasher()
const transfer = createNodeTransfer({ hasher })
// Synchronous, so that a line is out before the process can be killed doing the next thing.
const say = (line: string) => writeSync(1, `${line}\n`)

function content(seed: number): { bytes: Uint8Array; content: Content } {
  const bytes = new Uint8Array(seed % 5 === 0 ? 2_500_000 : 3000).fill(seed)
  new DataView(bytes.buffer).setFloat64(0, seed + process.pid)
  const stream = () => new Blob([bytes]).stream()
  return {
    bytes,
    content: { stability: "frozen", size: bytes.byteLength, stream, ...(seed % 2 ? { bytes: async () => bytes } : {}) },
  }
}

const tasks: Record<string, () => Promise<void>> = {
  async increment() {
    const store = createNodeRecordStore(directory)
    for (let done = 0; done < limit; ) {
      const entry = await store.get("the/counter")
      const etag = await store.put("the/counter", ((entry?.value as number) ?? 0) + 1, entry?.etag ?? null)
      if (etag !== undefined) say(`${++done}`)
    }
  },
  async "come-and-go"() {
    const store = createNodeRecordStore(directory)
    for (let turn = 0; turn < limit; turn++) {
      const entry = await store.get("fickle")
      if (entry === undefined) await store.put("fickle", { pid: process.pid, turn }, null)
      else await store.delete("fickle", entry.etag)
      say("turn")
    }
  },
  async blobs() {
    const store = createNodeBlobStore(directory, { transfer })
    for (let seed = 0; seed < limit; seed++) {
      const { bytes, content: source } = content(seed)
      await store.put(hasher.hash(bytes), source)
      say(hasher.hash(bytes))
    }
  },
  async files() {
    const target = createNodeDirectory(directory, { transfer })
    for (let seed = 0; seed < limit; seed++) {
      const { bytes, content: source } = content(seed)
      const { digest } = await target.put(`d${seed % 3}/f${seed % 7}`, source, { expect: hasher.hash(bytes) })
      say(digest)
    }
  },
  /** Everything a user without permission would try; says the code and message of each error. */
  async forbidden() {
    const { bytes, content: source } = content(1)
    const digest = hasher.hash(bytes)
    const attempts = [
      () => createNodeBlobStore(directory, { transfer }).put(digest, source),
      () => createNodeRecordStore(directory).put("k", 1, null),
      () => createNodeDirectory(directory, { transfer }).put("a/b", source),
    ]
    for (const attempt of attempts) {
      await attempt().then(
        () => say("none"),
        (error) => say(`${error.code} ${error.message}`),
      )
    }
  },
}

await tasks[what ?? ""]!()
