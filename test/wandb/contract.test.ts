import { afterAll, expect, test, vi } from "vitest"
import { registryContract } from "../contracts/registry.ts"
import { collect, project, publish } from "../registry/publish.ts"
import { documents } from "./documents.ts"
import { watchReading } from "./reading.ts"
import { connect, serve } from "./served.ts"

const reading = watchReading()
afterAll(() => void vi.restoreAllMocks())

registryContract("over the wire", async () => connect(reading.watch(serve().server.fetch)))

registryContract("through a gateway", async () => {
  const upstream = connect(serve().server.fetch)
  return connect(serve({ registry: upstream }).server.fetch)
})

/** What the operations of the contract before this one ask for and it has no need of. */
const notHere = [
  // Where there is more than one page.
  /\.pageInfo\.(endCursor|hasNextPage)$/,
  // Of a user's own entity: one that is a team has an organization.
  /^FetchOrgInfoFromEntity\.entity\.user\.organizations\./,
]

test("every operation is asked, and no field of one that nothing reads", async () => {
  const { server } = serve()
  const fetch = reading.watch(async (request) => {
    const isVague = (await request.clone().text()).includes("mutation DeleteArtifact(")
    return isVague ? Response.json({ errors: [{ message: "no" }] }) : server.fetch(request)
  })
  const registry = connect(fetch, { entity: undefined, multipartBytes: 8, partBytes: 4 })
  await registry.defaults()
  await registry.upsertProject({ entity: "local", project: "wandb-registry-shelves" }, { artifactTypes: ["dataset"] })
  await collect(registry.projects("local"))
  const { version } = await publish(registry, { "in parts": "0123456789" })
  const shelf = { ...project, collection: "shelf" }
  await registry.link(version.id, shelf, [])
  await registry.updateCollection(shelf, { description: "described" })
  await expect(registry.deleteVersion(version.id)).rejects.toThrow("has aliases (latest")

  expect(documents.map(({ name }) => name).filter((name) => !reading.asked.has(name))).toEqual([])
  expect(reading.unread().filter((path) => !notHere.some((pattern) => pattern.test(path)))).toEqual([])
})
