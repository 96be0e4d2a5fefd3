/** What a server told a test client unasked, and the waiting for more. */
import type { ServerNotification } from '../protocol/types/index.ts'

/** The notification of one method. */
export type NotificationOf<M extends ServerNotification['method']> = Extract<ServerNotification, { method: M }>

type Test = (notification: ServerNotification) => boolean

interface Waiting {
  test: Test
  resolve(notification: ServerNotification): void
  reject(error: Error): void
}

export class Notifications {
  readonly #received: ServerNotification[] = []
  /** Those that `next` has not given out. */
  readonly #fresh: ServerNotification[] = []
  readonly #waiting = new Set<Waiting>()
  #over: Error | undefined

  /** All of them, in the order in which they came. */
  get received(): readonly ServerNotification[] {
    return this.#received
  }

  add(notification: ServerNotification): void {
    this.#received.push(notification)
    for (const waiting of this.#waiting) {
      if (!waiting.test(notification)) continue
      waiting.resolve(notification)
      return
    }
    this.#fresh.push(notification)
  }

  /** Nothing more will come. */
  end(why: Error): void {
    this.#over ??= why
    for (const { reject } of this.#waiting) reject(this.#over)
  }

  /** The earliest that fits and was not given out before, or the first that comes within `ms`. `what` names it in the error. */
  next(test: Test, what: string, ms: number): Promise<ServerNotification> {
    const place = this.#fresh.findIndex(test)
    if (place >= 0) return Promise.resolve(this.#fresh.splice(place, 1)[0] as ServerNotification)
    if (this.#over !== undefined) return Promise.reject(this.#over)
    return new Promise((resolve, reject) => {
      const settle = <T>(settled: (value: T) => void): ((value: T) => void) => {
        return (value) => {
          clearTimeout(timer)
          this.#waiting.delete(waiting)
          settled(value)
        }
      }
      const waiting: Waiting = { test, resolve: settle(resolve), reject: settle(reject) }
      const timer = setTimeout(() => waiting.reject(new Error(this.#missing(what, ms))), ms)
      this.#waiting.add(waiting)
    })
  }

  #missing(what: string, ms: number): string {
    const came = this.#fresh.map(({ method }) => method).join(', ')
    return `${what} did not come within ${ms} ms; not yet given out: ${came === '' ? 'nothing' : came}`
  }
}
