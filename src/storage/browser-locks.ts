const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Says to all tabs and workers of this site that somebody alive needs what is called `name`, until the result is called or this tab
 * is gone. Without Web Locks (pages that are not secure) nobody is told.
 */
export function holdName(name: string): Promise<() => void> {
  const { locks } = globalThis.navigator ?? {}
  if (locks === undefined) return Promise.resolve(() => undefined)
  return new Promise((resolve, reject) => {
    locks.request(lockOf(name), () => new Promise<void>((release) => resolve(release))).catch(reject)
  })
}

/** Runs `work` while no other tab or worker of this site runs any under `name`; without Web Locks, at once. For what is short. */
export async function inLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator ?? {}
  return locks === undefined ? work() : locks.request(lockOf(name), work)
}

/** Tells whether nobody can need `name` any more: nobody holds it or, without Web Locks, nothing has happened to it for a day. */
export async function findAbandoned(): Promise<(name: string, modifiedAt: number) => boolean> {
  const held = (await globalThis.navigator?.locks?.query())?.held
  if (held === undefined) return (_, modifiedAt) => Date.now() - modifiedAt > DAY_MS
  const names = new Set(held.map((lock) => lock.name))
  return (name) => !names.has(lockOf(name))
}

const lockOf = (name: string) => `isofact:${name}`
