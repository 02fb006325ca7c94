/**
 * Each argument of each public method, wrong in each way a user would get it wrong: an `ArtifactError` with code `INVALID_ARGUMENT`
 * that names the argument in `details.argument` and in its message.
 */
import { Api, Artifact, type ArtifactCollection, type ArtifactManifestEntry, init, type Registry, type Run } from "isofact"
import { describe, expect, test } from "vitest"
import { collect, directory, draftOf, fresh, refusal } from "./fresh.ts"

interface Scene {
  readonly registry: Registry
  readonly api: Api
  readonly run: Run
  readonly draft: Artifact
  readonly logged: Artifact
  readonly linked: Artifact
  readonly collection: ArtifactCollection
  readonly entry: ArtifactManifestEntry
}

async function scene(): Promise<Scene> {
  const { registry, api, start, log } = fresh()
  const logged = await log("birds", { "a.txt": "a" })
  return {
    registry,
    api,
    run: await start(),
    draft: await draftOf("cats", { "a.txt": "a" }),
    logged,
    linked: await logged.link("best"),
    collection: logged.collection,
    entry: logged.getEntry("a.txt"),
  }
}

// ---------------------------------------------------------------- ways to be wrong

const controller = new AbortController()
const nothing = [undefined, null]
const notText = [null, 5, true, {}, ["a"]]
const notBoolean = [null, "true", 1, {}]
const notCount = [null, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", {}]
const notFunction = [null, "f", 5, {}]
const notSignal = [null, "now", 5, {}, controller]
const notOptions = [null, "name", 5, true, ["a"], () => undefined]
const notAliases = [null, 5, true, {}, [5], [null], [""], ["a/b"], ["a:b"], ["v3"], ["x".repeat(129)]]
const notTags = [null, 5, true, {}, [5], [null], [""], ["a/b"], ["a!"], ["x".repeat(129)]]
const notRunTags = [null, 5, true, {}, [5], [null], [""], ["a\0b"], ["\ud800"], ["x".repeat(65)]]
const notEntryPath = [...notText, "", ".", "/a", "../a", "a/../../b", "C:\\a", "C:a", "\\a", "a\0b", "\ud800"]
const notPathString = [...nothing, 5, true, {}, ["a"], "", "a/b/c/d", "/a", "a/", "a:", "a//b", "a\0b"]
const notName = [...notText, "", "a/b", "a:b", "x".repeat(129)]
const notArtifact = [...nothing, 5, true, {}, [], "birds", new Blob(["a"])]
const notBytes = [...nothing, 5, true, {}, Promise.resolve(new Blob([])), () => undefined]
const notRegistry = [null, 5, "memory", {}, [], true]

type Case = readonly [argument: string, wrong: readonly unknown[], call: (scene: Scene, wrong: never) => unknown]

/** The rows for an options argument: not an object, an unknown name, and a wrong signal. */
function options(
  call: (scene: Scene, options: never) => unknown,
  more: { readonly [option: string]: readonly unknown[] } = {},
): Case[] {
  const rows: Case[] = [
    ["options", notOptions, call],
    ["options.sginal", [controller.signal], (scene, value) => call(scene, { sginal: value } as never)],
    ["options.signal", notSignal, (scene, value) => call(scene, { signal: value } as never)],
  ]
  for (const [option, wrong] of Object.entries(more)) {
    rows.push([`options.${option}`, wrong, (scene, value) => call(scene, { [option]: value } as never)])
  }
  return rows
}

const withoutSignal = (rows: Case[]) => rows.filter(([argument]) => argument !== "options.signal")

// ---------------------------------------------------------------- the table

const registryOptions = {
  registry: notRegistry,
  cache: notRegistry,
  platform: [null, 5, "node", true],
  dir: [null, 5, true, {}],
  entity: [...notText, "", "a/b"],
  project: [...notText, "", "a/b", "a:b"],
}

const table: { readonly [method: string]: readonly Case[] } = {
  "new Artifact": [
    ["name", [...nothing, ...notName, "a b", "ä"], (_, name) => new Artifact(name, "dataset")],
    ["type", [...nothing, ...notText, "", "job", "wandb-x", "a\0"], (_, type) => new Artifact("birds", type)],
    ...withoutSignal(
      options((_, options) => new Artifact("birds", "dataset", options), {
        description: [5, true, {}, ["a"]],
        metadata: [
          5,
          true,
          ["a"],
          "not json",
          "[1]",
          { a: Number.POSITIVE_INFINITY },
          { a: 1n },
          { a: () => 1 },
          new Map([["a", 1]]),
        ],
        incremental: notBoolean,
        useAs: [5, {}],
        storageRegion: [...notText, ""],
        platform: registryOptions.platform,
      }),
    ),
  ],
  "artifact.aliases": [["aliases", [undefined, ...notAliases], ({ logged }, value) => Object.assign(logged, { aliases: value })]],
  "artifact.tags": [["tags", [undefined, ...notTags], ({ logged }, value) => Object.assign(logged, { tags: value })]],
  "artifact.description": [["description", [5, true, {}], ({ draft }, value) => Object.assign(draft, { description: value })]],
  "artifact.metadata": [["metadata", [5, true, ["a"], "text"], ({ draft }, value) => Object.assign(draft, { metadata: value })]],
  "artifact.ttl": [
    [
      "ttl",
      [
        undefined,
        5,
        "30d",
        true,
        [],
        {},
        { days: -1 },
        { days: Number.NaN },
        { days: "3" },
        { day: 3 },
        { months: 1 },
        { days: 1e12 },
      ],
      ({ draft }, value) => Object.assign(draft, { ttl: value }),
    ],
  ],
  "artifact.addFile": [
    ["source", notBytes, ({ draft }, source) => draft.addFile(source, { name: "x" })],
    ["options.name", [undefined], ({ draft }) => draft.addFile(new Blob(["x"]))],
    ["source", [new File(["x"], ".."), new File(["x"], "a/..")], ({ draft }, source) => draft.addFile(source)],
    ...options(({ draft }, options) => draft.addFile(new Blob(["x"]), options), {
      name: notEntryPath,
      isTmp: notBoolean,
      skipCache: notBoolean,
      overwrite: notBoolean,
      policy: [null, "imutable", "Mutable", true, 5],
      onProgress: notFunction,
    }),
  ],
  "artifact.addDir": [
    ["dir", [...nothing, 5, true, {}, new Blob(["x"]), () => undefined], ({ draft }, dir) => draft.addDir(dir)],
    ["dir", [["a"], [5], [null], [new Blob(["x"])]], ({ draft }, dir) => draft.addDir(dir)],
    ["dir", [{ kind: "file", name: "a" }], ({ draft }, dir) => draft.addDir(dir)],
    ["dir", [{ kind: "directory" }, new Set([1]), new URL("https://example.test/birds/")], ({ draft }, dir) => draft.addDir(dir)],
    ["source", [new URL("https://example.test/a.txt")], ({ draft }, source) => draft.addFile(source)],
    ["root", [{ put: 1, digest: 1 }], ({ logged }, root) => logged.download(root)],
    ["dir", notEntryPath, ({ draft }, path) => draft.addDir(new Map([[path, new Blob(["x"])]]))],
    ["source", notBytes, ({ draft }, source) => draft.addDir(new Map([["x", source]]))],
    ...options(({ draft }, options) => draft.addDir(new Map(), options), {
      name: notEntryPath.filter((path) => path !== ""),
      skipCache: notBoolean,
      merge: notBoolean,
      policy: [null, "imutable", true, 5],
      links: [null, "folow", true, 5],
      ignore: [...notFunction, ["*.tmp"], /tmp/],
      onProgress: notFunction,
    }),
  ],
  "artifact.newFile": [
    ["name", [...nothing, ...notEntryPath], ({ draft }, name) => draft.newFile(name)],
    ...options(({ draft }, options) => draft.newFile("x", options), {
      mode: [null, "r", "wx", "W", 5],
      policy: [null, "x", 5],
    }).filter(([argument, wrong]) => argument !== "options" || wrong !== notOptions),
    ["options", [null, "text", 5, true, ["a"]], ({ draft }, options) => draft.newFile("x", options)],
    ["options", [null, "text", 5, true, ["a"]], ({ draft }, options) => draft.newFile("x", () => undefined, options)],
  ],
  "artifact.addReference": [
    [
      "uri",
      [...nothing, 5, true, {}, [], "", "a.txt", "/a", "//host/a", new Blob([])],
      ({ draft }, uri) => draft.addReference(uri, { name: "x", checksum: false }),
    ],
    ...options(({ draft }, options) => draft.addReference("s3://b/k", checked(options, { checksum: false })), {
      name: notEntryPath,
      maxObjects: notCount,
      registry: notRegistry,
    }).slice(1),
    ["options", notOptions, ({ draft }, options) => draft.addReference("s3://b/k", options)],
    ["options.checksum", notBoolean, ({ draft }, checksum) => draft.addReference("s3://b/k", { checksum })],
  ],
  "artifact.addReference of an entry": options(({ draft, entry }, options) => draft.addReference(entry, options), {
    name: notEntryPath,
    checksum: notBoolean,
    maxObjects: notCount,
  }),
  "artifact.remove": [["item", [...nothing, ...notEntryPath], ({ draft }, item) => draft.remove(item)]],
  "artifact.getAddedLocalPathName": [
    ["localPath", [...nothing, ...notText], ({ draft }, path) => draft.getAddedLocalPathName(path)],
  ],
  "artifact.save": options(({ draft }, options) => draft.save(options), {
    project: [...notText, "", "a/b"],
    run: [null, 5, "mine", {}],
    registry: notRegistry,
  }),
  "artifact.wait": options(({ logged }, options) => logged.wait(options), { timeoutMs: [null, -1, Number.NaN, "5", {}] }),
  "artifact.newDraft": options(({ logged }, options) => logged.newDraft(options)),
  "artifact.loadManifest": options(({ logged }, options) => logged.loadManifest(options)),
  "artifact.getEntry": [["name", [...nothing, ...notEntryPath], ({ logged }, name) => logged.getEntry(name)]],
  "artifact.getPath": [["name", [...nothing, ...notEntryPath], ({ logged }, name) => logged.getPath(name)]],
  "artifact.files": [
    ["names", [null, 5, true, {}, "a.txt", [5], [null], [""], ["../a"]], ({ logged }, names) => logged.files(names)],
    ...options(({ logged }, options) => logged.files(undefined, options), { perPage: notCount }),
  ],
  "artifact.file": [
    ["root", [null, 5, true, {}, [], ""], ({ logged }, root) => logged.file(root)],
    ...options(({ logged }, options) => logged.file(directory(), options)),
  ],
  "artifact.download": [
    ["root", [null, 5, true, {}, [], "", new Blob([])], ({ logged }, root) => logged.download(root)],
    ...options(({ logged }, options) => logged.download(directory(), options), {
      allowMissingReferences: notBoolean,
      skipCache: notBoolean,
      pathPrefix: notText,
      match: [null, "*.txt", 5, {}, ["a"]],
      concurrency: notCount,
      onProgress: notFunction,
    }),
  ],
  "artifact.checkout": [
    ["root", [null, 5, true, {}, [], ""], ({ logged }, root) => logged.checkout(root)],
    ...options(({ logged }, options) => logged.checkout(directory(), options), { onProgress: notFunction }),
  ],
  "artifact.verify": [
    ["root", [null, 5, true, {}, [], ""], ({ logged }, root) => logged.verify(root)],
    ...options(({ logged }, options) => logged.verify(directory(), options), { stored: notBoolean, onProgress: notFunction }),
  ],
  "artifact.delete": options(({ logged }, options) => logged.delete(options), { deleteAliases: notBoolean }),
  "artifact.link": [
    ["targetPath", [...notPathString, "a:b"], ({ logged }, target) => logged.link(target)],
    ...options(({ logged }, options) => logged.link("better", options), { aliases: notAliases }),
  ],
  "artifact.unlink": options(({ linked }, options) => linked.unlink(options)),
  "artifact.linkedArtifacts": options(({ logged }, options) => logged.linkedArtifacts(options)),
  "artifact.sourceArtifact": options(({ logged }, options) => logged.sourceArtifact(options)),
  "artifact.loggedBy": options(({ logged }, options) => logged.loggedBy(options)),
  "artifact.usedBy": options(({ logged }, options) => logged.usedBy(options)),

  "entry.stream": options(({ entry }, options) => entry.stream(options), {
    range: [
      null,
      5,
      "0-5",
      [],
      [0, 5],
      {},
      { start: -1 },
      { start: 1.5 },
      { start: 5, end: 4 },
      { start: 0, end: -1 },
      { start: "0" },
    ],
  }),
  "entry.bytes": options(({ entry }, options) => entry.bytes(options)),
  "entry.blob": options(({ entry }, options) => entry.blob(options)),
  "entry.text": options(({ entry }, options) => entry.text(options)),
  "entry.json": options(({ entry }, options) => entry.json(options)),
  "entry.url": options(({ entry }, options) => entry.url(options), { expiresInSeconds: notCount }),
  "entry.download": [
    ["root", [null, 5, true, {}, [], ""], ({ entry }, root) => entry.download(root)],
    ...options(({ entry }, options) => entry.download(directory(), options), { skipCache: notBoolean }),
  ],

  init: options(({ registry }, options) => init(checked(options, { registry })), {
    ...registryOptions,
    id: [...notText, "", "a/b", "a:b"],
    name: [...notText, ""],
    jobType: [...notText, ""],
    group: [...notText, ""],
    notes: notText,
    tags: notRunTags,
    config: [5, true, ["a"], { a: Number.POSITIVE_INFINITY }],
  }),
  "run.logArtifact": [
    ["artifact", [...nothing, 5, true, {}, [], new Blob([])], ({ run }, artifact) => run.logArtifact(artifact)],
    ["artifact", ["", "no-such-file"], ({ run }, artifact) => run.logArtifact(artifact)],
    ["options.name", notName, ({ run }, name) => run.logArtifact("s3://b/k", { name })],
    ["options.type", [...notText, "", "job"], ({ run }, type) => run.logArtifact("s3://b/k", { type, name: "x" })],
    ...options(({ run, draft }, options) => run.logArtifact(draft, options), {
      aliases: notAliases,
      tags: notTags,
      onProgress: notFunction,
    }),
  ],
  "run.useArtifact": [
    ["artifact", [...notPathString, new Blob([])], ({ run }, artifact) => run.useArtifact(artifact)],
    ...options(({ run }, options) => run.useArtifact("birds", options), { type: notText, manifest: [null, "Lazy", true, 5] }),
  ],
  "run.linkArtifact": [
    ["artifact", notArtifact, ({ run }, artifact) => run.linkArtifact(artifact, "best")],
    ["targetPath", [...notPathString, "a:b"], ({ run, logged }, target) => run.linkArtifact(logged, target)],
    ...options(({ run, logged }, options) => run.linkArtifact(logged, "best", options), { aliases: notAliases }),
  ],
  "run.upsertArtifact": [
    ["artifact", notArtifact, ({ run }, artifact) => run.upsertArtifact(artifact, { distributedId: "x" })],
    ...options(({ run, draft }, options) => run.upsertArtifact(draft, options), {
      distributedId: [undefined, ...notText, ""],
    }),
    ["options.aliases", notAliases, ({ run, draft }, aliases) => run.upsertArtifact(draft, { distributedId: "x", aliases })],
    ["options.tags", notTags, ({ run, draft }, tags) => run.upsertArtifact(draft, { distributedId: "x", tags })],
  ],
  "run.finishArtifact": [
    ["artifact", notArtifact, ({ run }, artifact) => run.finishArtifact(artifact, { distributedId: "x" })],
    ...options(({ run, draft }, options) => run.finishArtifact(draft, options), {
      distributedId: [undefined, ...notText, ""],
    }),
  ],
  "run.finish": options(({ run }, options) => run.finish(options), { exitCode: [null, 1.5, Number.NaN, "1", {}] }),
  "run.loggedArtifacts": options(({ run }, options) => collect(run.loggedArtifacts(options))),
  "run.usedArtifacts": options(({ run }, options) => collect(run.usedArtifacts(options))),

  "new Api": withoutSignal(
    options((_, options) => new Api(options), { registry: notRegistry, cache: notRegistry, platform: [null, 5] }),
  ),
  "new Api, used": (["entity", "project"] as const).map((option) => [
    `options.${option}`,
    registryOptions[option],
    ({ registry }, value) => new Api({ registry, [option]: value }).artifact("birds"),
  ]),
  "api.artifact": [
    ["name", notPathString, ({ api }, name) => api.artifact(name)],
    ...options(({ api }, options) => api.artifact("birds", options), { type: notText, manifest: [null, "Lazy", true] }),
  ],
  "api.artifactExists": [
    ["name", notPathString, ({ api }, name) => api.artifactExists(name)],
    ...options(({ api }, options) => api.artifactExists("birds", options), { type: notText }),
  ],
  "api.artifacts": [
    ["type", [...nothing, ...notText], ({ api }, type) => collect(api.artifacts(type, "birds"))],
    ["name", [...notPathString, "birds:v0"], ({ api }, name) => collect(api.artifacts("dataset", name))],
    ...options(({ api }, options) => collect(api.artifacts("dataset", "birds", options)), { tags: notTags }),
  ],
  "api.artifactType": [
    ["name", [...nothing, ...notText], ({ api }, name) => api.artifactType(name)],
    ...options(({ api }, options) => api.artifactType("dataset", options), { project: registryOptions.project }),
  ],
  "api.artifactTypes": options(({ api }, options) => collect(api.artifactTypes(options)), { project: registryOptions.project }),
  "api.artifactCollection": [
    ["type", [...nothing, ...notText], ({ api }, type) => api.artifactCollection(type, "birds")],
    ["name", [...notPathString, "birds:v0"], ({ api }, name) => api.artifactCollection("dataset", name)],
    ...options(({ api }, options) => api.artifactCollection("dataset", "birds", options)),
  ],
  "api.artifactCollections": [
    ["type", notText, ({ api }, type) => collect(api.artifactCollections(type))],
    ...options(({ api }, options) => collect(api.artifactCollections(undefined, options)), { project: registryOptions.project }),
  ],
  "api.artifactCollectionExists": [
    ["name", [...notPathString, "birds:v0"], ({ api }, name) => api.artifactCollectionExists(name, "dataset")],
    ["type", [...nothing, ...notText], ({ api }, type) => api.artifactCollectionExists("birds", type)],
    ...options(({ api }, options) => api.artifactCollectionExists("birds", "dataset", options)),
  ],
  "api.run": [
    ["path", notPathString, ({ api }, path) => api.run(path)],
    ...options(({ api, run }, options) => api.run(run.id, options)),
  ],

  "collection.name": [["name", [undefined, ...notName], ({ collection }, value) => Object.assign(collection, { name: value })]],
  "collection.description": [
    ["description", [5, true, {}], ({ collection }, value) => Object.assign(collection, { description: value })],
  ],
  "collection.tags": [["tags", [undefined, ...notTags], ({ collection }, value) => Object.assign(collection, { tags: value })]],
  "collection.changeType": [
    ["type", [...nothing, ...notText, "", "job", "wandb-x"], ({ collection }, type) => collection.changeType(type)],
  ],
  "collection.aliases": options(({ collection }, options) => collection.aliases(options)),
  "collection.artifacts": options(({ collection }, options) => collect(collection.artifacts(options))),
  "collection.save": options(({ collection }, options) => collection.save(options)),
  "collection.delete": options(({ collection }, options) => collection.delete(options)),
}

/** Options with defaults below them, unless what was passed is no options object at all: that must arrive as it is. */
function checked(options: unknown, defaults: object = {}): never {
  const isObject = typeof options === "object" && options !== null && !Array.isArray(options)
  return (isObject ? { ...defaults, ...options } : options) as never
}

const shown = (value: unknown) => {
  if (typeof value === "number" || value === undefined) return String(value)
  if (value === controller) return "an AbortController"
  if (value instanceof Blob) return "a Blob"
  if (value instanceof Promise) return "a Promise"
  if (typeof value === "string" && value.length > 20) return `${value.length} characters`
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value
  }
}

describe.each(Object.entries(table))("%s", (_, cases) => {
  const rows = cases.flatMap(([argument, values, call]) => values.map((value) => [argument, shown(value), value, call] as const))

  test.each(rows)("%s: %s", async (argument, _shown, value, call) => {
    const error = await refusal("INVALID_ARGUMENT", async () => call(await scene(), value as never))
    // A list or a bag names the item or the unit that is wrong.
    expect(error.details.argument).toMatch(new RegExp(`^${argument.replaceAll(".", "\\.")}([[.]|$)`))
    expect(error.message.toLowerCase()).toContain(argument.split(".").at(-1)!.toLowerCase())
    expect(error.message.length).toBeGreaterThan(20)
  })
})

test("nothing is logged, made or changed by any of it", async () => {
  const { records, registry, api } = fresh()
  for (const cases of Object.values(table)) {
    for (const [argument, values, call] of cases) {
      if (!argument.startsWith("options")) continue
      const on = { ...(await scene()), registry, api }
      for (const value of values)
        await Promise.resolve()
          .then(() => call(on, value as never))
          .catch(() => undefined)
    }
  }
  for (const family of ["collections", "versions", "runs", "projects"]) expect(await collect(records.list(family))).toEqual([])
})
