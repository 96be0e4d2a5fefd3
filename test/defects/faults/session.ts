/** Faults of sessions: their ids, who may use them, what ends with them, and what leaks from one into another. */
import { randomBytes } from 'node:crypto'
import { at, type Json } from '../../../src/conform/json.ts'
import { type Exchange, type Fault, must, only, should, type Talk } from '../fault.ts'
import { jsonAnswer, type Makes, overHttp, posts } from '../hooks.ts'
import { isResponse, type Message } from '../message.ts'

export const header = 'mcp-session-id'
const hello = JSON.stringify({
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'nobody', version: '0' } }
})
export const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })
export const begins = (exchange: Exchange): boolean => posts(exchange, 'initialize')
const empty = (status: number) => ({ status, headers: {}, body: '' })

/** Gives sessions other ids, and knows them by these. */
function renames(name: (count: number) => string): Makes {
  return () => {
    const real = new Map<string, string>()
    let count = 0
    return {
      http: {
        request({ headers }) {
          const known = real.get(headers[header] ?? '')
          if (known !== undefined) headers[header] = known
          return undefined
        },
        head(head, exchange) {
          const id = head.headers[header]
          if (id === undefined || !begins(exchange)) return
          const given = name(++count)
          real.set(given, id)
          head.headers[header] = given
        }
      }
    }
  }
}

/** Serves what has no session, or one that `fits`, in a fresh session of its own. */
function replaces(fits: (id: string | undefined, ended: ReadonlySet<string>) => boolean): Makes {
  return (front) => {
    const live = new Set<string>()
    const ended = new Set<string>()
    const fresh = new Map<string, string>()
    return {
      http: {
        async request(exchange) {
          const { headers, method } = exchange
          const id = headers[header]
          if (begins(exchange) || (id !== undefined && live.has(id))) {
            if (method === 'DELETE') {
              live.delete(id as string)
              ended.add(id as string)
            }
            return undefined
          }
          if (!fits(id, ended)) return undefined
          const known = fresh.get(id ?? '')
          headers[header] = known ?? (await mint())
          if (id !== undefined) fresh.set(id, headers[header])
          return undefined
        },
        head(head, exchange) {
          if (begins(exchange) && head.headers[header] !== undefined) live.add(head.headers[header])
        }
      }
    }
    async function mint(): Promise<string> {
      const { headers } = await front.call({ method: 'POST', headers: {}, body: hello })
      const id = headers[header] as string
      await front.call({ method: 'POST', headers: { [header]: id }, body: initialized })
      return id
    }
  }
}

/** Answers in place of a status. */
function restates(from: number, to: number, fits: (exchange: Exchange) => boolean = () => true): Makes {
  return overHttp({
    head(head, exchange) {
      if (head.status === from && fits(exchange)) head.status = to
    }
  })
}

/** Ends sessions whose end was not asked for. */
function endsOthers(fits: (exchange: Exchange) => boolean): Makes {
  return (front) => {
    const live = new Set<string>()
    return {
      http: {
        async request(exchange) {
          if (exchange.method !== 'DELETE' || !fits(exchange) || live.has(exchange.headers[header] ?? ''))
            return undefined
          for (const id of live) await front.call({ method: 'DELETE', headers: { [header]: id } })
          return empty(204)
        },
        head(head, exchange) {
          if (begins(exchange) && head.headers[header] !== undefined) live.add(head.headers[header])
        }
      }
    }
  }
}

