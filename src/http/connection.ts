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
  /** Where each event ends that has not left this process, in bytes since the beginning. */
  #ends: number[] = []
  #pushed = 0
  /** An event is being written in pieces; nothing may come between, and it is the last. */
  #flowing = false

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
    if (this.#flowing) this.#body.destroy()
    else if (!this.gone) this.#body.push(null)
  }

  /**
   * Writes the last event, whose data comes in pieces and is never held whole; without an id, because the log does not
   * have it. False when it was cut.
   */
  async flow(head: string, rest: AsyncIterator<string>): Promise<boolean> {
    this.#flowing = true
    this.#body.push(`data: ${head}`)
    for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) {
      if (this.gone) return false
      if (!this.#body.push(piece.value)) await this.#drained()
    }
    if (this.gone) return false
    this.#body.push('\n\n')
    this.#flowing = false
    return true
  }

  /** Cut off is who leaves too many bytes unread, or more events than the log keeps. One event alone is never too large. */
  #push(text: string): void {
    if (this.gone || this.#flowing) return
    const unread = this.#body.readableLength + this.#reply.raw.writableLength
    while (this.#ends.length > 0 && (this.#ends[0] as number) <= this.#pushed - unread) this.#ends.shift()
    const { backlogBytes, logEvents } = this.#limits
    if (this.#ends.length >= logEvents || (this.#ends.length > 1 && unread > backlogBytes)) {
      this.#body.destroy()
      return
    }
    const bytes = Buffer.from(text)
    this.#pushed += bytes.length
    this.#ends.push(this.#pushed)
    this.#body.push(bytes)
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
    this.#push(keepAlive)
    this.#stopTimer = this.#clock.after(this.#limits.keepAliveMs, () => this.#beat())
  }
}
