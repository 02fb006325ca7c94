/** Which tests run where, as paths below test/. In Node all of them run in the runner's own process. */

/** In every runtime. */
export const portable = ["conformance", "runtimes/defaults"]

/**
 * In every runtime once more, over W&B's wire: the cases that have a registry. Constructors, media without a version, golden manifests,
 * table files and contracts have none; node/ opens registries by their folders, which is what it is about.
 */
export const overWire = [
  "abort",
  "api",
  "attributes",
  "building",
  "copy",
  "distributed",
  "download",
  "editing",
  "entries",
  "lineage",
  "logging",
  "media",
  "objects",
  "progress",
  "references",
  "remote",
  "rot",
  "route",
  "save-wait",
  "sources",
  "tables",
  "xxh128",
  "zip",
].map((name) => `conformance/${name}.test.ts`)

/** In Node over the wire too: arguments are checked before any wire, by the same code in every runtime, and 1,600 cases take long. */
export const overWireInNode = ["conformance/bad-input.test.ts"]

/** In pages and dedicated workers. */
export const inBrowsers = ["runtimes/browser"]

/** In Workers. */
export const inWorkers = ["runtimes/workerd"]

/** Wherever there is a file system behind Node's modules. */
export const onDisk = [
  "conformance/node",
  "storage/contracts.test.ts",
  "storage/node-cache.test.ts",
  "storage/node-fs-directory.test.ts",
  "storage/node-fs-records.test.ts",
  "storage/node-fs-stage.test.ts",
  "storage/node-fs-transfer.test.ts",
  "storage/node-fs-walk.test.ts",
]