export const session: Fault[] = only(
  'http',
  must(
    'id-has-blanks',
    'SESS-04',
    'Session ids have blanks in them.',
    renames((count) => `session ${count} ${randomBytes(16).toString('hex')}`)
  ),
  must(
    'id-is-not-ascii',
    'SESS-04',
    'Session ids have letters that are not ASCII.',
    renames(() => `sitzung-ü-${randomBytes(16).toString('hex')}`)
  ),
  should(
    'ids-count-up',
    'SESS-03',
    'Session ids count up.',
    renames((count) => `session-${count}`)
  ),
  should(
    'ids-are-short',
    'SESS-03',
    'Session ids are four hexadecimal digits.',
    renames((count) => (0x1000 + count * 7).toString(16))
  ),
  should(
    'ids-repeat',
    'SESS-03',
    'All clients get the same session id.',
    renames(() => 'b7e151628aed2a6abf7158809cf4f3c7')
  ),
  should(
    'session-is-optional',
    'SESS-06',
    'A request without a session id is served in a session made for it.',
    replaces((id) => id === undefined)
  ),
  should(
    'missing-session-is-401',
    'SESS-06',
    'A request without a session id is answered 401.',
    restates(400, 401, ({ headers }) => headers[header] === undefined)
  ),
  should(
    'missing-session-is-200',
    'SESS-06',
    'A request without a session id is answered 200 with an error.',
    restates(400, 200, ({ headers }) => headers[header] === undefined)
  ),
  must(
    'delete-does-nothing',
    'SESS-09 SESS-14',
    'DELETE is answered 204 and ends nothing.',
    overHttp({
      request: ({ method }) => (method === 'DELETE' ? empty(204) : undefined)
    })
  ),
  must('ended-session-is-400', 'SESS-09', 'Requests of an ended session are answered 400.', restates(404, 400)),
  must('ended-session-is-401', 'SESS-09', 'Requests of an ended session are answered 401.', restates(404, 401)),
  must(
    'ended-session-is-200',
    'SESS-09',
    'Requests of an ended session are answered 200 with an error.',
    restates(404, 200)
  ),
  must(
    'ended-session-is-replaced',
    'SESS-09',
    'A request of an ended session begins a new one unasked.',
    replaces((id, ended) => id !== undefined && ended.has(id))
  ),
  must(
    'ended-session-still-listens',
    'SESS-09',
    'A GET of an ended session is answered with a stream.',
    overHttp({
      head(head, { method }) {
        if (method !== 'GET' || head.status !== 404) return
        head.status = 200
        head.headers['content-type'] = 'text/event-stream'
      },
      body: (body, { method }) => (method === 'GET' ? '' : body)
    })
  ),
  must(
    'ended-session-takes-notifications',
    'SESS-09',
    'Notifications of an ended session are accepted.',
    restates(
      404,
      202,
      ({ json }) =>
        at('/method', json as Json)
          ?.toString()
          .startsWith('notifications/') === true
    )
  ),
  should(
    'unknown-session-is-replaced',
    'SESS-10',
    'A request with an id that was never given begins a session unasked.',
    replaces((id, ended) => id !== undefined && !ended.has(id))
  ),
  should(
    'unknown-session-listens',
    'SESS-10',
    'A GET with an id that was never given is answered with a stream.',
    overHttp({
      head(head, { method, headers }) {
        if (method !== 'GET' || head.status !== 404 || headers[header] === undefined) return
        head.status = 200
        head.headers['content-type'] = 'text/event-stream'
      },
      body: (body, { method }) => (method === 'GET' ? '' : body)
    })
  ),
  should(
    'every-answer-hands-out-an-id',
    'SESS-02',
    'Answers to all requests carry a fresh session id.',
    overHttp({
      head(head) {
        head.headers[header] ??= randomBytes(16).toString('hex')
      }
    })
  ),
  should(
    'refused-initialize-hands-out-an-id',
    'SESS-02',
    'An initialize that fails is answered with a session id.',
    overHttp({
      head(head, exchange) {
        if (begins(exchange)) head.headers[header] ??= randomBytes(16).toString('hex')
      }
    })
  ),
  should(
    'header-names-have-case',
    'SESS-07',
    'The session header counts only when it is spelled in small letters.',
    overHttp({
      request({ names, headers }) {
        if (!names.includes(header)) delete headers[header]
        return undefined
      }
    })
  ),
  should(
    'initialize-ends-the-session-it-names',
    'SESS-12',
    'An initialize with a session id ends that session.',
    (front) => ({
      http: {
        async request(exchange) {
          const id = exchange.headers[header]
          if (begins(exchange) && id !== undefined) await front.call({ method: 'DELETE', headers: { [header]: id } })
          return undefined
        }
      }
    })
  ),
  should(
    'initialize-wants-a-known-session',
    'SESS-12',
    'An initialize with a stale session id fails.',
    overHttp({
      request: (exchange) =>
        begins(exchange) && exchange.headers[header] !== undefined
          ? jsonAnswer(500, { error: 'no such session' })
          : undefined
    })
  ),
  should(
    'delete-leaves-streams-open',
    'SESS-15',
    'The GET streams of an ended session stay open.',
    overHttp({ ended: ({ method }) => method === 'GET' })
  ),
  should('delete-leaves-calls-open', 'SESS-15', 'The streams of calls of an ended session stay open.', () => {
    const over = new WeakSet<Talk>()
    return {
      http: {
        request({ method, talk }) {
          if (method === 'DELETE') over.add(talk)
          return undefined
        },
        ended: ({ method, talk }) => method === 'POST' && over.has(talk)
      }
    }
  }),
  should(
    'delete-without-id-ends-all',
    'SESS-16',
    'DELETE without a session id ends all sessions.',
    endsOthers(({ headers }) => headers[header] === undefined)
  ),
  should(
    'delete-of-the-unknown-ends-all',
    'SESS-16',
    'DELETE with an unknown session id ends all sessions.',
    endsOthers(({ headers }) => headers[header] !== undefined)
  ),
  must(
    'response-to-an-ended-session-fails',
    'SESS-09',
    'A response posted to an ended session is answered 500.',
    restates(404, 500, ({ json }) => typeof json === 'object' && json !== null && isResponse(json as Message))
  ),
  should(
    'delete-without-id-succeeds',
    'SESS-06',
    'DELETE without a session id is answered 204.',
    overHttp({
      request: ({ method, headers }) => (method === 'DELETE' && headers[header] === undefined ? empty(204) : undefined)
    })
  )
)
