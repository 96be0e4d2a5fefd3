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
  /** What the event log takes its time for. */
  readonly #working = new Set<Promise<void>>()

  constructor(host: StreamsHost, locals: ReadonlyMap<string, Local>) {
    this.#host = host
    this.#locals = locals
  }

  /** A stream for the answer to one request; it belongs to the session and outlives its connection. */
  open(session: string): Stream {
    return this.#open('post', session, 0)
  }

  #open(method: 'post' | 'get', session: string, exchange: number): Stream {
    const { ids, events, fault } = this.#host
    const failed = (error: unknown): void => fault(error, 'event log failed')
    const working = (work: Promise<void>): void => {
      this.#working.add(work)
      void work.then(() => this.#working.delete(work))
    }
    const stream = new Stream(`${method}-${ids.stream()}`, exchange, session, events, failed, working)
    this.#locals.get(session)?.streams.set(stream.id, stream)
    return stream
  }

  /** Ends a stream that `open` gave. */
  end(session: string, stream: Stream): void {
    stream.end()
    this.#locals.get(session)?.drop(stream)
  }

  /** Resolves when everything that was said is in the log, and has gone to its reader. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working)
  }

  /** Ends the streams that GETs opened. */
  endListening(local: Local): void {
    for (const stream of [...local.listening]) this.end(local.session.id, stream)
  }

  /** A stream of the session's own, or the one that `lastEventId` belongs to. Throws tooManyStreams, unknownEvent, streamOver. */
  async listen(local: Local, exchange: number, lastEventId: string | undefined): Promise<Listening> {
    if (lastEventId !== undefined) return this.#resume(local, lastEventId)
    const { streams: most, logStreams } = this.#host.limits
    if (local.listening.filter((stream) => stream.live).length >= most) {
      throw new ProtocolError('tooManyStreams', { expected: `at most ${most} at one time` })
    }
    const left = local.listening.filter((stream) => !stream.live)
    for (const stream of left.slice(0, -logStreams)) this.end(local.session.id, stream)
    const stream = this.#open('get', local.session.id, exchange)
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
    // official clients come back when a call's stream ended without a result, as that of a cancelled call does; told
    // that there is no stream they leave it at that, and with an empty one they would open a further GET for each
    if (replay.ended && replay.events.length === 0 && replay.stream.startsWith('post-')) {
      throw new ProtocolError('streamOver', { expected: 'nothing: no event follows this one', received: lastEventId })
    }
    const stream = local.streams.get(replay.stream)
    if (stream !== undefined) {
      return {
        attach: (reader) =>
          void stream.resume(reader, lastEventId).then((found) => {
            if (!found) reader.end()
          }),
        detach: (reader) => this.#lost(local, stream, reader)
      }
    }
    return {
      attach(reader) {
        for (const event of replay.events) reader.write(event, true)
        reader.end()
      },
      detach() {}
    }
  }

  /** A connection is gone; a stream of a GET that nobody comes back to is ended after a while. */
  #lost(local: Local, stream: Stream, reader: Reader): void {
    stream.detach(reader)
    if (stream.live || !local.listening.includes(stream)) return
    stream.wait(this.#host.clock.after(this.#host.limits.logKeptMs, () => this.end(local.session.id, stream)))
  }
}
