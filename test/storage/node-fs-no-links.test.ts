import { expect, test, vi } from "vitest"
import { UnsupportedError } from "../../src/errors.ts"
import { createNodeBlobStore } from "../../src/storage/node-fs-blob-store.ts"
import { createNodeRecordStore } from "../../src/storage/node-fs-record-store.ts"
import { createNodeStage } from "../../src/storage/node-fs-stage.ts"
import { bytesOf, digestOf, sampleBytes } from "../contracts/content.ts"
import { filesBelow, hasher, newTransfer, temporaryDirectory } from "./helpers.ts"

// As exFAT answers; mounting one needs root and a tool that few machines have.
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  linkSync() {
    throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM", syscall: "link" })
  },
}))

const BYTES = sampleBytes(100)

test("records need hard links and say so", async () => {
  const root = await temporaryDirectory()
  const store = createNodeRecordStore(root)
  const error = await store.put("k", 1, null).catch((reason) => reason)
  expect(error).toBeInstanceOf(UnsupportedError)
  expect(error.message).toContain(root)
  expect(error.message).toContain("choose a directory")
  expect(await store.get("k")).toBeUndefined()
  expect(filesBelow(root)).toEqual([])
})

test("blobs do without", async () => {
  const root = await temporaryDirectory()
  const transfer = newTransfer()
  const { digest, content } = await createNodeStage(`${root}/stage`, { transfer, hasher }).take(bytesOf(BYTES), {
    owner: {},
    keep: true,
  })
  const blobs = createNodeBlobStore(`${root}/blobs`, { transfer })
  expect(await blobs.put(digest, content)).toBe("stored")
  expect(await (await blobs.get(digestOf(BYTES)))!.bytes!()).toEqual(BYTES)
})
