/** Faults of event streams: what travels on which stream, how events are written, and when streams end. */
import type { Json } from '../../../src/conform/json.ts'
import { type Exchange, type Fault, type Head, must, only, should } from '../fault.ts'
import { answersTo, type Makes, overHttp, perSession } from '../hooks.ts'
import { idOf, isNotification, isRequest, isResponse, type Message } from '../message.ts'
import { acceptsBoth, asks, headOfCalls, isCall, isJson } from './http.ts'

const isStream = ({ headers }: Head): boolean => headers['content-type']?.startsWith('text/event-stream') === true
const messageIn = (data: string | undefined): Message => (data === undefined ? {} : (JSON.parse(data) as Message))
/** Sends what fits on all open streams of the session that `also` picks, beside its own. */
function repeats(fits: (message: Message, on: Exchange) => boolean, also: (other: Exchange) => boolean): Makes {
  return (front) => ({
    http: {
      event(event, exchange) {
        if (!fits(messageIn(event.data), exchange)) return [event]
        for (const other of front.streams) {
          if (other !== exchange && other.talk === exchange.talk && also(other))
            other.writeText(`data: ${event.data}\n\n`)
        }
        return [event]
      }
    }
  })
}

/** Sends what fits of a POST's stream on the GET stream instead. */
export function moves(fits: (message: Message) => boolean): Makes {
  return overHttp({
    event(event, exchange) {
      const message = messageIn(event.data)
      if (exchange.standalone || !fits(message)) return [event]
      exchange.talk.tell(message)
      return []
    }
  })
}

/** Changes the text of the events of calls. */
function texts(change: (text: string, data: string) => string | Buffer): Makes {
  return overHttp({
    text: (text, exchange) => {
      const data = text
        .split('\n')
        .find((line) => line.startsWith('data: '))
        ?.slice(6)
      return exchange.standalone || data === undefined ? text : change(text, data)
    }
  })
}

/** Answers every request by a bodiless 202 and on the GET stream. */
const answersOnTheGetStream: Makes = () => ({
  http: {
    head(head, exchange, body) {
      if (!isCall(exchange) || body === undefined) return
      head.status = 202
      delete head.headers['content-type']
    },
    body(text, exchange) {
      if (!isCall(exchange) || text === '') return text
      exchange.talk.tell(JSON.parse(text))
      return ''
    },
    event(event, exchange) {
      if (exchange.standalone || !isResponse(messageIn(event.data))) return [event]
      exchange.talk.tell(messageIn(event.data))
      return []
    }
  }
})

/** A request under the id of one that still runs takes over its answer. */
const newerRequestTakesOver: Makes = () => {
  const own = perSession(() => ({ real: new Map<string, Json>(), lost: new Set<string>() }))
  return {
    received(message, talk) {
      const id = idOf(message)
      if (!isRequest(message) || !own(talk).real.has(id)) {
        own(talk).real.set(id, message['id'] as Json)
        return message
      }
      own(talk).lost.add(id)
      const other = `again-${own(talk).real.size}`
      own(talk).real.set(JSON.stringify(other), message['id'] as Json)
      return { ...message, id: other }
    },
    sent(message, talk) {
      if (!isResponse(message)) return [message]
      const { real, lost } = own(talk)
      const id = idOf(message)
      const given = real.get(id)
      real.delete(id)
      return lost.delete(id) ? [] : [given === undefined ? message : { ...message, id: given }]
    }
  }
}

/** What a call changes is announced on the stream of that call, before its answer. */
const newsOnCalls: Makes = () => ({
  sent(message, talk) {
    if (message['method'] === 'notifications/tools/list_changed') return []
    const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }
    return answersTo('test_toggle_dynamic')(message, talk) ? [changed, message] : [message]
  }
})

/** The stream of a call is written when the call is over. */
const heldBack: Makes = () => {
  const held = new WeakMap<Exchange, string[]>()
  return {
    http: {
      text(text, exchange) {
        if (exchange.standalone) return text
        held.set(exchange, [...(held.get(exchange) ?? []), text])
        return ''
      },
      ended(exchange) {
        for (const text of held.get(exchange) ?? []) exchange.writeText(text)
        return false
      }
    }
  }
}

