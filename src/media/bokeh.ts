import { InvalidArgumentError } from "../errors.ts"
import type { MediaSource } from "../ports.ts"
import { type MediaFile, madeFile, storedFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { mediaObject } from "./json-shape.ts"
import { isDictionary } from "./types/list.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

/** A Bokeh document, as the JSON that Bokeh makes of it. It is kept as it is. */
export class Bokeh extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("bokeh-file")
  readonly logType = "bokeh-file"
  protected readonly folder = "media/bokeh"

  constructor(document: Readonly<Record<string, unknown>>, stored?: MediaFile) {
    super(stored ?? fileOf(document))
  }

  static async read(json: unknown, source: MediaSource): Promise<Bokeh> {
    return new Bokeh({}, storedFile(source, mediaObject(json, "bokeh-file"), "bokeh-file"))
  }

  /** The document. */
  async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await this.bytes()))
  }
}

function fileOf(document: unknown): MediaFile {
  if (!isDictionary(document))
    throw new InvalidArgumentError("document", "Bokeh takes the JSON object of a document, as Bokeh's Document.to_json makes it")
  return madeFile(() => new TextEncoder().encode(JSON.stringify(document)), ".bokeh.json")
}
