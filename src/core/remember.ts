/** At most `limit` things by key; the longest unused goes first. */
export class Remembered<T> {
  readonly #kept = new Map<string, T>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): T | undefined {
    const value = this.#kept.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: string, value: T): void {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    if (this.#kept.size > this.#limit) this.#kept.delete(this.#kept.keys().next().value!)
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }
}

/**
 * One answer for all who ask for the same while it is being fetched, and after. A failure is not kept; one asker's abort ends the wait of
 * that asker only, so `work` gets no signal.
 */
export function shareAnswers<T>(limit: number): (key: string, work: () => Promise<T>) => Promise<T> {
  const answers = new Remembered<Promise<T>>(limit)
  return (key, work) => {
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = work()
    answers.set(key, answer)
    answer.catch(() => answers.delete(key))
    return answer
  }
}
