/** Faults of the stdio transport: lines, what else is on stdout, and the end. */
import { readJson } from '../../../src/conform/json.ts'
import { isObject } from '../../../src/protocol/frame.ts'
import { type Fault, type Hooks, type LineHooks, must, only, should, type Talk } from '../fault.ts'
import { incoming, type Makes, perSession } from '../hooks.ts'
import { errorTo, isNotification, isRequest, type Message } from '../message.ts'
import { executesBatches } from './jsonrpc.ts'

const lines =
  (stdio: LineHooks): Makes =>
  () =>
    ({ stdio }) satisfies Hooks
const isJson = (text: string): boolean => readJson(text) !== undefined
const isInitialize = (text: string): boolean => text.includes('"protocolVersion"')

/** Holds the last line back until another one comes. */
const holdsBack: Makes = () => {
  const held = perSession<string[]>(() => [])
  return {
    stdio: {
      text(text, talk) {
        if (isInitialize(text)) return [text]
        const before = held(talk).splice(0)
        held(talk).push(text)
        return before
      }
    }
  }
}

/** Dies of a line that fits. */
function dies(fits: (text: string) => boolean): Makes {
  return () => {
    const dead = new WeakSet<Talk>()
    return {
      stdio: {
        line(text, talk) {
          if (!dead.has(talk) && fits(text)) dead.add(talk)
          return dead.has(talk) ? [] : [text]
        }
      }
    }
  }
}

export const stdio: Fault[] = only(
  'stdio',
  must(
    'messages-have-newlines',
    'STDIO-04',
    'Messages are indented over several lines.',
    lines({
      text: (text) => (isInitialize(text) ? [text] : JSON.stringify(readJson(text), null, 2).split('\n'))
    })
  ),
  must(
    'text-breaks-lines',
    'STDIO-04',
    'Newlines inside of texts are sent as they are.',
    lines({ text: (text) => text.split('\\n') })
  ),
  must('banner-on-stdout', 'STDIO-12', 'The server greets with a line of text.', () => {
    const greeted = new WeakSet<Talk>()
    return {
      stdio: {
        text(text, talk) {
          if (greeted.has(talk)) return [text]
          greeted.add(talk)
          return ['Example MCP server running on stdio', text]
        }
      }
    }
  }),
  must(
    'log-on-stdout',
    'STDIO-12',
    'Every call is logged on stdout.',
    lines({
      text: (text) => (isInitialize(text) ? [text] : ['[info] handled a request', text])
    })
  ),
  must(
    'empty-lines-on-stdout',
    'STDIO-12',
    'Messages are followed by an empty line.',
    lines({ text: (text) => [text, ''] })
  ),
  must(
    'frames-have-headers',
    'STDIO-12 STDIO-04',
    'Messages have a Content-Length header.',
    lines({
      text: (text) => (isInitialize(text) ? [text] : [`Content-Length: ${text.length}`, '', text])
    })
  ),
  must(
    'batches-on-stdio',
    'STDIO-03',
    'The members of a batch are executed.',
    executesBatches((batch) => batch, true)
  ),
  should(
    'batches-end-the-session',
    'STDIO-03 STDIO-09',
    'A batch ends the process.',
    dies((text) => text.trimStart().startsWith('['))
  ),
  should('last-message-is-held-back', 'STDIO-05', 'A message leaves when the next one is written.', holdsBack),
  should(
    'carriage-return-is-text',
    'STDIO-08',
    'A carriage return at the end of a line makes it unreadable.',
    lines({
      line: (text) => (text.endsWith('\r') ? [`${text}x`] : [text])
    })
  ),
  should(
    'empty-line-ends-the-process',
    'STDIO-08',
    'An empty line ends the process.',
    dies((text) => text.trim() === '')
  ),
  should(
    'blanks-are-errors',
    'STDIO-08',
    'A line with blanks around the message is unreadable.',
    lines({
      line: (text) => [text.trim() === text || text.trim() === '' ? text : `x${text}`]
    })
  ),
  should(
    'line-separators-end-lines',
    'STDIO-06',
    'U+2028 ends a line.',
    lines({ line: (text) => text.split('\u2028') })
  ),
  should('one-message-a-read', 'STDIO-06', 'Of two lines that come at once the second is lost.', () => {
    const busy = perSession(() => ({ yes: false }))
    return {
      stdio: {
        line(text, talk) {
          if (busy(talk).yes) return []
          busy(talk).yes = true
          queueMicrotask(() => setImmediate(() => (busy(talk).yes = false)))
          return [text]
        }
      }
    }
  }),
  should(
    'bad-line-ends-the-process',
    'STDIO-09 RPC-03',
    'A line that is no JSON ends the process.',
    dies((text) => text.trim() !== '' && !isJson(text))
  ),
  should(
    'bad-line-is-a-request',
    'STDIO-09',
    'A line that is no JSON is answered as if it had been a request.',
    lines({
      line: (text) => (isJson(text) || text.trim() === '' ? [text] : ['{"jsonrpc":"2.0","id":1,"method":"no/such"}'])
    })
  ),
  should(
    'input-end-is-not-noticed',
    'LIFE-25',
    'The process does not exit when its input ends.',
    lines({ ended: () => true })
  ),
  should(
    'exit-is-a-failure',
    'LIFE-25',
    'The process exits with code 1 when its input ends.',
    lines({ exit: () => ({ code: 1, signal: null }) })
  ),
  should(
    'exit-is-a-crash',
    'LIFE-25',
    'The process is killed when its input ends.',
    lines({ exit: () => ({ code: null, signal: 'SIGABRT' }) })
  ),
  should(
    'answers-are-lost-at-the-end',
    'LIFE-27',
    'Answers that are not yet written when the input ends are lost.',
    () => {
      let over = false
      return {
        stdio: {
          text: (text) => (over && !isInitialize(text) ? [] : [text]),
          ended() {
            over = true
            return false
          }
        }
      }
    }
  ),
  must(
    'notifications-are-answered-on-stdio',
    'RPC-30',
    'Notifications are answered with an error.',
    incoming(
      (message) => isNotification(message) && message['method'] !== 'notifications/initialized',
      (message) => ({ answers: [errorTo(message, -32601, 'Method not found')] })
    )
  ),
  should('one-request-at-a-time', 'PING-04', 'A request is read when the one before is answered.', () => ({
    async received(message, talk) {
      if (isRequest(message)) await talk.until(() => talk.running.size === 1)
      return message
    }
  })),
  should(
    'null-id-on-stdio',
    'RPC-18',
    'A request whose id is null is answered.',
    incoming(
      (message: Message) => message['id'] === null && typeof message['method'] === 'string',
      () => ({ answers: [{ jsonrpc: '2.0', id: null, result: {} }] })
    )
  ),
  should(
    'messages-of-no-kind-are-ignored',
    'RPC-04',
    'A line with JSON that is no message is silently ignored.',
    incoming(
      (message) => !('method' in message) && !('result' in message) && !('error' in message),
      () => undefined
    )
  ),
  must(
    'stdout-is-latin1',
    'TRANS-01',
    'What is not ASCII leaves as question marks.',
    lines({ text: (text) => [text.replace(/[^\0-~]/g, '?')] })
  ),
  should(
    'several-answers-on-a-line',
    'STDIO-04',
    'Two messages stand on one line.',
    lines({
      text: (text) => (isObject(readJson(text)) && !isInitialize(text) ? [`${text} ${text}`] : [text])
    })
  )
)
