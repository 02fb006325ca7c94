import { objectPath } from "../core/object-path.ts"
import { InvalidArgumentError } from "../errors.ts"
import type { CallOptions, Content, MediaObject, MediaSource } from "../ports.ts"
import { readPythonJson } from "./python-json-read.ts"
import type { Place } from "./table-rows.ts"
import { isDictionary } from "./types/list.ts"

interface Reader {
  read(json: unknown, source: MediaSource, options?: CallOptions): Promise<MediaObject>
}

const TABLE = "table"
/** Their classes, in the order in which W&B looks for them: the first two end as tables do. */
const readers: ReadonlyMap<string, () => Promise<Reader>> = new Map<string, () => Promise<Reader>>([
  ["joined-table", async () => (await import("./joined-table.ts")).JoinedTable],
  ["partitioned-table", async () => (await import("./partitioned-table.ts")).PartitionedTable],
  ["mask", async () => (await import("./image-mask.ts")).ImageMask],
  ["classes", async () => (await import("./classes.ts")).Classes],
  ["bounding-boxes", async () => (await import("./bounding-boxes.ts")).BoundingBoxes2D],
  ["bokeh-file", async () => (await import("./bokeh.ts")).Bokeh],
  ["object3D-file", async () => (await import("./object3d.ts")).Object3D],
  ["molecule-file", async () => (await import("./molecule.ts")).Molecule],
  ["html-file", async () => (await import("./html.ts")).Html],
  ["video-file", async () => (await import("./video.ts")).Video],
  ["image-file", async () => (await import("./image.ts")).Image],
  ["audio-file", async () => (await import("./audio.ts")).Audio],
])
const order = [...readers.keys()].toSpliced(2, 0, TABLE)
/** Objects but tables are small: more than this is read of none. */
const MAX_BYTES = 64 * 1024 * 1024

export interface FoundObject {
  readonly path: string
  readonly logType: string
}

/** The object that `name` is short for, where `has` tells of entries. */
export function findObject(has: (path: string) => boolean, name: string): FoundObject | undefined {
  for (const logType of order) {
    const path = objectPath(logType, name)
    if (has(path)) return { path, logType }
  }
  return undefined
}

/** Reads an object, of a table no more than what it is. @throws InvalidArgumentError when its file says something else */
export async function readObject(source: MediaSource, { path, logType }: FoundObject, options: CallOptions): Promise<MediaObject> {
  if (logType === TABLE) {
    const { readTable } = await import("./table-read.ts")
    return readTable(source, path, options)
  }
  const json = readPythonJson(await textOf(await source.open(path, options), path, options), path)
  return (await readers.get(logType)!()).read(json, source, options)
}

/** What stands in a cell under the name of a kind; what has a name that is none of them stays as it is. */
export async function readInline(json: { readonly _type?: unknown }, place: Place, options: CallOptions): Promise<unknown> {
  const name = json._type as string
  if (name === TABLE && isDictionary(json)) {
    const { readInlineTable } = await import("./table-read.ts")
    return readInlineTable(json, place, options)
  }
  const load = readers.get(name)
  return load === undefined ? json : (await load()).read(json, place.source, options)
}

async function textOf(content: Content, path: string, { signal }: CallOptions): Promise<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  let text = ""
  const reader = content.stream({ signal }).getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decoder.decode(read.value, { stream: true })
    if (text.length <= MAX_BYTES) continue
    await reader.cancel()
    throw new InvalidArgumentError("name", `"${path}" is too large for what it says it is: more than ${MAX_BYTES} bytes`, { path })
  }
  return text + decoder.decode()
}
