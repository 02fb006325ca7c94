export { createIndexedDbBlobStore } from "./indexeddb-blobs.ts"
export { createIndexedDbRecordStore } from "./indexeddb-records.ts"
