/** spec/api.md, "environment": the variables Python reads are read here; options win. And the default places. */
import { access, readdir } from "node:fs/promises"
import { Api, init } from "isofact"
import { expect, test, vi } from "vitest"
import { createNodePlatform } from "../../../src/doors/node.ts"
import { apiKey } from "../../secrets.ts"
import { refusal, startIn } from "../fresh.ts"
import { place } from "./place.ts"

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function withVersion() {
  const here = await place()
  const artifact = here.draft()
  await artifact.addFile(new Blob(["hello"]), { name: "a.txt" })
  await (await here.start()).logArtifact(artifact)
  return { ...here, artifact }
}

test("without any the entity is local and the project uncategorized", async () => {
  const { start } = await place()
  expect(await start()).toMatchObject({ entity: "local", project: "uncategorized" })
})

test("WANDB_ENTITY and WANDB_PROJECT are the defaults of init and Api", async () => {
  const { start, api, draft } = await place()
  vi.stubEnv("WANDB_ENTITY", "team")
  vi.stubEnv("WANDB_PROJECT", "forest")
  const run = await start()
  expect(run).toMatchObject({ entity: "team", project: "forest" })
  await run.logArtifact(draft())
  expect((await api().artifact("birds")).qualifiedName).toBe("team/forest/birds:v0")
})

test("WANDB_ENTITY and WANDB_PROJECT are the defaults of a run made by save(), too", async () => {
  const { root, platform, api, draft } = await place()
  vi.stubEnv("WANDB_ENTITY", "team")
  vi.stubEnv("WANDB_PROJECT", "forest")
  const artifact = draft()
  await artifact.save({ registry: platform.registry({ dir: root }) })
  expect(artifact.qualifiedName).toBe("team/forest/birds:v0")
  expect((await api().artifact("birds")).id).toBe(artifact.id)
})

test("options win over WANDB_ENTITY and WANDB_PROJECT", async () => {
  const { start, root, platform } = await place()
  vi.stubEnv("WANDB_ENTITY", "team")
  vi.stubEnv("WANDB_PROJECT", "forest")
  expect(await start({ entity: "me", project: "desk" })).toMatchObject({ entity: "me", project: "desk" })
  const api = new Api({ dir: root, platform, entity: "me", project: "desk" })
  expect(await api.artifactExists("birds")).toBe(false)
})

test("an empty variable is as good as none", async () => {
  const { start } = await place()
  vi.stubEnv("WANDB_PROJECT", "")
  expect(await start()).toMatchObject({ project: "uncategorized" })
})

test("WANDB_ARTIFACT_DIR is where downloads go by default", async () => {
  const { artifact, at, read } = await withVersion()
  vi.stubEnv("WANDB_ARTIFACT_DIR", at("downloads"))
  expect(await artifact.download()).toBe(at("downloads/birds:v0"))
  expect(await read("downloads/birds:v0")).toEqual({ "a.txt": "hello" })
  expect(await artifact.file()).toBe(at("downloads/birds:v0/a.txt"))
})

test("WANDB_CACHE_DIR holds copies of what came across a network, by digest, where Python looks", async () => {
  const { at, root, platform } = await withVersion()
  vi.stubEnv("WANDB_CACHE_DIR", at("cache"))
  const registry = { ...platform.registry({ dir: root }), remote: true }
  const run = await startIn(registry)({ platform })
  expect(await (await run.useArtifact("birds")).getEntry("a.txt").text()).toBe("hello")
  // MD5 of "hello" in hex, its first two characters a folder.
  expect(await exists(at("cache/artifacts/obj/md5/5d/41402abc4b2a76b9719d911017c592"))).toBe(true)
})

test("WANDB_CACHE_DIR is not touched for a registry on this machine", async () => {
  const { artifact, at } = await withVersion()
  vi.stubEnv("WANDB_CACHE_DIR", at("cache"))
  await artifact.getEntry("a.txt").text()
  expect(await exists(at("cache"))).toBe(false)
})

test("WANDB_DATA_DIR is where drafts are staged, and nothing stays there once they are logged", async () => {
  const { at, draft, start } = await place()
  vi.stubEnv("WANDB_DATA_DIR", at("data"))
  const artifact = draft()
  await artifact.addFile(new TextEncoder().encode("hello"), { name: "a.txt" })
  const staged = async () => (await readdir(at("data"), { recursive: true, withFileTypes: true })).filter((item) => item.isFile())
  expect((await staged()).length).toBeGreaterThan(0)
  await (await start()).logArtifact(artifact)
  expect(await staged()).toEqual([])
})

test("the embedded registry is .isofact in the directory that is given, the same for a second session", async () => {
  const { root, at } = await withVersion()
  expect(await exists(at(".isofact"))).toBe(true)
  const api = new Api({ dir: root, platform: createNodePlatform() })
  expect(await (await api.artifact("birds:v0")).getEntry("a.txt").text()).toBe("hello")
})

test("WANDB_MODE=online means W&B's service, with the key and the address of the environment; a directory still means that directory", async () => {
  const { root } = await place()
  const env = (values: Record<string, string>) => (name: string) => values[name]
  const online = createNodePlatform({
    env: env({ WANDB_MODE: "online", WANDB_API_KEY: apiKey, WANDB_BASE_URL: "https://wandb.example" }),
  })
  expect(online.remoteRegistry?.()?.name).toContain("wandb.example")
  expect(online.remoteRegistry?.()).toBe(online.remoteRegistry?.())
  const keyless = createNodePlatform({ env: env({ WANDB_MODE: "online" }) })
  await refusal("INVALID_ARGUMENT", async () => void new Api({ platform: keyless }))
  expect((await init({ platform: keyless, dir: root })).entity).toBe("local")
  expect(createNodePlatform({ env: env({ WANDB_API_KEY: apiKey }) }).remoteRegistry?.()).toBeUndefined()
})
