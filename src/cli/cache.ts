import { InvalidArgumentError } from "../index.ts"
import type { Answer } from "./answer.ts"
import type { Session } from "./session.ts"
import { formatBytes, parseBytes } from "./units.ts"

interface CacheOptions {
  readonly size?: string
  readonly removeTemp?: true
}

/** `info` or `cleanup`: what was used longest ago goes first. */
export async function cache({ platform, signal }: Session, [what]: readonly [string], options: CacheOptions): Promise<Answer> {
  const store = platform.cache()
  const { name: place, maxBytes } = store
  if (what === "info") {
    const bytes = await store.size({ signal })
    return { json: { place, bytes, maxBytes }, lines: [place, `${formatBytes(bytes)} of at most ${formatBytes(maxBytes)}`] }
  }
  if (what !== "cleanup") throw new InvalidArgumentError("what", `cache takes info or cleanup, got "${what}"`)
  const limit = options.size === undefined ? maxBytes : parseBytes("--size", options.size)
  const freed = await store.cleanup({ maxBytes: limit, removeTemporary: options.removeTemp, signal })
  const bytes = await store.size({ signal })
  return { json: { place, freed, bytes }, lines: [`${formatBytes(freed)} freed, ${formatBytes(bytes)} left in ${place}`] }
}