export const streams: Fault[] = only(
  'http',
  must(
    'streams-are-ndjson',
    'HTTP-16 SSE-11',
    'Event streams say that they are application/x-ndjson.',
    headOfCalls((head) => {
      if (isStream(head)) head.headers['content-type'] = 'application/x-ndjson'
    })
  ),
  should(
    'stream-ends-early',
    'SSE-05 SSE-01',
    'The stream of a call ends without the response.',
    overHttp({
      event: (event, exchange) => (!exchange.standalone && isResponse(messageIn(event.data)) ? [] : [event])
    })
  ),
  should(
    'stream-stays-open',
    'SSE-06',
    'The stream of a call stays open after the response.',
    overHttp({
      ended: (exchange) => !exchange.standalone
    })
  ),
  must(
    'answers-on-the-get-stream',
    'GET-07 SSE-04 HTTP-16',
    'Requests get a 202, and their answers come on the GET stream.',
    answersOnTheGetStream
  ),
  must(
    'result-moves-to-the-get-stream',
    'GET-07 SSE-04',
    'The response of a call that had a stream comes on the GET stream.',
    moves(isResponse)
  ),
  must(
    'result-on-two-streams',
    'GET-07 MULTI-03',
    'Responses come on their own stream and on the GET stream.',
    overHttp({
      body(text, exchange) {
        if (isCall(exchange) && text.startsWith('{')) exchange.talk.tell(messageIn(text))
        return text
      },
      event(event, exchange) {
        if (!exchange.standalone && isResponse(messageIn(event.data))) exchange.talk.tell(messageIn(event.data))
        return [event]
      }
    })
  ),
  must(
    'broadcasts',
    'MULTI-03 MULTI-02',
    'What comes on the GET stream comes on all GET streams of the session.',
    repeats(
      (_, on) => on.standalone,
      (other) => other.standalone
    )
  ),
  must(
    'notifications-on-two-streams',
    'MULTI-03 MULTI-02',
    'The notifications of a call come on the GET stream too.',
    repeats(
      (message, on) => isNotification(message) && !on.standalone,
      (other) => other.standalone
    )
  ),
  must(
    'questions-on-two-streams',
    'MULTI-03 MULTI-02',
    'A question to the client comes on all streams of the session.',
    repeats(
      (message, on) => isRequest(message) && !on.standalone,
      () => true
    )
  ),
  should(
    'session-news-on-calls',
    'SSE-03',
    'News of the session come on the stream of the call that runs.',
    newsOnCalls
  ),
  should(
    'call-streams-carry-updates',
    'SSE-03',
    'A list_changed that nobody caused comes on the stream of every call.',
    () => ({
      sent: (message, talk) =>
        answersTo('tools/call')(message, talk)
          ? [{ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }, message]
          : [message]
    })
  ),
  should(
    'cut-is-a-cancel',
    'SSE-08',
    'A broken connection cancels the call.',
    overHttp({
      left(exchange) {
        if (isCall(exchange)) {
          const { id } = exchange.json as Message
          void exchange.talk.slip({
            jsonrpc: '2.0',
            method: 'notifications/cancelled',
            params: { requestId: id ?? null }
          })
        }
        return false
      }
    })
  ),
  should('cut-ends-the-session', 'SSE-08 RESUME-09', 'A broken connection of a call ends the session.', (front) => ({
    http: {
      left({ headers, json }) {
        const id = headers['mcp-session-id']
        if (id !== undefined && json !== undefined)
          void front.call({ method: 'DELETE', headers: { 'mcp-session-id': id } })
        return false
      }
    }
  })),
  must(
    'streams-are-latin1',
    'TRANS-01 SSE-11',
    'Event streams are encoded in ISO 8859-1.',
    overHttp({ text: (text) => Buffer.from(String(text), 'latin1') })
  ),
  must(
    'last-event-is-unfinished',
    'SSE-12',
    'The last event of a stream has no empty line after it.',
    texts((text, data) => (isResponse(messageIn(data)) ? text.slice(0, -1) : text))
  ),
  must(
    'message-in-two-events',
    'SSE-13',
    'A long message is cut into two events.',
    texts((text, data) =>
      isResponse(messageIn(data)) ? `data: ${data.slice(0, 20)}\n\ndata: ${data.slice(20)}\n\n` : text
    )
  ),
  must(
    'two-messages-in-one-event',
    'SSE-13',
    'The response shares an event with a notification.',
    texts((text, data) =>
      isResponse(messageIn(data))
        ? `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\ndata: ${data}\n\n`
        : text
    )
  ),
  must(
    'raw-line-ends-in-data',
    'SSE-14',
    'Messages are indented, and their lines stand in the stream as they are.',
    texts((text, data) => text.replace(data, JSON.stringify(messageIn(data), null, 2)))
  ),
  should(
    'events-have-names',
    'SSE-17',
    'Events are named after the method.',
    overHttp({
      event: (event) => [{ ...event, event: 'response' }]
    })
  ),
  must(
    'retry-is-a-duration',
    'SSE-18',
    'The retry field says "3s".',
    texts((text) => `retry: 3s\n${text}`)
  ),
  should('events-are-held-back', 'SSE-20', 'The events of a call leave the server when the call is over.', heldBack),
  should(
    'streams-may-be-cached',
    'SSE-21',
    'Streams may be cached for a minute.',
    overHttp({
      head(head) {
        if (isStream(head)) head.headers['cache-control'] = 'public, max-age=60'
      }
    })
  ),
  should(
    'streams-for-all',
    'HTTP-07',
    'POSTs are answered with a stream whatever types they accept.',
    overHttp({
      request(exchange) {
        if (asks(exchange)) exchange.headers['accept'] = acceptsBoth
        return undefined
      },
      head(head, exchange) {
        if (isCall(exchange) && isJson(head)) head.headers['content-type'] = 'text/event-stream'
      },
      body: (body, exchange) => (isCall(exchange) && body.startsWith('{"jsonrpc"') ? `data: ${body}\n\n` : body)
    })
  ),
  should(
    'newer-request-takes-over',
    'SSE-01 RPC-21',
    'A request under the id of one that still runs takes its answer.',
    newerRequestTakesOver
  )
)
