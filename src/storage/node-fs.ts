/** Stores, cache and directories on a file system, for Node, Deno and Bun. @module isofact/storage/node-fs */
export { createNodeCache, type NodeCache } from "./node-cache.ts"
export { createNodeBlobStore, type NodeBlobStore } from "./node-fs-blob-store.ts"
export { createNodeDirectory, type NodeDirectory } from "./node-fs-directory.ts"
export { createNodeRecordStore } from "./node-fs-record-store.ts"
export type { Slices } from "./node-fs-slices.ts"
export { createNodeStage, type NodeStage } from "./node-fs-stage.ts"
export { createNodeTransfer, type NodeTransfer } from "./node-fs-transfer.ts"
