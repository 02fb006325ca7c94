import { InvalidArgumentError, UnsupportedError } from "../errors.ts"
import type { MediaDraft, MediaSource } from "../ports.ts"
import { extensionOf, type MediaFile, type MediaInput, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { captionOf, mediaObject, numberOf } from "./json-shape.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"

export type VideoFormat = "gif" | "mp4" | "webm" | "ogg"
const formats: readonly string[] = ["gif", "mp4", "webm", "ogg"]

export interface VideoOptions {
  readonly caption?: string | undefined
  /** What a source without a name is. Default: what its `Blob.type` says. */
  readonly format?: VideoFormat | undefined
  /** Pixels, where they are known. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

/** A film, as a file of one of the types gif, mp4, webm and ogg. */
export class Video extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("video-file")
  readonly logType = "video-file"
  readonly width: number | undefined
  readonly height: number | undefined
  protected readonly folder = "media/videos"

  /** @throws UnsupportedError for frames: encode them first, as with `MediaRecorder` or WebCodecs */
  constructor(source: MediaInput, { caption, format, width, height }: VideoOptions = {}, stored?: MediaFile) {
    super(stored ?? fileOf(source, format), caption)
    this.width = width
    this.height = height
  }

  static async read(json: unknown, source: MediaSource): Promise<Video> {
    const object = mediaObject(json, "video-file")
    const options = { caption: captionOf(object), width: numberOf(object.width), height: numberOf(object.height) }
    return new Video("", options, storedFile(source, object, "video-file"))
  }

  override async toJson(draft: MediaDraft): Promise<Record<string, unknown>> {
    const { width, height } = this
    return { ...(await super.toJson(draft)), ...(width !== undefined && { width }), ...(height !== undefined && { height }) }
  }
}

function fileOf(source: MediaInput, format: VideoFormat | undefined): MediaFile {
  if (Array.isArray(source) || (typeof source === "object" && "shape" in source)) {
    throw new UnsupportedError(
      "Video takes a file, not frames: encode them first, as with MediaRecorder or WebCodecs, and pass the Blob",
    )
  }
  const type = format ?? (source instanceof Blob ? source.type.replace(/^(video|image)\//, "").replace(/;.*$/, "") : "")
  const file = userFile(source, () => `.${type}`)
  if (formats.includes(file.name === undefined ? type : extensionOf(file.name).toLowerCase())) return file
  throw new InvalidArgumentError(
    "format",
    `Video takes files of the types ${formats.join(", ")}; name the file so, or pass options.format`,
  )
}
