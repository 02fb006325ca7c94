import { chmod, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe } from "vitest"
import { digestToHex } from "../../src/core/digest-text.ts"
import { createNodeCache } from "../../src/storage/node-cache.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { createNodeDirectory } from "../../src/storage/node-fs-directory.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { createNodeStage } from "../../src/storage/node-fs-stage.ts"
import { testBlobStore } from "../contracts/blob-store.ts"
import { testDirectory } from "../contracts/directory.ts"
import { testRecordStore } from "../contracts/record-store.ts"
import { testStage } from "../contracts/stage.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

const blobPath = (objects: string, digest: Parameters<typeof digestToHex>[0]): string => {
  const hex = digestToHex(digest)
  return join(objects, hex.slice(0, 2), hex.slice(2))
}

async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  await chmod(path, 0o644)
  await writeFile(path, bytes)
}

describe("node-fs", () => {
  describe.each([true, false])("blobs, durable: %s", (durable) =>
    testBlobStore(async () => {
      const root = await temporaryDirectory()
      return {
        store: createNodeBlobStore(root, { transfer: newTransfer(), durable }),
        rot: (digest, bytes) => overwrite(blobPath(join(root, "md5"), digest), bytes),
        leftovers: async () => filesBelow(join(root, "tmp")).length,
      }
    }),
  )

  describe("cache", () =>
    testBlobStore(async () => {
      const root = await temporaryDirectory()
      return {
        store: createNodeCache({ directory: root, transfer: newTransfer() }),
        rot: (digest, bytes) => overwrite(blobPath(join(root, "obj", "md5"), digest), bytes),
        leftovers: async () => filesBelow(join(root, "tmp")).length,
      }
    }))

  describe("records", () =>
    testRecordStore(async () => {
      const root = await temporaryDirectory()
      return { store: createNodeRecordStore(root), reopen: () => createNodeRecordStore(root) }
    }))

  describe("stage", () =>
    testStage(async () => {
      const root = await temporaryDirectory()
      return { stage: createNodeStage(root, { transfer: newTransfer(), hasher }), leftovers: async () => filesBelow(root).length }
    }))

  describe("stage before a blob store", () =>
    testStage(async () => {
      const root = await temporaryDirectory()
      const transfer = newTransfer()
      const known = [createNodeBlobStore(join(root, "blobs"), { transfer })]
      return {
        stage: createNodeStage(join(root, "stage"), { transfer, hasher, known }),
        leftovers: async () => filesBelow(join(root, "stage")).length,
      }
    }))

  describe("directory", () =>
    testDirectory(async () => {
      const root = await temporaryDirectory()
      const directory = createNodeDirectory(join(root, "down", "load"), { transfer: newTransfer() })
      return { directory, leftovers: async () => filesBelow(root).filter((path) => path.includes(".isofact-")).length }
    }))
})
