export { createMemoryBlobStore } from "./memory-blobs.ts"
export { createMemoryDirectory } from "./memory-directory.ts"
export { createMemoryRecordStore } from "./memory-records.ts"
export { createMemoryStage } from "./memory-stage.ts"
