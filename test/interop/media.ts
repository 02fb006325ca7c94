/** Media of every class in both directions: from what Python is given, isofact writes the same bytes, and each reads the other's. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Api, Artifact, init, type MediaObject } from "isofact"
import * as media from "isofact/media"
import { pythonJson } from "../../src/media/python-json.ts"
import { wandb } from "../../src/wandb/wandb.ts"
import { givenFiles, MADE, mediaObjects, ofPixels } from "../conformance/media-objects.ts"
import type { Group, Peer } from "./group.ts"
import { checkMediaPage } from "./media-page.ts"
import { checkSeen } from "./server.ts"
import { ENTITY, type Host, startHost } from "./wire-host.ts"
import { type PythonOptions, runPeer } from "./wire-python.ts"

interface Facts {
  readonly entries: Record<string, [size: number, digest: string, ref: string | null]>
  readonly texts: Record<string, string>
}

export async function checkMedia({ python, dir }: Peer, group: Group): Promise<void> {
  await using host = await startHost(dir)
  const given = join(dir, "given")
  mkdirSync(given)
  for (const [name, content] of givenFiles()) writeFileSync(join(given, name), content)
  await using far = await startFar(given)
  const objects = () => mediaObjects(media, (name) => pathToFileURL(join(given, name)), far.url)
  const start = (name: string): PythonOptions => ({
    ...{ python, to: host, dir: join(dir, name) },
    env: { INTEROP_MEDIA: given, INTEROP_FAR: far.url },
  })
  const facts = await runPeer<Facts>(group, "media-log", start("media-log"))
  const draft = new Artifact("media-isofact", "dataset")
  for (const [name, object] of Object.entries(objects())) await draft.add(object, name)
  await draft.add(new media.Bokeh({ doc: { version: "3", roots: [] } }), "plot")
  await using run = await init({ registry: registryOf(host), entity: ENTITY, project: "garden" })
  checkGolden(group, facts)
  await compare(group, facts, await run.logArtifact(draft))
  await readTheirs(group, host, objects(), given)
  await checkMediaPage(group, host)
  await runPeer(group, "media-read", start("media-read"))
  checkSeen(group, host)
}

const registryOf = ({ url, key }: Host) => wandb({ apiKey: key, baseUrl: url })

async function compare(group: Group, { entries = {}, texts = {} }: Partial<Facts>, draft: Artifact): Promise<void> {
  const isSame = (path: string) => !MADE.test(path)
  const theirs = Object.keys(entries).filter(isSame)
  const ours = [...draft.manifest.entries.keys()].filter((path) => isSame(path) && !path.includes("bokeh"))
  group.same(ours.sort(), theirs.sort(), "the files")
  for (const path of ours) {
    const entry = draft.manifest.get(path)!
    const text = path.endsWith(".json") && entry.ref === undefined ? await draft.getEntry(path).text() : ""
    if (text !== "" && texts[path] !== undefined) group.same(masked(text, path), masked(texts[path], path), path)
    if (ofPixels.some((name) => path.startsWith(`${name}.`))) continue
    group.same([entry.size, entry.digest, entry.ref ?? null], entries[path], `${path}: the entry`)
  }
}

/** What the tests of all runtimes compare with is what Python made, but for what is elsewhere or made of pixels. */
function checkGolden(group: Group, { entries = {} }: Partial<Facts>): void {
  const isOfPixels = (path: string) => MADE.test(path) || ofPixels.some((name) => path.startsWith(`${name}.`))
  const kept = Object.entries(entries).filter(([path, [, , ref]]) => !(isOfPixels(path) || ref || /^far/.test(path)))
  const made = Object.fromEntries(kept.sort().map(([path, [size, digest]]) => [path, [size, digest]]))
  const golden = new URL("../fixtures/golden-media.json", import.meta.url)
  if (process.env.ISOFACT_WRITE_GOLDEN) writeFileSync(golden, `${JSON.stringify(made).replaceAll("],", "],\n")}\n`)
  group.same(pythonJson(JSON.parse(readFileSync(golden, "utf8"))), pythonJson(made), "golden-media.json")
}

function masked(text: string, path: string): string {
  if (!ofPixels.some((name) => path.startsWith(`${name}.`))) return text
  return text.replace(
    /"path": "(media\/images\/(?:mask\/)?)[0-9a-f]{20}(\.(?:mask\.)?png)", "sha256": "[0-9a-f]{64}"/g,
    '"path": "$1…$2"',
  )
}

async function readTheirs(group: Group, host: Host, expected: Record<string, MediaObject>, given: string): Promise<void> {
  const artifact = await new Api({ registry: registryOf(host), entity: ENTITY, project: "garden" }).artifact("media-python:latest")
  for (const [name, object] of Object.entries(expected)) {
    const found = (await artifact.get(name)) as MediaObject
    group.same(found?.constructor, object.constructor, `${name}: its class, read by isofact`)
    if (object instanceof media.Classes) group.same((found as media.Classes).classSet, object.classSet, `${name}: its classes`)
    if (!(found instanceof media.FileMedia && object instanceof media.FileMedia)) continue
    // Python keeps the caption of these four and gives those of the others no reader.
    group.same(found.caption, object.caption, `${name}: its caption`)
    group.check((await found.bytes()).length > 0, () => `${name} has no bytes`)
    if (found instanceof media.Image && object instanceof media.Image) sameImage(group, name, found, object)
  }
  const bytes = async (name: string) => ((await artifact.get(name)) as media.FileMedia).bytes()
  group.same([...(await bytes("bird"))], [...readFileSync(join(given, "bird.png"))], "the bytes of a picture")
  group.same(new TextDecoder().decode(await bytes("farther")), "a song", "the bytes of what is elsewhere")
  group.same([...(await bytes("stereo"))], [...(await (expected.stereo as media.Audio).bytes())], "the bytes of a sound")
  const album = (await artifact.get("album")) as media.Table
  const rows = await album.toObjects()
  const [first, second] = rows as { image: media.Image; sound: media.Audio | null; molecule: media.Molecule }[]
  group.same([first!.image.caption, first!.image.boxes.get("seen")?.boxes.length], ["an ära", 2], "a picture in a table")
  group.same([first!.sound?.caption, second!.sound], ["a song", null], "a sound in a table")
  group.same(first!.molecule.caption, "a ligand", "a molecule in a table")
  group.same(await ((await artifact.get("ids")) as media.Table).getColumn("class"), [1, 10, 2], "ids of classes")
}

function sameImage(group: Group, name: string, found: media.Image, expected: media.Image): void {
  const facts = ({ grouping, boxes, masks }: media.Image) => ({
    grouping: grouping || undefined,
    boxes: Object.fromEntries(Array.from(boxes, ([layer, set]) => [layer, set.boxes])),
    masks: [...masks.keys()],
  })
  const ordered = (image: media.Image) => pythonJson(facts(image))
  group.same(ordered(found), ordered(expected), `${name}: what is over it`)
}

async function startFar(given: string) {
  const puppy = readFileSync(join(given, "bird.png"))
  const server = createServer(({ url = "" }, response) => response.end(url.includes("puppy") ? puppy : "a song"))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
