/** The streams of this process: opened for an answer or by a GET, resumed, and ended (basic/transports#resumability-and-redelivery). */
import { ProtocolError } from './errors.ts'
import type { Limits } from './limits.ts'
import type { Local } from './local.ts'
import type { Clock, EventLog, Ids, Reader } from './ports.ts'
import { Stream } from './stream.ts'

/** A stream to a shell that has a connection for it. */
export interface Listening {
  attach(reader: Reader): void
  detach(reader: Reader): void
}

interface StreamsHost {
  limits: Limits
  clock: Clock
  ids: Ids
  events: EventLog
  fault(error: unknown, what: string): void
}

export class Streams {
  readonly #host: StreamsHost
  readonly #locals: ReadonlyMap<string, Local>

  constructor(host: StreamsHost, locals: ReadonlyMap<string, Local>) {
    this.#host = host
    this.#locals = locals
  }

  /** A stream for the answer to one request; it belongs to the session and outlives its connection. */
  open(session: string, exchange = 0): Stream {
    const { ids, events, fault } = this.#host
    const stream = new Stream(ids.stream(), exchange, session, events, (error) => fault(error, 'event log failed'))
    this.#locals.get(session)?.streams.set(stream.id, stream)
    return stream
  }

  /** Ends a stream that `open` gave. */
  end(session: string, stream: Stream): void {
    stream.end()
    this.#locals.get(session)?.drop(stream)
  }

  /** Ends the streams that GETs opened. */
  endListening(local: Local): void {
    for (const stream of [...local.listening]) this.end(local.session.id, stream)
  }

  /** A stream of the session's own, or the one that `lastEventId` belongs to. Throws tooManyStreams, unknownEvent. */
  async listen(local: Local, exchange: number, lastEventId: string | undefined): Promise<Listening> {
    const { streams: most } = this.#host.limits
    if (local.listening.filter((stream) => stream.live).length >= most) {
      throw new ProtocolError('tooManyStreams', { expected: `at most ${most} at one time` })
    }
    if (lastEventId !== undefined) return this.#resume(local, lastEventId)
    const stream = this.open(local.session.id, exchange)
    local.listening.push(stream)
    return { attach: (reader) => stream.attach(reader), detach: (reader) => this.#lost(local, stream, reader) }
  }

  async #resume(local: Local, lastEventId: string): Promise<Listening> {
    const replay = await this.#host.events.after(local.session.id, lastEventId)
    if (replay === undefined) {
      throw new ProtocolError('unknownEvent', {
        expected: 'the id of an event of this session that is still kept',
        received: lastEventId
      })
    }
    const stream = local.streams.get(replay.stream)
    if (stream !== undefined) {
      return {
        attach: (reader) => void stream.resume(reader, lastEventId),
        detach: (reader) => this.#lost(local, stream, reader)
      }
    }
    return {
      attach(reader) {
        for (const event of replay.events) reader.write(event)
        reader.end()
      },
      detach() {}
    }
  }

  /** A connection is gone; a stream of a GET that nobody comes back to is ended after a while. */
  #lost(local: Local, stream: Stream, reader: Reader): void {
    stream.detach(reader)
    if (stream.live || !local.listening.includes(stream)) return
    this.#host.clock.after(this.#host.limits.logKeptMs, () => {
      if (!stream.live) this.end(local.session.id, stream)
    })
  }
}
