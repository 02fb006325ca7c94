import { expect, test } from "vitest"
import { digestFromBytes } from "../../src/core/digest-text.ts"
import { md5 } from "../../src/core/md5.ts"
import type { Registry } from "../../src/ports.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { annsKey, artifactInput, createArtifactQuery, createFilesQuery, createSite, fileUrl, log, need, origin } from "./site.ts"

/** A server whose registry is another server, reached as W&B is. */
function createGateway(direct = false) {
  const upstream = createSite()
  const options = { apiKey: annsKey, baseUrl: "http://upstream.test", entity: "ann", project: "birds", env: () => undefined }
  const registry = wandb({ ...options, fetch: (request: Request) => upstream.server.fetch(request) })
  return { upstream, gateway: createSite({ registry, direct }) }
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

test("what upstream knows by its XXH128 is passed on as that, and taken for no damaged file", async () => {
  const { upstream, gateway } = createGateway()
  const { id } = await log(upstream, { "a.txt": "bytes from afar" })
  const [digest, hex] = ["4dSq/+QLI/obzPi6Fn4jJg==", "e1d4aaffe40b23fa1bccf8ba167e2326"]
  const corrupt: unknown[] = []
  const registry: Registry = {
    ...gateway.registry,
    reportCorrupt: async (lost) => void corrupt.push(lost),
    async getManifest(version, options) {
      const manifest = JSON.parse(await gateway.registry.getManifest(version, options))
      Object.assign(manifest.contents["a.txt"], { digest, extra: { alg: "XXH128" } })
      return JSON.stringify(manifest)
    },
  }
  const site = createSite({ registry })
  const response = await site.fetch(await fileUrl(site, "a.txt"))
  expect([await response.text(), response.headers.get("etag")]).toEqual(["bytes from afar", `"XXH128-${hex}"`])
  const part = await site.fetch(await fileUrl(site, "a.txt"), { headers: { range: "bytes=6-9" } })
  expect([part.status, await part.text()]).toEqual([206, "from"])
  const safe = encodeURIComponent(id)
  const legacy = await site.fetch(`/artifactsV2/default/ann/birds/field/${safe}/${safe}/${hex}/a.txt`, { key: annsKey })
  expect(await legacy.text()).toBe("bytes from afar")
  const query = "query ($id: ID!) { artifact(id: $id) { files { edges { node { digest md5 } } } } }"
  expect(need(await site.gql(query, { id })).artifact.files.edges[0].node).toEqual({ digest, md5: null })
  const body = new URLSearchParams({ key: annsKey, to: "/" })
  const signedIn = await site.fetch("/login", { method: "POST", body, headers: { origin } })
  const headers = { cookie: signedIn.headers.get("set-cookie")!.split(";")[0]! }
  for (const [path, shown] of [
    ["files", "XXH128"],
    ["files/a.txt", "bytes from afar"],
    ["files/a.txt?raw", "bytes from afar"],
  ] as const) {
    const page = await site.fetch(`/ann/birds/artifacts/dataset/field/v0/${path}`, { headers })
    expect(await page.text(), path).toContain(shown)
  }
  expect([corrupt, site.told]).toEqual([[], []])
})

test("a file of unknown length is passed on when it is small, and refused before it fills the memory", async () => {
  const { gateway } = createGateway()
  let sent = 0
  const chunk = new Uint8Array(1024 * 1024)
  const bodyOf = (bytes: number) =>
    new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          if (sent >= bytes) return controller.close()
          sent += chunk.byteLength
          controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
  const put = async (bytes: number, md5: string) => {
    sent = 0
    const { id } = need(await gateway.gql(createArtifactQuery, { input: artifactInput({}) })).createArtifact.artifact
    const input = { artifactFiles: [{ artifactID: id, name: `${bytes}`, md5 }], storageLayout: "V2" }
    const { edges } = need(await gateway.gql(createFilesQuery, { input })).createArtifactFiles.files
    return gateway.fetch(edges[0].node.uploadUrl, { method: "PUT", body: bodyOf(bytes), duplex: "half" } as RequestInit)
  }
  const two = digestFromBytes(md5(new Uint8Array(2 * chunk.byteLength)))
  expect((await put(2 * chunk.byteLength, two)).status).toBe(200)
  const refused = await put(1024 * chunk.byteLength, "1B2M2Y8AsgTpgAmY7PhCfg==")
  expect([refused.status, await refused.text()]).toEqual([411, expect.stringContaining("Content-Length")])
  expect(sent).toBeLessThan(80 * chunk.byteLength)
})
