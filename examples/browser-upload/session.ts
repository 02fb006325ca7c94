import { createStore, del, get, set } from "idb-keyval"

/** What the annotator says of the artifact. */
export interface Details {
  readonly name: string
  readonly type: string
  readonly description: string
  readonly aliases: readonly string[]
}

/** A logging that has not come to its end: what a reload, a crash or a closed laptop leaves to go on with. */
export interface Session {
  readonly details: Details
  readonly runId: string
  /** Milliseconds since the epoch: what was stored since then may be its. */
  readonly startedAt: number
  readonly folderName: string
  /** Where the browser gives lasting handles. Without: the folder has to be dropped again. */
  readonly handle: FileSystemDirectoryHandle | undefined
  readonly filesStored: number
  readonly filesTotal: number
}

const KEY = "unfinished"
// A database of its own: isofact's is none of the page's business.
const openStore = () => createStore("browser-upload", "sessions")
let store: ReturnType<typeof openStore> | undefined
let waiting: Session | undefined
let writing: Promise<void> | undefined

export async function loadSession(): Promise<Session | undefined> {
  store ??= openStore()
  return get<Session>(KEY, store)
}

/** Writes the latest of several calls. Failing is no reason not to log: what cannot be kept is only missed after a reload. */
export async function saveSession(session: Session): Promise<void> {
  waiting = session
  writing ??= drain().finally(() => {
    writing = undefined
  })
  await writing
}

export async function endSession(): Promise<void> {
  waiting = undefined
  await writing
  if (store !== undefined) await del(KEY, store).catch(() => undefined)
}

async function drain(): Promise<void> {
  while (waiting !== undefined) {
    const session = waiting
    waiting = undefined
    store ??= openStore()
    await set(KEY, session, store).catch(() => undefined)
  }
}
