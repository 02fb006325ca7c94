/** Everything that keeps bytes in a browser, held to the contracts of the ports. */
import { afterAll, afterEach, beforeAll, describe } from "vitest"
import { digestToHex } from "../../../src/core/digest-text.ts"
import type { BlobStore } from "../../../src/ports.ts"
import { createBrowserBlobStore } from "../../../src/storage/browser.ts"
import { createBrowserStage } from "../../../src/storage/browser-stage.ts"
import { createHandleDirectory } from "../../../src/storage/handle-directory.ts"
import { createIndexedDbBlobStore, createIndexedDbRecordStore } from "../../../src/storage/indexeddb.ts"
import { createOpfsBlobStore } from "../../../src/storage/opfs.ts"
import { type BlobStoreSubject, testBlobStore } from "../../contracts/blob-store.ts"
import { testDirectory } from "../../contracts/directory.ts"
import { testRecordStore } from "../../contracts/record-store.ts"
import { testStage } from "../../contracts/stage.ts"
import {
  filesBelow,
  hashBlob,
  hasher,
  hasOpfs,
  newFolder,
  newName,
  onRows,
  removePlaces,
  rotRow,
  without,
  writeFile,
} from "./places.ts"

afterEach(removePlaces)

const refused = () => Promise.reject(new DOMException("not in private mode", "SecurityError"))

async function temporaryCount(root: FileSystemDirectoryHandle): Promise<number> {
  return (await filesBelow(root)).filter((path) => path.startsWith("tmp/")).length
}

/** Rows of bytes that no other row tells of. */
async function strayRows(name: string): Promise<number> {
  const keys = (await onRows(name, (rows) => rows.getAllKeys())) as string[]
  return keys.filter((key) => key.startsWith("b/") && !keys.includes(`i/${key.slice(2)}`)).length
}

async function opfsSubject(options: Partial<Parameters<typeof createOpfsBlobStore>[0]> = {}): Promise<BlobStoreSubject> {
  const root = await newFolder()
  return {
    store: createOpfsBlobStore({ root, hasher, ...options }),
    rot: (digest, bytes) => writeFile(root, `blobs/${digestToHex(digest)}`, bytes),
    leftovers: () => temporaryCount(root),
  }
}

async function indexedDbSubject(create: (name: string) => BlobStore): Promise<BlobStoreSubject> {
  const name = newName()
  return {
    store: create(name),
    rot: (digest, bytes) => rotRow(name, digest, bytes),
    leftovers: () => strayRows(name),
  }
}

describe("IndexedDB", () => {
  testBlobStore(() => indexedDbSubject((name) => createIndexedDbBlobStore({ name, hasher })))
})

describe.skipIf(!hasOpfs)("OPFS (where there is OPFS)", () => {
  testBlobStore(() => opfsSubject())
})

describe.skipIf(!hasOpfs)("OPFS with hashing beside the thread (where there is OPFS)", () => {
  testBlobStore(() => opfsSubject({ hashBlob }))
})

describe.skipIf(!hasOpfs)("OPFS without move and without sync access handles (where there is OPFS)", () => {
  const restore: (() => void)[] = []
  beforeAll(() => {
    for (const ability of ["move", "createSyncAccessHandle"]) restore.push(without(FileSystemFileHandle.prototype, ability))
    restore.push(without(FileSystemHandle.prototype, "move"))
  })
  afterAll(() => {
    for (const back of restore) back()
  })
  testBlobStore(() => opfsSubject())
})

describe.skipIf(!hasOpfs)("the browser's default (where there is OPFS)", () => {
  testBlobStore(async () => {
    const root = await newFolder()
    const subject = await indexedDbSubject((name) => createBrowserBlobStore({ name, root, hasher }))
    return { ...subject, leftovers: async () => (await subject.leftovers!()) + (await temporaryCount(root)) }
  })
})

describe("the browser's default where OPFS refuses", () => {
  testBlobStore(() => indexedDbSubject((name) => createBrowserBlobStore({ name, root: refused, hasher })))
})

describe("records in IndexedDB", () => {
  testRecordStore(async () => {
    const name = newName()
    return { store: createIndexedDbRecordStore({ name }), reopen: () => createIndexedDbRecordStore({ name }) }
  })
})

describe.skipIf(!hasOpfs)("drafts (where there is OPFS)", () => {
  testStage(async () => {
    const root = await newFolder()
    return { stage: createBrowserStage({ root, hasher }), leftovers: () => temporaryCount(root) }
  })
})

describe("drafts where OPFS refuses", () => {
  testStage(async () => ({ stage: createBrowserStage({ root: refused, hasher }) }))
})

describe.skipIf(!hasOpfs)("downloads into a folder (where there is OPFS)", () => {
  testDirectory(async () => ({ directory: createHandleDirectory(await newFolder(), { hasher }) }))
})
