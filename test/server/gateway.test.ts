import { expect, test } from "vitest"
import { wandb } from "../../src/wandb/wandb.ts"
import { annsKey, createSite, fileUrl, log, origin } from "./site.ts"

/** A server whose registry is another server, reached as W&B is. */
function createGateway(direct = false) {
  const upstream = createSite()
  const options = { apiKey: annsKey, baseUrl: "http://upstream.test", entity: "ann", project: "birds", env: () => undefined }
  const registry = wandb({ ...options, fetch: (request: Request) => upstream.server.fetch(request) })
  return { upstream, gateway: createSite({ registry, direct, multipart: false }) }
}

test("what is logged through a gateway is upstream, and comes back through it", async () => {
  const { upstream, gateway } = createGateway()
  expect(await log(gateway, { "a.txt": "A", "deep/b": "B" })).toMatchObject({ state: "PENDING", sent: 2 })
  for (const site of [gateway, upstream]) {
    const url = await fileUrl(site, "deep/b")
    expect(await (await site.fetch(url)).text()).toBe("B")
  }
  expect((await log(gateway, { "a.txt": "A", "deep/b": "B" })).state).toBe("COMMITTED")
  expect([gateway.told, upstream.told]).toEqual([[], []])
})

test("bytes pass it only when it is not asked to stay out of their way", async () => {
  const { gateway } = createGateway()
  await log(gateway, { a: "A" })
  expect(await fileUrl(gateway, "a")).toMatch(new RegExp(`^${origin}/storage/file`))
  const direct = createSite({ registry: gateway.registry, direct: true })
  expect(await fileUrl(direct, "a")).toMatch(/^http:\/\/upstream\.test\/storage\/file/)
})
