import { Artifact, init, type ProgressEvent } from "isofact"
import type { Folder } from "./folder.ts"
import { type Amount, createMeter, type Meter, type Reading } from "./meter.ts"
import { explain, type Problem } from "./problems.ts"
import { type Details, endSession, type Session, saveSession } from "./session.ts"

/** Reading every file to know its content, then storing what is not stored yet. */
export type Step = "hash" | "store"

export interface Summary {
  /** `birds:v3` */
  readonly name: string
  /** The folder is what a version holds already, so there is no new one. */
  readonly unchanged: boolean
  readonly filesStored: number
  readonly filesThere: number
  readonly bytes: number
  readonly seconds: number
}

export type UploadState =
  | { readonly is: "running" | "pausing" | "paused"; readonly step: Step; readonly reading: Reading }
  | { readonly is: "failed"; readonly step: Step; readonly reading: Reading; readonly problem: Problem }
  | { readonly is: "finished"; readonly summary: Summary }

export interface Upload {
  readonly details: Details
  readonly folder: Folder
  state(): UploadState
  start(): void
  pause(): void
  /** Gives up: nothing of it becomes a version. */
  cancel(): Promise<void>
}

/** Files hashed in one go. A pause costs at most so many; they are hashed again, not stored again. */
const HASHED_AT_ONCE = 500
const TOLD_MS = 200
const SAVED_MS = 400

/**
 * Logs a folder as the next version of `details.name`. `onChange` is called when the state changes, five times a second at most while
 * bytes move. It may be paused and started again any number of times, also after a failure, and goes on from content.
 *
 * @param earlier what a reload left of the same logging
 */
export function createUpload(folder: Folder, details: Details, onChange: () => void, earlier?: Session): Upload {
  const { name, type, description, aliases } = details
  const { runId, startedAt } = earlier ?? { runId: newRunId(), startedAt: Date.now() }
  // A wrong name or type is refused here, before anything is read.
  const artifact = new Artifact(name, type, { description: description || null })
  const totals = { filesTotal: folder.files.length, bytesTotal: folder.bytes }
  const storedNow = new Set<string>()
  const beganAt = performance.now()
  let meter: Meter = createMeter()
  let state: UploadState = { is: "paused", step: "hash", reading: meter.update({ files: 0, bytes: 0, ...totals }) }
  let stop = new AbortController()
  let working: Promise<void> | undefined
  let filesHashed = 0
  let bytesHashed = 0
  let unchanged = true
  let told = 0
  let saved = 0
  let known = earlier?.filesStored ?? 0

  const change = (next: UploadState) => {
    state = next
    onChange()
  }
  const remember = (stored: number) => {
    saved = Date.now()
    known = Math.max(known, stored)
    const { name: folderName, handle, files } = folder
    return saveSession({ details, runId, startedAt, folderName, handle, filesStored: known, filesTotal: files.length })
  }
  const tell = (step: Step, amount: Amount) => {
    if (state.is !== "running" || (Date.now() - told < TOLD_MS && amount.files < amount.filesTotal)) return
    told = Date.now()
    change({ is: "running", step, reading: meter.update(amount) })
  }
  const begin = (step: Step, amount: Amount) => {
    meter = createMeter()
    change({ is: "running", step, reading: meter.update(amount) })
  }

  const hash = async () => {
    begin("hash", { files: filesHashed, bytes: bytesHashed, ...totals })
    while (filesHashed < folder.files.length) {
      const batch = folder.files.slice(filesHashed, filesHashed + HASHED_AT_ONCE)
      const onProgress = ({ filesDone, bytesDone }: ProgressEvent) =>
        tell("hash", { files: filesHashed + filesDone, bytes: bytesHashed + bytesDone, ...totals })
      await artifact.addDir(
        batch.map(({ path, file }) => [path, file] as const),
        { signal: stop.signal, onProgress },
      )
      filesHashed += batch.length
      bytesHashed += batch.reduce((sum, { file }) => sum + file.size, 0)
    }
  }
  const store = async () => {
    begin("store", { files: 0, bytes: 0, ...totals })
    const run = await init({ id: runId, jobType: "annotate", signal: stop.signal })
    const onProgress = (event: ProgressEvent) => {
      if (event.type === "commit") return
      unchanged = false
      if (event.type === "store" && event.fileDone) storedNow.add(event.path)
      if (Date.now() - saved > SAVED_MS) remember(event.filesDone)
      tell("store", { ...totals, files: event.filesDone, bytes: event.bytesDone })
    }
    await run.logArtifact(artifact, { aliases, signal: stop.signal, onProgress })
    await run.finish()
  }
  const work = async () => {
    remember(0)
    await hash()
    await store()
    await endSession()
    const filesStored = unchanged ? 0 : storedNow.size
    const filesThere = folder.files.length - filesStored
    const seconds = (performance.now() - beganAt) / 1000
    change({ is: "finished", summary: { name: artifact.name, unchanged, filesStored, filesThere, bytes: folder.bytes, seconds } })
  }
  const settle = async (error: unknown) => {
    if (state.is === "finished") return
    const { step, reading } = state
    // What says that it is paused may be closed.
    if (step === "store") await remember(reading.files)
    const problem = stop.signal.aborted ? undefined : explain(error)
    change(problem === undefined ? { is: "paused", step, reading } : { is: "failed", step, reading, problem })
  }

  return {
    details,
    folder,
    state: () => state,
    start() {
      if (working !== undefined || state.is === "finished") return
      stop = new AbortController()
      const logging = navigator.locks?.request("browser-upload: logging", { mode: "shared" }, work) ?? work()
      working = logging.catch(settle).finally(() => {
        working = undefined
      })
    },
    pause() {
      if (state.is !== "running") return
      change({ ...state, is: "pausing" })
      stop.abort()
    },
    async cancel() {
      stop.abort()
      await working
      await endSession()
    },
  }
}

const newRunId = () => Math.random().toString(36).slice(2, 10)
