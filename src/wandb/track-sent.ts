/** Reports the bytes of what may be sent several times, each byte once. */
export interface SentTracker {
  /** For one attempt: what to call with the bytes it has taken. */
  restart(): (count: number) => void
  /** All of it has arrived: reports what no attempt could see go. */
  complete(size: number): void
}

export function trackSent(onBytes: ((count: number) => void) | undefined): SentTracker {
  let told = 0
  const tell = (seen: number) => {
    if (seen <= told) return
    onBytes?.(seen - told)
    told = seen
  }
  return {
    restart() {
      let seen = 0
      return (count) => {
        seen += count
        tell(seen)
      }
    },
    complete: tell,
  }
}
