/**
 * One open SSE connection: a reader of a stream whose text goes through Fastify's reply.send, so that the hooks,
 * headers and shutdown of the surrounding API keep working. A connection that is not read is cut off; its events wait
 * in the log.
 */
import type { FastifyReply } from 'fastify'
import type { Limits } from '../protocol/limits.ts'
import type { Clock, LoggedEvent, Reader } from '../protocol/ports.ts'
import { Body } from './body.ts'
import { formatEvent, keepAlive } from './sse.ts'

/** How long events may wait for a client, in milliseconds, before many of them tell that it does not read: a burst does not. */
const patienceMs = 1000

export class Connection implements Reader {
  readonly #body = new Body()
  readonly #reply: FastifyReply
  readonly #limits: Limits
  readonly #clock: Clock
  #stopTimer: () => void
  /** Where each event ends that has not left this process, in bytes since the beginning, and when it was written. */
  #unread: { end: number; at: number }[] = []
  /** How many of these have left meanwhile, at the beginning of the list. */
  #read = 0
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
    this.#body.once('close', () => {
      this.#stopTimer()
      left(this)
    })
    // a hook of the surrounding API that fails leaves the body as it is
    reply.raw.once('close', () => this.#body.destroy())
    this.#stopTimer = clock.after(limits.keepAliveMs, () => this.#beat())
    // how @fastify/compress is told to leave an answer alone, whatever types the API compresses: events would wait in it
    reply.request.headers['x-no-compression'] ??= 'event stream'
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

  /** At three quarters of the bytes that it may leave unread, so that a result that follows still finds room. */
  get full(): boolean {
    this.#forgetRead()
    return (
      this.#unread.length - this.#read >= this.#eventsAtMost || this.#unreadBytes() > this.#limits.backlogBytes * 0.75
    )
  }

  /** Half of what the log keeps: what is sent while a client that was cut off comes back must not push out what it missed. */
  get #eventsAtMost(): number {
    return Math.max(1, Math.floor(this.#limits.logEvents / 2))
  }

  write({ id, text }: LoggedEvent, replayed = false): void {
    this.#push(formatEvent(id, text), replayed)
  }

  end(): void {
    if (this.#flowing) {
      this.#body.destroy()
    } else if (!this.gone) {
      this.#stopTimer()
      this.#body.push(null)
    }
  }

  /**
   * Writes the last event, whose data comes in pieces and is never held whole; without an id, because the log does not
   * have it. False when it was cut.
   */
  async flow(head: string, rest: AsyncIterator<string>): Promise<boolean> {
    this.#flowing = true
    this.#body.push(`data: ${head}`)
    if (!(await this.#body.pump(rest, this.#clock, this.#limits.callMs))) return false
    this.#body.push('\n\n')
    this.#flowing = false
    return true
  }

  /**
   * Cut off is who leaves too many bytes unread, or too many events for longer than a burst takes. One event alone is
   * never too large, nor is what is replayed, which the log bounds.
   */
  #push(text: string, replayed = false): void {
    if (this.gone || this.#flowing) return
    this.#forgetRead()
    const at = this.#clock.now()
    const many = this.#unread[this.#read + this.#eventsAtMost - 1]
    const slow = many !== undefined && at - many.at >= patienceMs
    if (
      !replayed &&
      (slow || (this.#unread.length - this.#read > 1 && this.#unreadBytes() > this.#limits.backlogBytes))
    ) {
      this.#body.destroy()
      return
    }
    const bytes = Buffer.from(text)
    this.#pushed += bytes.length
    this.#unread.push({ end: this.#pushed, at })
    this.#body.push(bytes)
  }

  #unreadBytes(): number {
    return this.#body.readableLength + this.#reply.raw.writableLength
  }

  #forgetRead(): void {
    const read = this.#pushed - this.#unreadBytes()
    while ((this.#unread[this.#read]?.end ?? Number.POSITIVE_INFINITY) <= read) this.#read += 1
    // now and then: to take away the first of many, one by one, would move all others each time
    if (this.#read === 0 || this.#read * 2 < this.#unread.length) return
    this.#unread = this.#unread.slice(this.#read)
    this.#read = 0
  }

  #beat(): void {
    this.#push(keepAlive)
    this.#stopTimer = this.#clock.after(this.#limits.keepAliveMs, () => this.#beat())
  }
}
