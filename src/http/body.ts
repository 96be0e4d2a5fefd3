/** The body of an answer that is written bit by bit: what is pushed waits for the client, and a client that never reads is cut off. */
import { Readable } from 'node:stream'
import type { Clock } from '../protocol/ports.ts'

export class Body extends Readable {
  #wanted: (() => void) | undefined
  #closed: (() => void) | undefined

  override _read(): void {
    this.#wanted?.()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted?.()
    this.#closed?.()
    done(error)
  }

  /** Writes pieces as fast as they are read; false when the body was cut, as it is when nothing is read for `patienceMs`. */
  async pump(pieces: AsyncIterator<string>, clock: Clock, patienceMs: number): Promise<boolean> {
    while (!this.destroyed) {
      const piece = await this.#next(pieces)
      if (piece === undefined || this.destroyed) return false
      if (piece.done === true) return true
      if (!this.push(piece.value)) await this.#drained(clock, patienceMs)
    }
    return false
  }

  /** The next piece, or undefined when the body is closed first. A race with one promise would keep every piece for its sake. */
  #next(pieces: AsyncIterator<string>): Promise<IteratorResult<string> | undefined> {
    return new Promise((resolve, reject) => {
      this.#closed = () => resolve(undefined)
      pieces.next().then(resolve, reject)
    })
  }

  async #drained(clock: Clock, patienceMs: number): Promise<void> {
    if (this.destroyed) return
    const stopTimer = clock.after(patienceMs, () => this.destroy())
    await new Promise<void>((resolve) => {
      this.#wanted = resolve
    })
    this.#wanted = undefined
    stopTimer()
  }
}
