/** The door of workerd as it is where something is missing; what it does in a Worker is tested in one. */
import { expect, test, vi } from "vitest"
import { createDigestStreamHasher } from "../../src/digest/digest-stream.ts"
import { createWorkerdPlatform } from "../../src/doors/workerd.ts"
import { UnsupportedError } from "../../src/errors.ts"
import { createFaultyBucket } from "../storage/faulty-bucket.ts"

vi.mock("cloudflare:workers", () => ({ env: { WANDB_ENTITY: "team", EMPTY: "", BUCKET: {} } }))

test("without a bucket there is no registry, and the error says what to do", () => {
  expect(() => createWorkerdPlatform().registry()).toThrow(/bind an R2 bucket as ISOFACT, or pass a registry/)
})

test("a bucket may be passed instead, and its objects are told apart by dir", async () => {
  const { bucket } = createFaultyBucket()
  const platform = createWorkerdPlatform({ bucket })
  expect(platform.registry({ dir: "a" })).toBe(platform.registry({ dir: "a" }))
  expect(platform.registry({ dir: "a" })).not.toBe(platform.registry())
})

test("variables are bindings that are text, or the process's", () => {
  const { env } = createWorkerdPlatform()
  expect(["WANDB_ENTITY", "EMPTY", "BUCKET", "PATH"].map((name) => env(name))).toEqual([
    "team",
    undefined,
    undefined,
    process.env.PATH,
  ])
})

test("paths are refused with the way out", async () => {
  const platform = createWorkerdPlatform()
  await expect((async () => platform.openFile("a"))()).rejects.toThrow(/pass bytes, a Blob/)
  await expect(platform.directory("a")).rejects.toThrow(/entry\.stream\(\)/)
  expect(await platform.locate("a")).toBeUndefined()
})

test("elsewhere the hasher says so at its first call, not before", async () => {
  const hasher = createDigestStreamHasher()
  await expect(hasher.create()).rejects.toThrow(UnsupportedError)
  await expect((async () => hasher.hash(new Uint8Array(9)))()).rejects.toThrow(/createWasmHasher/)
})
