/**
 * A stream: an ordered run of events with an identity of its own (basic/transports#resumability-and-redelivery).
 * Every event goes to the log first and then to the one connection that reads; without a connection it waits in the
 * log, so that a client that comes back with Last-Event-ID misses nothing.
 */
import type { Awaitable, EventLog, Reader } from './ports.ts'

export class Stream {
  readonly id: string
  /** Number of the exchange that opened it. */
  readonly exchange: number
  readonly #session: string
  readonly #log: EventLog
  readonly #failed: (error: unknown) => void
  readonly #working: (work: Promise<void>) => void
  #reader: Reader | undefined
  #ended = false
  #queue: Promise<void> | undefined
  #stopWaiting: (() => void) | undefined

  /** `failed` is told what goes wrong in the log, `working` of what the log takes its time for. */
  constructor(
    id: string,
    exchange: number,
    session: string,
    log: EventLog,
    failed: (error: unknown) => void,
    working: (work: Promise<void>) => void = () => undefined
  ) {
    this.id = id
    this.exchange = exchange
    this.#session = session
    this.#log = log
    this.#failed = failed
    this.#working = working
  }

  /** Whether a connection reads it now. */
  get live(): boolean {
    return this.#reader !== undefined
  }

  /** Adds an event; a loose one is left out when its reader has too much unread already. */
  push(text: string, loose = false): void {
    this.#inOrder(() => {
      if (this.#ended || (loose && this.#reader?.full === true)) return
      const id = this.#log.append(this.#session, this.id, text)
      if (typeof id === 'string') return this.#reader?.write({ id, text })
      return id.then((minted) => this.#reader?.write({ id: minted, text }))
    })
  }

  /** Nothing follows. */
  end(): void {
    this.#inOrder(() => {
      if (this.#ended) return
      this.#ended = true
      this.#stopWaiting?.()
      this.#reader?.end()
      this.#reader = undefined
      return this.#log.end(this.#session, this.id)
    })
  }

  /** A connection reads from here on; one that read before is ended. */
  attach(reader: Reader): void {
    this.#inOrder(() => this.#take(reader))
  }

  /** A connection reads on after an event it has seen; false when that place is gone. */
  resume(reader: Reader, lastEventId: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#inOrder(async () => {
        const replay = await this.#log.after(this.#session, lastEventId)
        resolve(replay !== undefined)
        if (replay === undefined) return
        for (const event of replay.events) reader.write(event, true)
        this.#take(reader)
      })
    })
  }

  /** A connection is gone. The stream goes on without it. */
  detach(reader: Reader): void {
    if (this.#reader === reader) this.#reader = undefined
  }

  /** Starts to wait for a client to come back; `stop` takes that back when one does, or when the stream ends. */
  wait(stop: () => void): void {
    this.#stopWaiting?.()
    this.#stopWaiting = stop
  }

  #take(reader: Reader): void {
    this.#stopWaiting?.()
    this.#reader?.end()
    this.#reader = reader
    if (this.#ended) {
      this.#reader = undefined
      reader.end()
    }
  }

  /** Runs at once while the log answers at once, and else in the order of the calls. */
  #inOrder(work: () => Awaitable<void>): void {
    if (this.#queue !== undefined) {
      this.#wait(this.#queue.then(work))
      return
    }
    const done = work()
    if (done instanceof Promise) this.#wait(done)
  }

  #wait(done: Promise<void>): void {
    const queue = done.catch(this.#failed).then(() => {
      if (this.#queue === queue) this.#queue = undefined
    })
    this.#queue = queue
    this.#working(queue)
  }
}
