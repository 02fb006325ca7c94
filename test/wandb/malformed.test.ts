/** Answers with something else in one place, for every place of every answer. */
import { beforeAll, describe, expect, test } from "vitest"
import { isArtifactError } from "../../src/errors.ts"
import type { Membership, Registry } from "../../src/ports.ts"
import { collect, field, md5Of, project, publish } from "../registry/publish.ts"
import { connect, type Fetch, serve } from "./served.ts"

type Place = readonly (string | number)[]

/** What a client asks, in the order in which it does. */
const verbs: { readonly [name: string]: (registry: Registry, member: Membership) => Promise<unknown> } = {
  defaults: (registry) => registry.defaults(),
  findVersion: (registry) => registry.findVersion(field),
  getVersion: (registry, { version }) => registry.getVersion(version.id),
  memberships: (registry, { version }) => registry.memberships(version.id),
  getManifest: (registry, { version }) => registry.getManifest(version.id),
  openFile: async (registry, { version }) => {
    const file = { path: "a", digest: md5Of("1"), size: 1, birthArtifactId: version.id }
    const content = await registry.openFile({ ...field, index: 0, id: version.id }, file)
    return new Response(content.stream() as never).text()
  },
  versions: (registry) => collect(registry.versions(field)),
  collections: (registry) => collect(registry.collections(project, undefined)),
  "collections of a type": (registry) => collect(registry.collections(project, "dataset")),
  types: (registry) => collect(registry.types(project)),
  collectionAliases: (registry) => registry.collectionAliases(field),
  updateCollection: (registry) => registry.updateCollection(field, { description: "described" }),
  runs: (registry) => collect(registry.runs(project)),
  getRun: (registry) => registry.getRun({ ...project, run: "r" }),
  upsertRun: (registry) => registry.upsertRun({ ...project, run: "r" }),
  loggedBy: (registry, { version }) => registry.loggedBy(version.id),
  usedBy: (registry, { version }) => registry.usedBy(version.id),
  runVersions: (registry) => collect(registry.runVersions({ ...project, run: "r" }, "used")),
  projects: (registry) => collect(registry.projects("local")),
  getProject: (registry) => registry.getProject(project),
  "getProject of an organization": (registry) => registry.getProject({ entity: "local", project: "wandb-registry-x" }),
  upsertProject: (registry) => registry.upsertProject(project, { description: "described" }),
  updateVersion: (registry, { version }) => registry.updateVersion(version.id, { description: "described" }),
  addAliases: (registry) => registry.addAliases({ ...field, index: 0 }, ["best"]),
  removeAliases: (registry) => registry.removeAliases({ ...field, index: 0 }, ["other"]),
  deleteVersion: (registry, { version }) => registry.deleteVersion(version.id),
  link: (registry, { version }) => registry.link(version.id, { ...project, collection: "shelf" }, []),
  unlink: (registry) => registry.unlink({ ...project, collection: "shelf", index: 7 }),
  useVersion: (registry, { version }) => registry.useVersion({ ...field, index: 0, id: version.id }, { ...project, run: "r" }),
  publish: (registry) => publish(registry, { b: "0123456789" }, { collection: "other" }),
}

describe("an answer with something else in one place is used or refused in words", () => {
  let next: Fetch
  let member: Membership

  beforeAll(async () => {
    const { server } = serve()
    next = server.fetch
    const registry = connect(next)
    await registry.upsertRun({ ...project, run: "r" })
    member = await publish(registry, { a: "1" }, { run: { ...project, run: "r" }, aliases: ["best"], tags: ["t"] })
    await registry.link(member.version.id, { ...project, collection: "shelf" }, [])
    await registry.useVersion({ ...field, index: 0, id: member.version.id }, { ...project, run: "r" })
  })

  /** Calls a verb; `change` may put something else into the `at`-th answer. Returns all answers. */
  async function run(name: string, change: (answer: unknown, at: number) => unknown) {
    const answers: unknown[] = []
    const fetch: Fetch = async (request) => {
      const response = await next(request)
      if (!request.url.endsWith("/graphql")) return response
      const answer: unknown = await response.json()
      const at = answers.push(answer) - 1
      return Response.json(change(answer, at), { status: response.status })
    }
    const limits = { retries: 0, entity: undefined, multipartBytes: 8, partBytes: 4 }
    const failure: unknown = await verbs[name]!(connect(fetch, limits), member).then(
      () => undefined,
      (error) => error,
    )
    return { answers, failure }
  }

  test.each(Object.keys(verbs))("%s", async (name) => {
    const { answers } = await run(name, (answer) => answer)
    expect(answers.length).toBeGreaterThan(0)
    for (const [at, answer] of answers.entries()) {
      for (const place of placesOf(answer)) {
        for (const other of [null, {}, [null], "x"]) {
          const { failure } = await run(name, (current, now) => (now === at ? withOther(current, place, other) : current))
          const label = `${JSON.stringify(other)} at ${place.join(".")}: ${failure}`
          if (failure !== undefined) expect(isArtifactError(failure), label).toBe(true)
        }
      }
    }
  })
})

test("such an answer is told with the operation, its status and what was wrong", async () => {
  const { server } = serve()
  await publish(connect(server.fetch), { a: "1" })
  const registry = connect(async (request) => {
    const text = await (await server.fetch(request)).text()
    return new Response(text.replace('"metadata":"{}"', '"metadata":"{"'), { headers: { "x-request-id": "r-1" } })
  })
  await expect(registry.findVersion(field)).rejects.toMatchObject({
    code: "REGISTRY",
    message: expect.stringMatching(/the answer is not what was asked for: metadata is not JSON text/),
    details: { operation: "ArtifactMembershipByName", status: 200, requestId: "r-1" },
  })
})

function placesOf(value: unknown, place: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [place]
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return [place, ...keys.flatMap((key) => placesOf((value as { [key: string]: unknown })[key], [...place, key]))]
}

function withOther(value: unknown, [key, ...rest]: Place, other: unknown): unknown {
  if (key === undefined) return other
  const copy = structuredClone(value) as { [key: string]: unknown } | null
  if (copy !== null && Object.hasOwn(copy, key)) copy[key] = withOther(copy[key], rest, other)
  return copy
}
