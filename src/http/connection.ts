/**
 * One open SSE connection: a reader of a stream whose text goes through Fastify's reply.send, so that the hooks,
 * headers and shutdown of the surrounding API keep working. A connection that is not read is cut off; its events wait
 * in the log.
 */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Limits } from '../protocol/limits.ts'
import type { Clock, LoggedEvent, Reader } from '../protocol/ports.ts'
import { formatEvent, keepAlive } from './sse.ts'

export class Connection implements Reader {
  readonly #body: Readable
  readonly #reply: FastifyReply
  readonly #limits: Limits
  readonly #clock: Clock
  #stopTimer: () => void
  #wanted: (() => void) | undefined
  /** Size of the event written last: being slow to read one event, however large, cuts nobody off. */
  #last = 0
  /** What has to wait until an event that is written in pieces is whole. */
  #held: string[] | undefined

  /**
   * Answers with the head of an event stream; `left` is told when the connection is gone, for whatever reason.
   * A `quiet` stream, whose first event may be long in coming, sends its head at once (GET-04).
   */
  constructor(
    reply: FastifyReply,
    limits: Limits,
    clock: Clock,
    left: (connection: Connection) => void,
    quiet = false
  ) {
    this.#reply = reply
    this.#limits = limits
    this.#clock = clock
    this.#body = new Readable({ read: () => this.#wanted?.() })
    this.#body.once('close', () => {
      this.#stopTimer()
      this.#wanted?.()
      left(this)
    })
    this.#stopTimer = clock.after(limits.keepAliveMs, () => this.#beat())
    reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-cache, no-transform')
      .header('x-accel-buffering', 'no')
    if (quiet) this.#body.push(keepAlive)
    reply.send(this.#body)
  }

  get gone(): boolean {
    return this.#body.destroyed
  }

  write({ id, text }: LoggedEvent): void {
    this.#push(formatEvent(id, text))
  }

  end(): void {
    if (!this.gone) this.#body.push(null)
  }

  /** Writes one event whose data comes in pieces and is never held whole; without an id, because the log does not have it. False when it was cut. */
  async flow(head: string, rest: AsyncIterator<string>): Promise<boolean> {
    const held: string[] = []
    this.#held = held
    this.#body.push(`data: ${head}`)
    for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) {
      if (this.gone) return false
      if (!this.#body.push(piece.value)) await this.#drained()
    }
    if (this.gone) return false
    this.#body.push('\n\n')
    this.#held = undefined
    for (const text of held) this.#push(text)
    return true
  }

  #push(text: string): void {
    if (this.gone) return
    if (this.#held !== undefined) {
      this.#held.push(text)
      return
    }
    const unread = this.#body.readableLength + this.#reply.raw.writableLength
    if (unread - this.#last > this.#limits.backlogBytes) {
      this.#body.destroy()
      return
    }
    this.#last = text.length
    this.#body.push(text)
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = () => {
        this.#wanted = undefined
        resolve()
      }
      if (this.gone) this.#wanted()
    })
  }

  #beat(): void {
    if (this.#held === undefined) this.#push(keepAlive)
    this.#stopTimer = this.#clock.after(this.#limits.keepAliveMs, () => this.#beat())
  }
}
