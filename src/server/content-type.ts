import { safeHeaders } from "../bytes/serve-file.ts"

/** Types that a browser may show from our address: none of them runs anything. Whatever is not listed is saved, not shown. */
const shown: { readonly [type: string]: string } = {
  "application/json": "json ipynb geojson",
  "application/pdf": "pdf",
  "audio/flac": "flac",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg oga opus",
  "audio/wav": "wav",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg",
  "image/png": "png",
  "image/webp": "webp",
  "text/csv": "csv",
  "text/plain": "txt log md ndjson jsonl toml ini cfg yaml yml tsv srt vtt",
  "video/mp4": "mp4 m4v",
  "video/webm": "webm",
}
const bytes = "application/octet-stream"
const typeByEnding = new Map(Object.entries(shown).flatMap(([type, endings]) => endings.split(" ").map((ending) => [ending, type])))

export function contentTypeOf(path: string): string {
  return typeByEnding.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase()) ?? bytes
}

/** Headers under which stored bytes, which anybody may have written, can do nothing to whoever opens their address. */
export function storedHeaders(path: string): Record<string, string> {
  const type = contentTypeOf(path)
  const name = encodeURIComponent(path.slice(path.lastIndexOf("/") + 1)).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  )
  return {
    ...safeHeaders(type.startsWith("text/") ? `${type}; charset=utf-8` : type),
    "content-disposition": `${type === bytes ? "attachment" : "inline"}; filename*=UTF-8''${name}`,
  }
}
