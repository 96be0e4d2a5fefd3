/** What a test client has under way: it is waited for at the end, and what does not end is cut short. */
export class Work {
  readonly #why: () => Error
  /** How each is cut short. */
  readonly #pieces = new Map<Promise<unknown>, () => void>()

  /** `why` makes the error that what is cut short rejects with. */
  constructor(why: () => Error) {
    this.#why = why
  }

  /** A piece of work, to be awaited in its place; `leave` is what else cutting it short takes. */
  add<T>(piece: Promise<T>, leave: () => void): Promise<T> {
    let cut = (): void => undefined
    const work = new Promise<T>((resolve, reject) => {
      cut = () => {
        reject(this.#why())
        leave()
      }
      piece.then(resolve, reject)
    })
    this.#pieces.set(work, cut)
    const ended = (): unknown => this.#pieces.delete(work)
    work.then(ended, ended)
    return work
  }

  /** Waits until all of it has ended, well or badly, at most `ms`. */
  async ended(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([Promise.allSettled(this.#pieces.keys()), patience])
    clearTimeout(timer)
  }

  /** Cuts short what has not ended. */
  cut(): void {
    for (const cut of this.#pieces.values()) cut()
  }
}
