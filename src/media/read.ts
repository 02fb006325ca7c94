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
/** Those that have a class of their own. */
const readers: ReadonlyMap<string, () => Promise<Reader>> = new Map<string, () => Promise<Reader>>([
  ["joined-table", async () => (await import("./joined-table.ts")).JoinedTable],
  ["partitioned-table", async () => (await import("./partitioned-table.ts")).PartitionedTable],
])
/** Their files hold no more than one thing and its description. */
const media = [
  ...["mask", "classes", "bounding-boxes", "bokeh-file", "object3D-file", "molecule-file"],
  ...["html-file", "video-file", "image-file", "audio-file"],
]
/** As W&B looks for them: the first two end as tables do. */
const order = [...readers.keys(), TABLE, ...media]
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
  return decode(logType, json, source, options)
}

/** What stands in a cell under the name of a kind; what has a name that is none of them stays as it is. */
export async function readInline(json: { readonly _type?: unknown }, place: Place, options: CallOptions): Promise<unknown> {
  const name = json._type as string
  if (name === TABLE && isDictionary(json)) {
    const { readInlineTable } = await import("./table-read.ts")
    return readInlineTable(json, place, options)
  }
  return order.includes(name) ? decode(name, json, place.source, options) : json
}

async function decode(logType: string, json: unknown, source: MediaSource, options: CallOptions): Promise<MediaObject> {
  const load = readers.get(logType)
  if (load !== undefined) return (await load()).read(json, source, options)
  const { StoredMedia } = await import("./stored-media.ts")
  return new StoredMedia(logType, json, source)
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
