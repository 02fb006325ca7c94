import { isArtifactError } from "../index.ts"
import { causeOf } from "./connection.ts"
import { inOwnWords } from "./own-words.ts"

/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
  /** What to do about it. */
  readonly fix?: string | undefined
}

type Found = Finding | readonly Finding[]

/** Makes a check. That it cannot be made is a finding too, so that the others are made whatever happens. */
export async function attempt(
  { name, fix }: Required<Pick<Finding, "name" | "fix">>,
  signal: AbortSignal,
  check: () => Found | Promise<Found>,
): Promise<readonly Finding[]> {
  try {
    return [await check()].flat()
  } catch (error) {
    signal.throwIfAborted()
    const message = isArtifactError(error) ? inOwnWords(error.message) : causeOf(error)
    return [{ name, status: "fail", message, fix }]
  }
}
