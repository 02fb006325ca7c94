/** What a {@link sync} did. */
export interface SyncReport {
  readonly versions: SyncCount & { readonly failed: number }
  readonly links: SyncCount & { readonly failed: number }
  readonly runs: SyncCount
  /** Collections looked through. */
  readonly collections: number
  /** Bytes of files that were sent. */
  readonly bytes: number
  /** What could not be copied, and why. */
  readonly failures: readonly SyncFailure[]
}

export interface SyncCount {
  /** Made, or completed, at the target. */
  readonly sent: number
  /** There already. */
  readonly present: number
}

export interface SyncFailure {
  /** `entity/project/collection:vN`, as the source has it. */
  readonly path: string
  readonly error: Error
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Writable<T[K]> }

/** The report while it is being made. */
export interface Tally extends Omit<Writable<SyncReport>, "failures"> {
  failures: SyncFailure[]
}

export function createTally(): Tally {
  const count = () => ({ sent: 0, present: 0, failed: 0 })
  return { versions: count(), links: count(), runs: { sent: 0, present: 0 }, collections: 0, bytes: 0, failures: [] }
}
