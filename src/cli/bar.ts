import type { OnProgress, ProgressEvent } from "../index.ts"
import { printable } from "./answer.ts"
import { formatBytes } from "./units.ts"

const drawEveryMs = 100
/** Speed is measured over about this time: quick to follow, and steady to read. */
const windowMs = 5000

/** A place to draw: a terminal. */
export interface Screen {
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface Bar {
  readonly onProgress: OnProgress
  /** Clears the line, so that something else can be said there. */
  clear(): void
  /** Clears the line; drawing ends. */
  end(): void
}

/**
 * One line that is drawn over and over: what is done, how many files, bytes, speed, time left. Without a screen nothing is drawn.
 */
export function createBar(screen: Screen | undefined, now: () => number = Date.now): Bar {
  if (screen === undefined) return { onProgress() {}, clear() {}, end() {} }
  const samples: { at: number; bytes: number }[] = []
  let drawnAt = 0
  let hasEnded = false
  // What is skipped is done at once, and says nothing of how long the rest takes.
  let skipped = 0
  let bytesBefore = 0
  const count = ({ type, bytesDone }: ProgressEvent) => {
    // Another operation began: its bytes are counted from zero.
    if (bytesDone < bytesBefore) {
      skipped = 0
      samples.length = 0
    }
    if (type === "skip") skipped += bytesDone - Math.min(bytesBefore, bytesDone)
    bytesBefore = bytesDone
  }
  const clear = () => {
    if (drawnAt > 0 && !hasEnded) screen.write("\r\x1b[K")
  }
  return {
    onProgress(event) {
      const at = now()
      count(event)
      if (hasEnded || at - drawnAt < drawEveryMs) return
      drawnAt = at
      samples.push({ at, bytes: event.bytesDone - skipped })
      while (samples.length > 2 && at - samples[0]!.at > windowMs) samples.shift()
      screen.write(`\r\x1b[K${describe(event, speedOf(samples)).slice(0, Math.max((screen.columns || 80) - 1, 1))}`)
    },
    clear,
    end() {
      clear()
      hasEnded = true
    },
  }
}

function speedOf(samples: readonly { at: number; bytes: number }[]): number | undefined {
  const [first, last] = [samples[0]!, samples.at(-1)!]
  return last.at === first.at ? undefined : ((last.bytes - first.bytes) * 1000) / (last.at - first.at)
}

function describe(event: ProgressEvent, bytesPerSecond: number | undefined): string {
  const { type, path, filesDone, filesTotal, bytesDone, bytesTotal } = event
  const of = (done: string, total: string | undefined) => (total === undefined ? done : `${done} of ${total}`)
  const parts = [
    type.padEnd(8),
    `${of(String(filesDone), filesTotal?.toString())} files`,
    of(formatBytes(bytesDone), bytesTotal === undefined ? undefined : formatBytes(bytesTotal)),
  ]
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(`${formatBytes(bytesPerSecond)}/s`)
    if (bytesTotal !== undefined) parts.push(`${formatTime((bytesTotal - bytesDone) / bytesPerSecond)} left`)
  }
  return [...parts, printable(path)].join("  ")
}

function formatTime(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 0)
  const two = (number: number) => String(number).padStart(2, "0")
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`
}
