/** The published types in programs that know different globals: Node's, a page's, a Worker's, Deno's. Nothing in them may be unknown. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { specifiersFor } from "./homes.ts"
import { manifest, root, run, type Stranger } from "./support.ts"

interface Program {
  readonly lib: readonly string[]
  readonly types: readonly string[]
  readonly code: string
}

const portable = `
import { Artifact, init, isArtifactError } from "${manifest.name}"

export { artifact, entry, run }
await using run = await init({ project: "birds" })
const artifact = new Artifact("birds", "dataset", { metadata: { hz: 44100 } })
await artifact.addFile(new Blob(["wren"]), { name: "a.txt" })
await artifact.addFile(new Response("robin"), { name: "b.txt" })
await run.logArtifact(artifact, { aliases: ["best"], signal: AbortSignal.timeout(1000), onProgress: ({ bytesDone }) => bytesDone + 1 })
const entry = (await run.useArtifact("birds:best")).getEntry("a.txt")
export const digest: string = entry.digest
export const bytes: Uint8Array = await entry.bytes()
export const blob: Blob = await entry.blob()
for await (const chunk of await entry.stream({ range: { start: 1 } })) console.log(chunk.byteLength)
try {
  new Response(await entry.stream())
} catch (error) {
  if (isArtifactError(error) && error.code === "STORAGE") console.log(error.details.path)
}
`

const programs: Readonly<Record<string, Program>> = {
  node: {
    lib: ["es2023"],
    types: ["node"],
    code: `${portable}
import { platform } from "${manifest.name}/node"
export const freed: number = (await platform.registry().gc({ dryRun: true })).bytesFreed
`,
  },
  page: {
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
    types: [],
    code: `${portable}
declare const input: HTMLInputElement, drop: DragEvent
await artifact.addDir(input.files!)
await artifact.addDir(drop.dataTransfer!.items)
await artifact.download(await navigator.storage.getDirectory())
`,
  },
  worker: {
    lib: ["es2023"],
    types: ["@cloudflare/workers-types"],
    code: `${portable}
import { createDigestStreamHasher } from "${manifest.name}/digest/digest-stream"
import { createEmbeddedRegistry } from "${manifest.name}/registry/embedded"
import { createArtifactRoute } from "${manifest.name}/route"
import { createR2BlobStore, createR2RecordStore } from "${manifest.name}/storage/r2"
const hasher = createDigestStreamHasher()
export default {
  async fetch(request: Request, { BUCKET: bucket }: { BUCKET: R2Bucket }): Promise<Response> {
    const registry = createEmbeddedRegistry({ records: createR2RecordStore({ bucket }), blobs: createR2BlobStore({ bucket, hasher }), hasher })
    return (await createArtifactRoute({ registry })(request)) ?? new Response(null, { status: 404 })
  },
}
`,
  },
}

/** Subpaths whose own types speak of what only pages have. */
const pageOnly = /\/(browser|storage\/(browser|directory-handle|indexeddb|opfs))$/

export async function checkTypes({ folder }: Stranger): Promise<string> {
  const place = join(folder, "types")
  for (const name of ["@types/node", "undici-types", "@cloudflare/workers-types"]) link(name, place)
  writeFileSync(join(place, "package.json"), '{ "type": "module", "private": true }\n')
  for (const [name, { lib, types, code }] of Object.entries(programs)) {
    const runtime = name === "page" ? "chromium" : name === "worker" ? "workerd" : "node"
    const imported = specifiersFor(runtime).filter((specifier) => name === "page" || !pageOnly.test(specifier))
    const lines = imported.map((specifier, index) => `export * as m${index} from "${specifier}"`)
    writeFileSync(join(place, `${name}.ts`), `${lines.join("\n")}\n${code}`)
    writeFileSync(
      join(place, `${name}.json`),
      JSON.stringify({ compilerOptions: { ...strict, lib, types }, files: [`${name}.ts`] }),
    )
  }
  const names = Object.keys(programs)
  await Promise.all(names.map((name) => run("tsc", ["-p", `${name}.json`], place)))
  writeFileSync(join(place, "deno.json"), '{ "nodeModulesDir": "manual" }\n')
  await run("deno", ["check", "node.ts"], place)
  return `type-checked as programs for ${names.join(", ")}, deno`
}

const strict = {
  noEmit: true,
  // Of a library that is built on this one: what it exports must have types that can be named.
  declaration: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  target: "es2023",
  module: "nodenext",
  moduleResolution: "nodenext",
}

function link(name: string, place: string): void {
  const path = join(place, "node_modules", name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, "node_modules", name), path)
}
