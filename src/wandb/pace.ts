import { pause } from "../bytes/pause.ts"
import { untilAborted } from "../bytes/streams.ts"
import { Remembered } from "../core/remember.ts"
import { WireFailure } from "./failure.ts"
import { MAX_RETRY_AFTER_MS } from "./retry.ts"

/** Uploads may read what is being downloaded by the same client, so the two never wait for each other's places. */
export type Lane = "up" | "down"

/**
 * How fast one client goes at one server, whoever uses it. A lane's width grows by one each time it has been filled without complaint and
 * halves when the server says that it is too much; a pause that the server asks for holds for every request to it.
 */
export interface Pace {
  /**
   * Waits for a place; the function it gives back frees it and tells how the server answered. Rejects with {@link WireFailure} when pauses
   * follow each other for longer than one may be: a request that waits has no more patience than one that is turned away.
   */
  enter(lane: Lane, signal: AbortSignal | undefined): Promise<(outcome: PaceOutcome) => void>
}

export interface PaceOutcome {
  /** The server took it. */
  readonly fine: boolean
  /** The server turned it away for being one too many, and wants none for so long; one that is too long to wait for concerns it alone. */
  readonly pauseMs?: number | undefined
}

/** The service, and the stores that it keeps files in. */
const rememberedServers = 16
const firstWidth = 32
const maxWidth = 128

interface LaneState {
  width: number
  taken: number
  /** When it was last halved: what had been sent before that says nothing new. */
  halvedAt: number
  readonly waiting: Set<() => void>
}

/** One for each server, by its origin: what one has too much of says nothing about the others. */
export function createPaces(): (origin: string) => Pace {
  const paces = new Remembered<Pace>(rememberedServers)
  return (origin) => {
    const pace = paces.get(origin) ?? createPace()
    paces.set(origin, pace)
    return pace
  }
}

function createPace(): Pace {
  const newLane = (): LaneState => ({ width: firstWidth, taken: 0, halvedAt: Number.NEGATIVE_INFINITY, waiting: new Set() })
  const lanes = { up: newLane(), down: newLane() }
  let pausedUntil = 0

  const leave = (lane: LaneState, enteredAt: number, { fine, pauseMs }: PaceOutcome) => {
    const now = performance.now()
    lane.taken--
    if (fine) lane.width = Math.min(maxWidth, lane.width + 1 / lane.width)
    if (pauseMs !== undefined) {
      if (pauseMs <= MAX_RETRY_AFTER_MS) pausedUntil = Math.max(pausedUntil, now + pauseMs)
      if (enteredAt >= lane.halvedAt) lane.width = Math.max(1, lane.width / 2)
      lane.halvedAt = now
    }
    for (const wake of [...lane.waiting].slice(0, Math.max(1, Math.floor(lane.width) - lane.taken))) wake()
  }
  return {
    async enter(name, signal) {
      const lane = lanes[name]
      for (let pausedMs = 0; ; ) {
        signal?.throwIfAborted()
        const pauseMs = pausedUntil - performance.now()
        if (pauseMs > 0) {
          pausedMs += pauseMs
          if (pausedMs > MAX_RETRY_AFTER_MS) throw new WireFailure("turned away", "the server goes on asking to be left alone")
          await pause(pauseMs, signal)
        } else if (lane.taken >= Math.floor(lane.width)) await turn(lane.waiting, signal)
        else break
      }
      lane.taken++
      const enteredAt = performance.now()
      return (outcome) => leave(lane, enteredAt, outcome)
    },
  }
}

async function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  let wake = () => {}
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  waiting.add(wake)
  try {
    await untilAborted(woken, signal)
  } finally {
    waiting.delete(wake)
  }
}
