import { readAll } from "../bytes/hash-stream.ts"
import { contentTypeOf } from "../core/content-type.ts"
import { UnsupportedError } from "../errors.ts"
import type { MediaDraft, MediaSource } from "../ports.ts"
import { textContent } from "./bytes-content.ts"
import { type MediaFile, type PlacedFile, requireExtension, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { mediaObject } from "./json-shape.ts"
import { sha256Hex } from "./sha256.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

export interface HtmlOptions {
  /** Make links open beside W&B's page, and the text look like it. Default true. */
  readonly inject?: boolean | undefined
}

/** A page: its markup as a string, or a file that ends in `.html` as a `File`, `Blob` or `file:` URL. */
export class Html extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("html-file")
  readonly logType = "html-file"
  protected readonly folder = "media/html"

  constructor(source: string | URL | Blob, { inject = true }: HtmlOptions = {}, stored?: MediaFile) {
    super(stored ?? fileOf(source, inject))
  }

  static async read(json: unknown, source: MediaSource): Promise<Html> {
    return new Html("", {}, storedFile(source, mediaObject(json, "html-file"), "html-file"))
  }
}

function fileOf(source: string | URL | Blob, inject: boolean): MediaFile {
  if (typeof source === "string") return markupFile(async () => source, inject)
  const file = userFile(source, () => ".html")
  if (file.name !== undefined) requireExtension("source", file.name, ["html"])
  if (!inject) return file
  return markupFile(async (draft) => {
    if (draft !== undefined) return new TextDecoder().decode(await readAll(await draft.open(source), { signal: draft.signal }))
    if (source instanceof Blob) return source.text()
    throw new UnsupportedError("Html made of a path is read when it is added; get it from the artifact")
  }, true)
}

/** A page that is written anew, and named by its content. */
function markupFile(read: (draft: MediaDraft | undefined) => Promise<string>, inject: boolean): MediaFile {
  const content = async (draft?: MediaDraft) => {
    const markup = await read(draft)
    return textContent(inject ? withHead(markup) : markup)
  }
  return {
    name: undefined,
    type: contentTypeOf(".html"),
    content: () => content(),
    async place(draft, folder): Promise<PlacedFile> {
      const page = await content(draft)
      const { path } = await draft.addFile(page, { name: `${folder}/page.html`, isTmp: true })
      return { path, sha256: await sha256Hex(page, draft) }
    },
  }
}

const HEAD = '<base target="_blank"><link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'

function withHead(markup: string): string {
  const at = markup.indexOf("<head>")
  if (at >= 0) return `${markup.slice(0, at + 6)}${HEAD}${markup.slice(at + 6)}`.trim()
  if (!markup.includes("<html>")) return `${HEAD}${markup}`.trim()
  const start = markup.indexOf("<html>") + 6
  return `${markup.slice(0, start)}<head>${HEAD}</head>${markup.slice(start)}`.trim()
}
