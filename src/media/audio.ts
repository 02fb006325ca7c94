import { InvalidArgumentError } from "../errors.ts"
import type { MediaDraft, MediaSource } from "../ports.ts"
import { isReference, type MediaFile, type MediaInput, madeFile, referenceFile, storedFile, userFile } from "./file.ts"
import { FileMedia } from "./file-media.ts"
import { captionOf, mediaObject } from "./json-shape.ts"
import { mediaType } from "./types/media-type.ts"
import type { ColumnType } from "./types/type.ts"
import { type Samples, writeWav } from "./wav.ts"

/** What the Web Audio API calls an `AudioBuffer`. */
export interface AudioBufferLike {
  readonly numberOfChannels: number
  /** Hertz. */
  readonly sampleRate: number
  getChannelData(channel: number): Float32Array
}

export interface AudioOptions {
  readonly caption?: string | undefined
  /** Hertz; needed for samples, which do not tell. */
  readonly sampleRate?: number | undefined
}

/** Sound: a file, an address, an `AudioBuffer`, or samples from -1 to 1, which are written as 16-bit WAV. */
export class Audio extends FileMedia {
  static readonly dtype: ColumnType = /* @__PURE__ */ mediaType("audio-file")
  readonly logType = "audio-file"
  protected readonly folder = "media/audio"

  /** @param source samples: one array for one channel, or a list of arrays for several */
  constructor(source: MediaInput | AudioBufferLike | Samples, { caption, sampleRate }: AudioOptions = {}, stored?: MediaFile) {
    super(stored ?? fileOf(source, sampleRate), caption)
  }

  static async read(json: unknown, source: MediaSource): Promise<Audio> {
    const object = mediaObject(json, "audio-file")
    return new Audio("", { caption: captionOf(object) }, storedFile(source, object, "audio-file"))
  }

  /** Python opens no sound without the caption's key. */
  override async toJson(draft: MediaDraft): Promise<Record<string, unknown>> {
    return { caption: null, ...(await super.toJson(draft)) }
  }
}

function fileOf(source: MediaInput | AudioBufferLike | Samples, sampleRate: number | undefined): MediaFile {
  if (isReference(source)) return referenceFile(source)
  if (isAudioBuffer(source)) {
    const channels = Array.from({ length: source.numberOfChannels }, (_, channel) => source.getChannelData(channel))
    return madeFile(() => writeWav(channels, source.sampleRate), ".wav")
  }
  if (isSamples(source)) {
    if (sampleRate === undefined) throw new InvalidArgumentError("sampleRate", "Samples need options.sampleRate, in hertz")
    return madeFile(() => writeWav(source, sampleRate), ".wav")
  }
  return userFile(source, () => ".wav")
}

const isAudioBuffer = (source: object | string): source is AudioBufferLike =>
  typeof source === "object" && "getChannelData" in source
/** Bytes are a file; samples are wider. */
const isSamples = (source: object | string): source is Samples =>
  Array.isArray(source) || source instanceof Float32Array || source instanceof Float64Array || source instanceof Int16Array
