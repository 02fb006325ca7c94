const whole = new Intl.NumberFormat("en")
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" })
const minute = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
})
const units = ["bytes", "kB", "MB", "GB", "TB"]

/** `1,203` */
export const count = (number: number): string => whole.format(number)

/** `1 file`, `2,000 files` */
export const files = (number: number): string => `${count(number)} ${number === 1 ? "file" : "files"}`

/** `1.2 GB`, in powers of 1000 as file managers show them. */
export function bytes(size: number): string {
  if (size === 1) return "1 byte"
  let value = size
  let unit = 0
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000
  const digits = unit === 0 || value >= 99.5 ? 0 : 1
  return `${value.toFixed(digits)} ${units[unit]}`
}

export const date = (iso: string): string => day.format(new Date(iso))
export const time = (iso: string): string => minute.format(new Date(iso))

/** `12 s`, `3 min`, `1 h 20 min`: as exact as somebody who waits wants it. */
export function duration(seconds: number): string {
  if (seconds < 1) return "less than 1 s"
  if (seconds < 90) return `${seconds < 20 ? Math.round(seconds) : Math.round(seconds / 5) * 5} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `PNG`; empty for a name without an ending. */
export function ending(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1)
  const dot = name.lastIndexOf(".")
  return dot > 0 ? name.slice(dot + 1).toUpperCase() : ""
}

const kinds: readonly (readonly [kind: Kind, endings: RegExp])[] = [
  ["image", /^(PNG|JPE?G|GIF|WEBP|AVIF|BMP|SVG|ICO)$/],
  ["audio", /^(MP3|WAV|OGG|OGA|OPUS|FLAC|M4A|AAC)$/],
  ["video", /^(MP4|M4V|WEBM|OGV|MOV)$/],
  ["text", /^(TXT|MD|CSV|TSV|JSON|JSONL|XML|YAML|YML|TOML|LOG|HTML?|CSS|[MC]?[JT]S|PY)$/],
]
export type Kind = "image" | "audio" | "video" | "text" | "other"

/** How a file can be shown, judged by its name. */
export function kindOf(path: string): Kind {
  const end = ending(path)
  return kinds.find(([, endings]) => endings.test(end))?.[0] ?? "other"
}
