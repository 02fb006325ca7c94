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
  "zip",
].map((name) => `conformance/${name}.test.ts`)

/** In Node over the wire too; what they are about, arguments and building, is the same code before any wire in every runtime. */
export const overWireInNode = ["bad-input", "building", "xxh128"].map((name) => `conformance/${name}.test.ts`)

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
