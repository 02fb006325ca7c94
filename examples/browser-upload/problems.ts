import { isArtifactError } from "isofact"
import { platform } from "isofact/browser"
import { bytes } from "./format.ts"

/** What went wrong and what to do, in the annotator's words. */
export interface Problem {
  readonly title: string
  readonly advice: string
  /** The form field it belongs to. */
  readonly field?: "name" | "type" | "description" | "aliases" | undefined
  /** The text to send to whoever can help. */
  readonly detail?: string | undefined
}

const fields = ["name", "type", "description", "aliases"] as const

/** Undefined for what is no failure: the user closed a picker. */
export function explain(error: unknown): Problem | undefined {
  if (error instanceof DOMException && error.name === "AbortError") return undefined
  const detail = error instanceof Error ? error.message : String(error)
  if (isNoRoom(error)) return { ...noRoom, detail }
  if (!isArtifactError(error)) return explainPlatform(error, detail)
  const { argument = "", operation, path = "a file" } = error.details
  const field = fields.find((name) => argument.replace(/^options\./, "").startsWith(name))
  switch (error.code) {
    case "INVALID_ARGUMENT":
      return field === undefined
        ? { title: "This folder cannot be logged as it is", advice: detail }
        : { title: `The ${field} cannot be used`, advice: detail, field }
    case "DIGEST_MISMATCH":
      return {
        title: "A stored file is damaged",
        advice: `“${path}” is not what was stored. Log the same folder again: the damaged file is stored anew.`,
        detail,
      }
    case "ENTRY_NOT_FOUND":
      return { title: "It is not there any more", advice: "It may have been deleted in another tab. Reload this page.", detail }
    case "UNSUPPORTED":
      return { ...noKeeping, detail }
    case "STORAGE":
      return operation === "write" || isStored(path) ? { ...storeFailed, detail } : explainReading(path, detail)
    default:
      return { title: "That did not work", advice: detail }
  }
}

export const noRoom: Problem = {
  title: "There is no room left",
  advice: "Delete versions you no longer need, or free disk space, then go on. What was stored so far stays stored.",
}

export const noKeeping: Problem = {
  title: "This window does not keep data",
  advice:
    "The browser refuses storage to this page, as private windows and strict settings do. Open the page in a normal window, or allow the site to keep data, and reload.",
}

export const emptyFolder: Problem = {
  title: "There are no files in it",
  advice: "Drop a folder with files, or choose another one.",
}

export const noPermission: Problem = {
  title: "The folder may not be read",
  advice: "Allow it when the browser asks, or drop the same folder again. Nothing is stored twice.",
}

const storeFailed: Problem = {
  title: "The browser could not store a file",
  advice: "Go on to try again: what is stored is not stored twice. If it happens again, reload the page.",
}

/** Undefined when there is enough, or the browser does not say how much there is. */
export function explainRoom(needed: number, left: number | undefined): string | undefined {
  if (left === undefined || needed <= left) return undefined
  return `This folder holds ${bytes(needed)}, and the browser has ${bytes(left)} left for this page. Files that are stored already need no room; if the rest does not fit, delete versions you no longer need.`
}

function explainReading(path: string, detail: string): Problem {
  return {
    title: "A file cannot be read",
    advice: `“${path}” was changed, moved or removed after the folder was read. Drop the folder again: what is stored is not stored twice.`,
    detail,
  }
}

function explainPlatform(error: unknown, detail: string): Problem {
  const name = error instanceof DOMException ? error.name : ""
  if (name === "NotAllowedError") return { ...noPermission, detail }
  if (name === "NotFoundError" || name === "NotReadableError" || name === "EncodingError") {
    return {
      title: "The folder cannot be read",
      advice: "It was changed, moved or removed. Drop it again: what is stored is not stored twice.",
      detail,
    }
  }
  if (name === "SecurityError" || name === "InvalidStateError") return { ...noKeeping, detail }
  return {
    title: "That did not work",
    advice: "Try again. If it happens again, reload the page; what is stored stays stored.",
    detail,
  }
}

/** Whether it is the browser's storage that failed, and not the folder. */
const isStored = (path: string) => path.startsWith(platform.registry().name)

/** A lack of room has no code of its own: the browser's error is beneath, or only isofact's words say so. */
function isNoRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === "QuotaExceededError" || /no more room/.test(error.message) || isNoRoom(error.cause)
}
