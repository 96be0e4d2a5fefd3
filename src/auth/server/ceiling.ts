/** Small limits of the authorization server's own: how often something may happen, whoever asks for it. */

/** At most so many a minute, refilled steadily. */
export class Ceiling {
  readonly #perMinute: number
  readonly #now: () => number
  #left: number
  #at: number

  /** @param now milliseconds since 1970 */
  constructor(perMinute: number, now: () => number = Date.now) {
    this.#perMinute = perMinute
    this.#now = now
    this.#left = perMinute
    this.#at = now()
  }

  /** Takes one; undefined when there was one, else the seconds until there is. */
  take(): number | undefined {
    const now = this.#now()
    this.#left = Math.min(this.#perMinute, this.#left + (Math.max(0, now - this.#at) * this.#perMinute) / 60_000)
    this.#at = now
    if (this.#left >= 1) {
      this.#left -= 1
      return undefined
    }
    return Math.ceil(((1 - this.#left) * 60) / this.#perMinute)
  }
}

interface Failed {
  count: number
  /** When the next attempt may come, in milliseconds since 1970. */
  next: number
}

/** Failures by name: a few are free, then each doubles the time until the next attempt. */
export class Failures {
  readonly #now: () => number
  readonly #names = new Map<string, Failed>()

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Seconds until a name may be tried again; 0 when it may now. */
  wait(name: string): number {
    return Math.max(0, Math.ceil(((this.#names.get(name)?.next ?? 0) - this.#now()) / 1000))
  }

  failed(name: string): void {
    const { count: before, next } = this.#names.get(name) ?? { count: 0, next: 0 }
    const count = (next + forgottenMs < this.#now() ? 0 : before) + 1
    const seconds = count < free ? 0 : Math.min(longest, 2 ** (count - free))
    this.#names.delete(name)
    // the oldest goes: names come from whoever is there
    if (this.#names.size >= mostNames) this.#names.delete(this.#names.keys().next().value as string)
    this.#names.set(name, { count, next: this.#now() + seconds * 1000 })
  }

  succeeded(name: string): void {
    this.#names.delete(name)
  }
}

const free = 5
const longest = 300
const forgottenMs = 900_000
const mostNames = 10_000
