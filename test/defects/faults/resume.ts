/** Faults of resumability: event ids, and what a GET with Last-Event-ID replays. */
import type { SseEvent } from '../../../src/http/sse.ts'
import { type Exchange, type Fault, type Front, must, only, should } from '../fault.ts'
import { type Makes, overHttp } from '../hooks.ts'
import { isResponse, type Message } from '../message.ts'

const lastEventId = 'last-event-id'
const sessionId = 'mcp-session-id'

interface Logged {
  session: string
  stream: object
  event: SseEvent
}

/** Remembers the events of all streams. A resumed stream is one with the stream it resumes. */
class Log {
  readonly events: Logged[] = []
  readonly #streams = new WeakMap<Exchange, object>()

  add(event: SseEvent, exchange: Exchange): void {
    const session = exchange.headers[sessionId] ?? ''
    if (event.id !== undefined) this.events.push({ session, stream: this.streamOf(exchange), event })
  }

  /** The place of an event. */
  find(id: string | undefined): number {
    return this.events.findIndex(({ event }) => event.id === id)
  }

  streamOf(exchange: Exchange): object {
    const resumed = this.events[this.find(exchange.headers[lastEventId])]?.stream
    const stream = this.#streams.get(exchange) ?? resumed ?? {}
    this.#streams.set(exchange, stream)
    return stream
  }
}

/** Hooks with a log of every event. */
function logging(hooks: (log: Log, front: Front) => ReturnType<Makes>['http'] & object): Makes {
  return (front) => {
    const log = new Log()
    return {
      http: {
        event(event, exchange) {
          log.add(event, exchange)
          return [event]
        },
        ...hooks(log, front)
      }
    }
  }
}

/** Gives events other ids, and understands these when a client comes back. */
function renames(name: (onStream: number, total: number) => string): Makes {
  return () => {
    const real = new Map<string, string>()
    const counts = new WeakMap<object, number>()
    let total = 0
    const key = (exchange: Exchange, id: string): string => `${exchange.headers[sessionId]} ${id}`
    return {
      http: {
        request(exchange) {
          const known = real.get(key(exchange, exchange.headers[lastEventId] ?? ''))
          if (known !== undefined) exchange.headers[lastEventId] = known
          return undefined
        },
        event(event, exchange) {
          if (event.id === undefined) return [event]
          const count = (counts.get(exchange) ?? 0) + 1
          counts.set(exchange, count)
          const id = name(count, ++total)
          real.set(key(exchange, id), event.id)
          return [{ ...event, id }]
        }
      }
    }
  }
}

const resumes = (exchange: Exchange): boolean =>
  exchange.method === 'GET' && exchange.headers[lastEventId] !== undefined
const write = (exchange: Exchange, events: Logged[]): void => {
  for (const { event } of events) exchange.writeText(`id: ${event.id}\ndata: ${event.data}\n\n`)
}

export const resume: Fault[] = only(
  'http',
  must(
    'event-ids-start-anew',
    'RESUME-02',
    'The ids of events count from 1 on every stream.',
    renames((count) => String(count))
  ),
  must(
    'event-ids-are-the-same',
    'RESUME-02',
    'All events have the same id.',
    renames(() => 'event')
  ),
  must(
    'event-ids-hold-nul',
    'RESUME-03',
    'Event ids have a NUL in them.',
    renames((_, total) => `event\0${total}`)
  ),
  should(
    'event-ids-are-not-ascii',
    'RESUME-04',
    'Event ids have letters that are not ASCII.',
    renames((_, total) => `ereignis-ä-${total}`)
  ),
  should(
    'event-ids-are-long',
    'RESUME-04',
    'Event ids are ten thousand characters long.',
    renames((_, total) => `${'x'.repeat(10_000)}${total}`)
  ),
  should(
    'replays-from-the-start',
    'RESUME-09',
    'Whoever comes back gets the whole stream again.',
    logging((log) => ({
      opened(exchange) {
        if (!resumes(exchange)) return
        const stream = log.streamOf(exchange)
        write(
          exchange,
          log.events.slice(0, log.find(exchange.headers[lastEventId]) + 1).filter((one) => one.stream === stream)
        )
      }
    }))
  ),
  must(
    'replays-all-streams',
    'RESUME-07',
    'Whoever comes back gets what followed on any stream of the session.',
    logging((log) => ({
      opened(exchange) {
        if (!resumes(exchange)) return
        const stream = log.streamOf(exchange)
        const after = log.events.slice(log.find(exchange.headers[lastEventId]) + 1)
        write(
          exchange,
          after.filter((one) => one.stream !== stream && one.session === exchange.headers[sessionId])
        )
      }
    }))
  ),
  should(
    'unknown-event-fails',
    'RESUME-10',
    'An unknown Last-Event-ID is answered 500.',
    overHttp({
      head(head, exchange) {
        if (resumes(exchange) && head.status >= 400) head.status = 500
      }
    })
  ),
  should(
    'unknown-event-replays-everything',
    'RESUME-10',
    'An unknown Last-Event-ID replays everything there is.',
    logging((log) => ({
      request(exchange) {
        if (!resumes(exchange) || log.find(exchange.headers[lastEventId]) >= 0) return undefined
        const text = log.events.map(({ event }) => `id: ${event.id}\ndata: ${event.data}\n\n`).join('')
        return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: text }
      }
    }))
  ),
  should(
    'foreign-events-are-replayed',
    'RESUME-10',
    'The Last-Event-ID of another session replays its events.',
    logging((log) => ({
      request(exchange) {
        const found = log.events[log.find(exchange.headers[lastEventId])]
        if (!resumes(exchange) || found === undefined || found.session === exchange.headers[sessionId]) return undefined
        const text = log.events
          .filter(({ session }) => session === found.session)
          .map(({ event }) => `id: ${event.id}\ndata: ${event.data}\n\n`)
          .join('')
        return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: text }
      }
    }))
  ),
  must(
    'cut-result-comes-on-the-get-stream',
    'GET-07',
    'When a call loses its connection its result comes on the GET stream.',
    () => {
      const cut = new WeakSet<Exchange>()
      return {
        http: {
          left(exchange) {
            if (exchange.method === 'POST') cut.add(exchange)
            return exchange.method === 'POST'
          },
          event(event, exchange) {
            const message = JSON.parse(event.data ?? '{}') as Message
            if (cut.has(exchange) && isResponse(message)) exchange.talk.tell(message)
            return [event]
          }
        }
      }
    }
  ),
  should(
    'resumed-stream-stays-open',
    'SSE-06',
    'A call stream that was resumed stays open after the response.',
    overHttp({
      ended: (exchange) => resumes(exchange)
    })
  ),
  must(
    'ended-session-is-resumed',
    'SESS-09',
    'A stream of a session that was ended can still be resumed.',
    logging((log) => ({
      request(exchange) {
        if (!resumes(exchange)) return undefined
        const found = log.events.filter(({ session }) => session === exchange.headers[sessionId])
        const text = found.map(({ event }) => `id: ${event.id}\ndata: ${event.data}\n\n`).join('')
        return found.length === 0
          ? undefined
          : { status: 200, headers: { 'content-type': 'text/event-stream' }, body: text }
      }
    }))
  )
)
