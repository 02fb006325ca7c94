import { describe } from "vitest"
import {
  createMemoryBlobStore,
  createMemoryDirectory,
  createMemoryRecordStore,
  createMemoryStage,
} from "../../src/storage/memory.ts"
import { testBlobStore } from "../contracts/blob-store.ts"
import { testDirectory } from "../contracts/directory.ts"
import { testRecordStore } from "../contracts/record-store.ts"
import { testStage } from "../contracts/stage.ts"
import { hasher } from "./fresh.ts"

describe("memory: blobs", () => testBlobStore(async () => ({ store: createMemoryBlobStore({ hasher }) })))
describe("memory: records", () => testRecordStore(async () => ({ store: createMemoryRecordStore() })))
describe("memory: stage", () => testStage(async () => ({ stage: createMemoryStage({ hasher }) })))
describe("memory: directory", () => testDirectory(async () => ({ directory: createMemoryDirectory({ hasher }) })))
