import type { BlobStore, Hasher, ProjectRef, RecordStore } from "../ports.ts"

/** What every verb of the embedded registry works with. */
export interface Context {
  readonly name: string
  readonly records: RecordStore
  readonly blobs: BlobStore
  readonly defaults: ProjectRef
  readonly hasher: Hasher
  /** Seconds; null: never. */
  readonly defaultTtl: number | null
  readonly pageUrl: string | undefined
  readonly statOnRelog: boolean
  /** Milliseconds since the epoch. */
  now(): number
}

export function timestamp(context: Context): string {
  return new Date(context.now()).toISOString()
}

/** What logging and downloading do without, loaded by the first call that needs it. */
export const more = () => import("./more.ts")

export type More = Awaited<ReturnType<typeof more>>
