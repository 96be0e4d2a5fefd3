/**
 * The inbox: everything one session has received, in order, and the waiting for more.
 *
 * Rules of this file:
 * - arrivals are never removed; a step that takes one marks it `consumed`;
 * - a stream is one POST, one GET or the one line of a message channel; its name is unique within the session;
 * - waiting is driven by events: a test runs when something changed, and once more never after its deadline.
 */
import type { SseEvent } from '../http/sse.ts'
import { isObject } from '../protocol/frame.ts'
import { PatternError } from './captures.ts'
import { type Json, readJson } from './json.ts'

/** Something that came in: a message, a frame without one, or text that is no JSON (`message` undefined). */
export interface Arrival {
  stream: Stream
  /** The text of the message; undefined when the frame carried none. */
  text: string | undefined
  message: Json | undefined
  /** The SSE frame it came in, undefined elsewhere. */
  sse: SseEvent | undefined
  consumed: boolean
}

/** The head of an HTTP answer; header names in lower case, several values joined by a comma. */
export interface Head {
  status: number
  headers: Record<string, string>
}

export interface Stream {
  readonly name: string
  /** The HTTP method it was opened by. */
  method?: string
  /** What was sent to open it, when it was a message. */
  sent?: Json
  /** Undefined until the head has arrived, and for ever off HTTP. */
  head?: Head
  /** The whole body once it has been read, unless it is an event stream. */
  body?: string
  /** The text of an event stream as far as it came, byte order mark and all. */
  text?: string
  /** Who ended it; `failed` when the connection broke, then `error` says how. */
  ended?: 'server' | 'client' | 'failed'
  error?: Error
  /** Makes the client leave. */
  abort(): void
}

export class Inbox {
  readonly arrivals: Arrival[] = []
  readonly streams = new Map<string, Stream>()
  /** The method that was asked under each id, by the id's JSON text. */
  readonly asked = new Map<string, string>()
  /** Where all streams are one, `on` cannot tell them apart and is not looked at. */
  readonly single: boolean
  /** Whether the target ever gave a sign of life. */
  heard = false
  /** Why nothing more can come; thrown to everyone who waits. */
  #fault: Error | undefined
  readonly #waiting = new Set<() => void>()

  constructor(single = false) {
    this.single = single
  }

  /** Adds a stream under a name, or under a number of its own. Throws a PatternError when the name is taken. */
  open(name: string | undefined, abort: () => void): Stream {
    const stream: Stream = { name: name ?? `#${this.streams.size + 1}`, abort }
    if (this.streams.has(stream.name)) throw new PatternError(`there is a stream "${stream.name}" already`)
    this.streams.set(stream.name, stream)
    return stream
  }

  /** The stream of that name. Throws a PatternError when there is none. */
  stream(name: string): Stream {
    const stream = this.streams.get(name)
    if (stream === undefined) throw new PatternError(`there is no stream "${name}"`)
    return stream
  }

  arrive(stream: Stream, text: string | undefined, sse?: SseEvent): Arrival {
    const arrival = { stream, text, message: text === undefined ? undefined : readJson(text), sse, consumed: false }
    this.arrivals.push(arrival)
    this.heard = true
    this.changed()
    return arrival
  }

  /** Notes what a request of the client asks, so that its answer can be judged by its method. */
  ask(message: Json | undefined): void {
    if (!isObject(message) || !('id' in message) || typeof message['method'] !== 'string') return
    this.asked.set(JSON.stringify(message['id']), message['method'])
  }

  /** Says that something changed: whoever waits looks again. */
  changed(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Says that nothing more can come, and why. The first reason stays. */
  fail(error: Error): void {
    this.#fault ??= error
    this.changed()
  }

  get fault(): Error | undefined {
    return this.#fault
  }

  /**
   * Waits until a test returns something other than undefined and false, at most `ms`; then undefined. Rejects with what was given to `fail`, and with
   * what the test throws.
   */
  until<T>(test: () => T | undefined | false, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle()
      }
      const look = (): void => {
        try {
          const found = test()
          if (found !== undefined && found !== false) done(() => resolve(found))
          else if (this.#fault !== undefined) done(() => reject(this.#fault))
        } catch (error) {
          done(() => reject(error))
        }
      }
      timer = setTimeout(() => done(() => resolve(undefined)), ms)
      this.#waiting.add(look)
      look()
    })
  }
}
