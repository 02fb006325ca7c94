import { Remembered } from "../core/remember.ts"
import { settlesSoon } from "./settles.ts"

/**
 * One answer for all who ask for the same while it is being fetched, and after. A failure is not kept; one asker's abort ends the wait of
 * that asker only, so `work` gets no signal. An answer that is long in coming is fetched again.
 */
export class SharedAnswers<T> {
  readonly #kept: Remembered<{ readonly answer: Promise<T>; come?: true }>

  constructor(limit: number) {
    this.#kept = new Remembered(limit)
  }

  async get(key: string, work: () => Promise<T>): Promise<T> {
    for (let known = this.#kept.get(key); known !== undefined; known = this.#kept.get(key)) {
      if (known.come || (await settlesSoon(known.answer))) return known.answer
      this.#forget(key, known)
    }
    const begun: { readonly answer: Promise<T>; come?: true } = { answer: work() }
    this.#kept.set(key, begun)
    begun.answer.then(
      () => {
        begun.come = true
      },
      () => this.#forget(key, begun),
    )
    return begun.answer
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }

  /** Unless another has taken its place. */
  #forget(key: string, known: object): void {
    if (this.#kept.get(key) === known) this.#kept.delete(key)
  }
}
