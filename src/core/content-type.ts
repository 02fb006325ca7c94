/**
 * Content types by ending. Scripts and style sheets are plain text on purpose, and so is what is not listed plain bytes: whoever could
 * write an artifact could otherwise have a page run or apply what is in it.
 */
const types: { readonly [type: string]: string } = {
  "application/gzip": "gz tgz",
  "application/json": "json ipynb geojson",
  "application/ndjson": "ndjson jsonl",
  "application/pdf": "pdf",
  "application/vnd.apache.arrow.file": "arrow feather",
  "application/vnd.apache.parquet": "parquet",
  "application/xml": "xml",
  "application/zip": "zip npz",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg oga opus",
  "audio/wav": "wav",
  "font/otf": "otf",
  "font/ttf": "ttf",
  "font/woff2": "woff2",
  "image/apng": "apng",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/webp": "webp",
  "image/x-icon": "ico",
  "model/gltf+json": "gltf",
  "model/gltf-binary": "glb",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/markdown": "md",
  "text/plain": "txt log text js mjs cjs ts css py r sh c h cpp rs go java toml ini cfg yaml yml srt",
  "text/tab-separated-values": "tsv",
  "text/vtt": "vtt",
  "video/mp4": "mp4 m4v",
  "video/ogg": "ogv",
  "video/quicktime": "mov",
  "video/webm": "webm",
}

const byEnding = /* @__PURE__ */ new Map(
  Object.entries(types).flatMap(([type, endings]) => endings.split(" ").map((ending) => [ending, type] as const)),
)

/** What a browser should take a file for, by its name alone. Text is UTF-8. */
export function contentTypeOf(path: string): string {
  const type = byEnding.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase()) ?? "application/octet-stream"
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type
}
