/** Faults by which one session reaches into another. */
import { randomBytes } from 'node:crypto'
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, only, should, type Talk } from '../fault.ts'
import { jsonAnswer, type Makes } from '../hooks.ts'
import { idOf, isRequest, isResponse, type Members, type Message, put } from '../message.ts'
import { begins, header } from './session.ts'

/** What one session sets is set in all. */
function spreads(method: string): Makes {
  return (front) => ({
    async received(message, talk) {
      if (message['method'] === method) {
        const copy: Message = { ...message, id: `copy-${randomBytes(4).toString('hex')}` }
        await Promise.all([...front.talks].filter((other) => other !== talk).map((other) => other.slip(copy)))
      }
      return message
    }
  })
}

/** A message of one session is taken for one of the session that it seems to be meant for. */
function strays(fits: (message: Message) => boolean, owns: (message: Message, talk: Talk) => boolean): Makes {
  return (front) => ({
    async received(message, talk) {
      const owner = [...front.talks].find((other) => other !== talk && fits(message) && owns(message, other))
      if (owner === undefined || owns(message, talk)) return message
      await owner.slip(message)
      return undefined
    }
  })
}

/** A client has the capabilities of all clients that ever were. */
const sharedCapabilities: Makes = () => {
  let all: Members = {}
  return {
    received(message) {
      if (message['method'] !== 'initialize') return message
      all = { ...all, ...(at('/params/capabilities', message) as Members | undefined) }
      put('/params/capabilities', all)(message)
      return message
    }
  }
}

/** Calls are known by their id alone, so that the same id in another session takes the answer. */
const idsOfAll: Makes = () => {
  const latest = new Map<string, Talk>()
  return {
    received(message, talk) {
      if (isRequest(message) && message['method'] === 'tools/call') latest.set(idOf(message), talk)
      return message
    },
    sent(message, talk) {
      const called = isResponse(message) && talk.asked.get(idOf(message))?.['method'] === 'tools/call'
      return called && latest.get(idOf(message)) !== talk ? [] : [message]
    }
  }
}

export const isolation: Fault[] = only(
  'http',
  must(
    'level-is-of-the-server',
    'SESS-17 LOG-07',
    'The log level that one session sets holds for all.',
    spreads('logging/setLevel')
  ),
  must(
    'subscriptions-are-of-the-server',
    'SESS-17',
    'What one session subscribes to all sessions are told of.',
    spreads('resources/subscribe')
  ),
  must(
    'unsubscribing-is-of-the-server',
    'SESS-17',
    'What one session unsubscribes from no session is told of any more.',
    spreads('resources/unsubscribe')
  ),
  must(
    'answers-stray',
    'SESS-17 ELICIT-11',
    'An answer that another session posts is taken.',
    strays(isResponse, (message, talk) => talk.questions.has(idOf(message)))
  ),
  must(
    'capabilities-are-of-the-server',
    'SESS-17 LIFE-22',
    'What one client declared counts for all later ones.',
    sharedCapabilities
  ),
  must(
    'ids-are-of-the-server',
    'SESS-17 HTTP-03',
    'The same request id in two sessions costs one its answer.',
    idsOfAll
  ),
  must(
    'list-changes-are-of-the-server',
    'SESS-17 TOOLS-13',
    'A tool that one session shows is announced to all.',
    (front) => ({
      sent(message, talk) {
        if (message['method'] === 'notifications/tools/list_changed')
          for (const other of front.talks) if (other !== talk) other.tell(structuredClone(message))
        return [message]
      }
    })
  ),
  must('messages-are-of-the-server', 'SESS-17', 'Log messages of a call come in other sessions too.', (front) => ({
    sent(message, talk) {
      if (message['method'] === 'notifications/message')
        for (const other of front.talks) if (other !== talk) other.tell(structuredClone(message))
      return [message]
    }
  })),
  must('level-stays-after-the-session', 'SESS-17 LOG-07', 'A new session has the log level of the one before.', () => {
    let level: Json | undefined
    return {
      async received(message, talk) {
        if (message['method'] === 'logging/setLevel') level = at('/params/level', message)
        if (message['method'] === 'notifications/initialized' && level !== undefined)
          await talk.slip({ jsonrpc: '2.0', id: 'level', method: 'logging/setLevel', params: { level } })
        return message
      }
    }
  }),
  should('second-client-is-refused', 'HTTP-03', 'A second client is refused while there is a session.', () => {
    const live = new Set<string>()
    return {
      http: {
        request(exchange) {
          if (exchange.method === 'DELETE') live.delete(exchange.headers[header] ?? '')
          return begins(exchange) && live.size > 1
            ? jsonAnswer(400, { error: 'Server already initialized' })
            : undefined
        },
        head(head, exchange) {
          if (begins(exchange) && head.headers[header] !== undefined) live.add(head.headers[header])
        }
      }
    }
  }),
  must('requests-run-in-the-newest-session', 'SESS-17', 'Every request runs in the session that began last.', () => {
    let newest: string | undefined
    return {
      http: {
        request(exchange) {
          if (exchange.method === 'POST' && exchange.headers[header] !== undefined && newest !== undefined)
            exchange.headers[header] = newest
          return undefined
        },
        head(head, exchange) {
          if (begins(exchange)) newest = head.headers[header] ?? newest
        }
      }
    }
  })
)
