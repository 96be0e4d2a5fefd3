/** A clock that stands still until it is told to go on, and ids that count up: what deterministic tests lend. */
import type { Clock, Ids } from '../../src/protocol/ports.ts'

export class TestClock implements Clock {
  #now = 0
  #timers: { at: number; callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets time pass: timers fire in their order, each at its own moment. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((one, other) => one.at - other.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
    }
    this.#now = end
  }
}

/** session-1, stream-1, ask-1 and so on. */
export function countingIds(): Ids {
  const counts = { session: 0, stream: 0, ask: 0 }
  const next = (kind: keyof typeof counts): string => {
    counts[kind] += 1
    return `${kind}-${counts[kind]}`
  }
  return { session: () => next('session'), stream: () => next('stream'), request: () => next('ask') }
}
