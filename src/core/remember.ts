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
