/** Faults of ping. */
import { type Fault, must, should } from '../fault.ts'
import { grants, incoming, type Makes, method, refuses } from '../hooks.ts'
import { isRequest, type Message, resultTo } from '../message.ts'

const pings = method('ping')
const calling = (messages: Iterable<Message>): boolean => [...messages].some((one) => one['method'] === 'tools/call')

/** Refuses pings until a message has come. */
function wants(first: string): Makes {
  return () => {
    const ready = new WeakSet<object>()
    return {
      received(message, talk) {
        if (message['method'] === first) ready.add(talk)
        if (message['method'] !== 'ping' || !isRequest(message) || ready.has(talk)) return message
        return {
          answers: [{ jsonrpc: '2.0', id: message['id'] ?? null, error: { code: -32600, message: 'Not initialized' } }]
        }
      }
    }
  }
}

export const ping: Fault[] = [
  must(
    'ping-is-unknown',
    'PING-03 BASE-07',
    'ping is answered with -32601.',
    refuses(pings, -32601, 'Method not found')
  ),
  must(
    'ping-is-not-answered',
    'PING-03',
    'ping is never answered.',
    incoming(
      (message) => message['method'] === 'ping' && isRequest(message),
      () => undefined
    )
  ),
  must('pong', 'PING-03 BASE-06', 'ping is answered with the string "pong".', grants(pings, 'pong')),
  must('ping-result-is-null', 'PING-03 BASE-06', 'ping is answered with the result null.', grants(pings, null)),
  must(
    'ping-result-has-members',
    'PING-03 BASE-06',
    'The result of ping has members.',
    grants(pings, { pong: true, uptime: 1 })
  ),
  must('ping-result-is-a-list', 'PING-03 BASE-06', 'The result of ping is an empty array.', grants(pings, [])),
  must('ping-waits-for-calls', 'PING-03 PING-04', 'ping is answered when no call runs any more.', () => ({
    async received(message, talk) {
      if (message['method'] === 'ping') await talk.until(() => !calling(talk.running.values()))
      return message
    }
  })),
  must('everything-waits-for-calls', 'PING-03', 'Requests are served one after the other.', () => ({
    async received(message, talk) {
      if (isRequest(message)) await talk.until(() => [...talk.running.values()][0]?.['id'] === message['id'])
      return message
    }
  })),
  should(
    'ping-waits-for-initialized',
    'LIFE-10',
    'ping is refused until notifications/initialized has come.',
    wants('notifications/initialized')
  ),
  must(
    'ping-takes-no-params',
    'PING-02',
    'ping with parameters is refused.',
    refuses((message) => message['method'] === 'ping' && 'params' in message, -32602, 'ping takes no params')
  ),
  must(
    'ping-wants-params',
    'PING-02',
    'ping without parameters is refused.',
    refuses((message) => message['method'] === 'ping' && !('params' in message), -32602, 'params: Required')
  ),
  must(
    'ping-without-id-is-answered',
    'RPC-30',
    'A ping without an id is answered.',
    incoming(
      (message) => message['method'] === 'ping' && !('id' in message),
      (message) => ({ answers: [resultTo(message, {})] })
    )
  ),
  should('pings-without-end', 'PING-09', 'The server pings the client without a pause.', () => ({
    received(message, talk) {
      if (message['method'] === 'notifications/initialized')
        for (let count = 1; count <= 40; count++) talk.tell({ jsonrpc: '2.0', id: `ping-${count}`, method: 'ping' })
      return message
    }
  })),
  must('one-ping-is-enough', 'PING-03', 'Only the first ping of a session is answered.', () => {
    const seen = new WeakSet<object>()
    return {
      received(message, talk) {
        if (message['method'] !== 'ping' || !isRequest(message)) return message
        if (seen.has(talk)) return undefined
        seen.add(talk)
        return message
      }
    }
  }),
  must(
    'notifications-of-clients-are-errors',
    'BASE-08',
    'notifications/roots/list_changed and progress of the client end in an error.',
    incoming(
      (message) => ['notifications/roots/list_changed', 'notifications/progress'].includes(String(message['method'])),
      () => ({ answers: [{ jsonrpc: '2.0', id: 0, error: { code: -32601, message: 'Method not found' } }] })
    )
  )
]
