import { bytes, count, duration } from "./format.ts"

/** How far a step is. */
export interface Amount {
  readonly files: number
  readonly filesTotal: number
  readonly bytes: number
  readonly bytesTotal: number
}

export interface Reading extends Amount {
  /** 0 to 1. */
  readonly share: number
  readonly bytesPerSecond: number | undefined
  readonly secondsLeft: number | undefined
}

export interface Meter {
  update(amount: Amount): Reading
}

const SMOOTH_SECONDS = 3
/** Before so much time and work a speed is a guess. */
const TRUSTED_SECONDS = 1
const TRUSTED_SHARE = 0.01

/** Measures speed as an average that forgets; time left by bytes or by files, whichever is behind: small files cost by number. */
export function createMeter(now: () => number = () => performance.now()): Meter {
  let started: number | undefined
  let first: Amount | undefined
  let last = { at: 0, files: 0, bytes: 0 }
  const rate = { files: 0, bytes: 0 }
  const measure = (amount: Amount) => {
    const { files, bytes } = amount
    const at = now() / 1000
    first ??= amount
    // Getting going is no part of the speed.
    if (started === undefined || amount.bytes === first.bytes) {
      started = at
      last = { at, files, bytes }
      return
    }
    const seconds = at - last.at
    if (seconds < 0.1) return
    // At first a plain average, so that the beginning does not weigh for ever.
    const weight = Math.max(1 - Math.exp(-seconds / SMOOTH_SECONDS), Math.min(1, seconds / (at - started)))
    rate.files += weight * ((files - last.files) / seconds - rate.files)
    rate.bytes += weight * ((bytes - last.bytes) / seconds - rate.bytes)
    last = { at, files, bytes }
  }
  return {
    update(amount) {
      measure(amount)
      const share = shareOf(amount)
      const isLong = started !== undefined && now() / 1000 - started > TRUSTED_SECONDS
      const trusted = isLong && first !== undefined && share - shareOf(first) > TRUSTED_SHARE && rate.bytes > 0
      const byBytes = (amount.bytesTotal - amount.bytes) / rate.bytes
      const byFiles = rate.files > 0 ? (amount.filesTotal - amount.files) / rate.files : 0
      return {
        ...amount,
        share: Math.min(1, share),
        bytesPerSecond: trusted ? rate.bytes : undefined,
        secondsLeft: trusted ? Math.max(byBytes, byFiles) : undefined,
      }
    },
  }
}

const shareOf = ({ files, filesTotal, bytes, bytesTotal }: Amount) =>
  bytesTotal > 0 ? bytes / bytesTotal : files / (filesTotal || 1)

/** `1,203 of 2,000 files` */
export const filesLine = ({ files, filesTotal }: Amount): string => `${count(files)} of ${count(filesTotal)} files`

/** `640 MB of 1.2 GB` */
export const bytesLine = (amount: Amount): string => `${bytes(amount.bytes)} of ${bytes(amount.bytesTotal)}`

/** `48 MB/s, about 12 s left`; empty while nobody can know. */
export function paceLine({ bytesPerSecond, secondsLeft }: Reading): string {
  if (bytesPerSecond === undefined || secondsLeft === undefined) return ""
  return `${bytes(bytesPerSecond)}/s, ${secondsLeft < 1 ? "" : "about "}${duration(secondsLeft)} left`
}
