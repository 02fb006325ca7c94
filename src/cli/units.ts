import { InvalidArgumentError } from "../index.ts"

const sizes = ["B", "kB", "MB", "GB", "TB", "PB"]
const factors: ReadonlyMap<string, number> = new Map([
  ...["", "K", "M", "G", "T"].flatMap((prefix, power) => [
    [prefix, 1000 ** power] as const,
    [`${prefix}B`, 1000 ** power] as const,
    [`${prefix}IB`, 1024 ** power] as const,
  ]),
])
const seconds: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
  ["w", 604_800],
])

/** `3.4 MB`, in powers of a thousand. */
export function formatBytes(bytes: number): string {
  let power = 0
  let value = bytes
  while (value >= 999.95 && power < sizes.length - 1) {
    value /= 1000
    power++
  }
  return `${power === 0 ? value : value.toFixed(1)} ${sizes[power]}`
}

/** Bytes of `5GB`, `512MiB` or `1000`. */
export function parseBytes(argument: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = factors.get(unit.toUpperCase())
  if (number === "" || factor === undefined) {
    throw new InvalidArgumentError(argument, `${argument} must be an amount such as 5GB, 512MiB or 1000, got "${text}"`)
  }
  return Math.round(Number(number) * factor)
}

/** Seconds of `30d`, `12h`, `90m` or `45s`. */
export function parseSeconds(argument: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(text.trim()) ?? []
  if (number !== "") return Math.round(Number(number) * seconds.get(unit)!)
  throw new InvalidArgumentError(argument, `${argument} must be a time such as 30d, 12h, 90m or 45s, got "${text}"`)
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`
}

/** Rows as columns, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]!))).join("  "))
}
