/** Faults of logging: levels, the filter, and the messages. */
import { at, type Json } from '../../../src/conform/json.ts'
import { extended, type Fault, must, only, should } from '../fault.ts'
import {
  answersTo,
  errorsOf,
  grants,
  instead,
  type Makes,
  method,
  perSession,
  precedes,
  refuses,
  results,
  sends,
  withholds
} from '../hooks.ts'
import { edit, idOf, type Message, put, remove, rename } from '../message.ts'
import { moves } from './streams.ts'

const name = 'notifications/message'
const setLevel = method('logging/setLevel')
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']
const logs = (message: Message): boolean => message['method'] === name
const levelOf = (message: Message): Json | undefined => at('/params/level', message)
const known = (message: Message): boolean => levels.includes(String(levelOf(message)))

/** Grants levels, and filters by a rule of its own what the reference server, left at debug, sends. */
function filters(sends: (rank: number, least: number) => boolean): Makes {
  return () => {
    const least = perSession(() => ({ rank: 0 }))
    return {
      received(message, talk) {
        if (!setLevel(message, talk) || !known(message)) return message
        least(talk).rank = levels.indexOf(String(levelOf(message)))
        put('/params/level', 'debug')(message)
        return message
      },
      sent: (message, talk) =>
        logs(message) && !sends(levels.indexOf(String(levelOf(message))), least(talk).rank) ? [] : [message]
    }
  }
}

/** What a level that is refused leaves behind. */
const refusedLevelCounts: Makes = () => ({
  async received(message, talk) {
    if (setLevel(message, talk) && !known(message))
      await talk.slip({ jsonrpc: '2.0', id: 'refused', method: 'logging/setLevel', params: { level: 'emergency' } })
    return message
  },
  sent: (message) => (message['id'] === 'refused' ? [] : [message])
})

const failed = (message: Message): boolean => 'error' in message || at('/result/isError', message) === true
const logged = (level: string, data: Json): Message => ({ jsonrpc: '2.0', method: name, params: { level, data } })

export const logging: Fault[] = [
  must(
    'logging-is-undeclared',
    'LOG-01',
    'A server that logs does not declare logging.',
    results('initialize', remove('/result/capabilities/logging'))
  ),
  must(
    'logging-is-true',
    'LOG-01 LIFE-18',
    'The capability logging is true.',
    results('initialize', put('/result/capabilities/logging', true))
  ),
  must(
    'level-notice-is-unknown',
    'LOG-03',
    'The level notice is unknown.',
    refuses((message) => levelOf(message) === 'notice', -32602, 'Invalid level')
  ),
  must(
    'levels-are-those-of-libraries',
    'LOG-03',
    'Of the levels only debug, info, warning and error are known.',
    refuses(
      (message, talk) =>
        setLevel(message, talk) && ['notice', 'critical', 'alert', 'emergency'].includes(String(levelOf(message))),
      -32602,
      'Invalid level'
    )
  ),
  must(
    'levels-are-in-capitals',
    'LOG-03 LOG-09',
    'Log messages have levels in upper case.',
    sends(
      name,
      edit('/params/level', (level) => String(level).toUpperCase())
    )
  ),
  must(
    'levels-are-numbers',
    'LOG-09 LOG-03',
    'Log messages have numbers as levels.',
    sends(
      name,
      edit('/params/level', (level) => levels.indexOf(String(level)))
    )
  ),
  must(
    'set-level-answers-the-level',
    'LOG-05 BASE-06',
    'logging/setLevel answers with the level as a string.',
    results('logging/setLevel', put('/result', 'info'))
  ),
  must(
    'set-level-answers-null',
    'LOG-05 BASE-06',
    'logging/setLevel answers with null.',
    results('logging/setLevel', put('/result', null))
  ),
  should(
    'level-has-no-effect',
    'LOG-06 LOG-25',
    'logging/setLevel is answered and changes nothing.',
    grants((message, talk) => setLevel(message, talk) && known(message), {})
  ),
  should(
    'level-is-excluded',
    'LOG-06 LOG-25',
    'Messages of the level that was set are not sent.',
    filters((rank, least) => rank > least)
  ),
  should(
    'only-the-level-is-sent',
    'LOG-06 LOG-25',
    'Only messages of the very level that was set are sent.',
    filters((rank, least) => rank === least)
  ),
  should(
    'levels-are-upside-down',
    'LOG-06 LOG-25',
    'Messages at the level and below are sent.',
    filters((rank, least) => rank <= least)
  ),
  should('level-only-rises', 'LOG-06 LOG-25', 'A level can be raised and not lowered.', () => {
    const least = perSession(() => ({ rank: 0 }))
    return {
      received(message, talk) {
        if (!setLevel(message, talk) || !known(message)) return message
        least(talk).rank = Math.max(least(talk).rank, levels.indexOf(String(levelOf(message))))
        put('/params/level', levels[least(talk).rank] as string)(message)
        return message
      }
    }
  }),
  should('level-silences', 'LOG-06 LOG-25', 'After logging/setLevel nothing is sent.', () => {
    const silent = new WeakSet<object>()
    return {
      received(message, talk) {
        if (setLevel(message, talk)) silent.add(talk)
        return message
      },
      sent: (message, talk) => (logs(message) && silent.has(talk) ? [] : [message])
    }
  }),
  must(
    'data-is-missing',
    'LOG-09',
    'Log messages have message in place of data.',
    sends(name, rename('/params/data', 'message'))
  ),
  must(
    'logger-is-null',
    'LOG-09 BASE-04',
    'Log messages have the logger null.',
    sends(name, put('/params/logger', null))
  ),
  must(
    'logger-is-an-object',
    'LOG-09',
    'The logger of log messages is an object.',
    sends(name, put('/params/logger', { name: 'x' }))
  ),
  must('level-is-missing', 'LOG-09', 'Log messages have no level.', sends(name, remove('/params/level'))),
  should(
    'bad-level-is-internal',
    'LOG-11',
    'An invalid level gives -32603.',
    errorsOf(-32602, put('/error/code', -32603))
  ),
  should(
    'bad-level-is-an-invalid-request',
    'LOG-11',
    'An invalid level gives -32600.',
    errorsOf(-32602, put('/error/code', -32600))
  ),
  should(
    'bad-level-is-taken',
    'LOG-11',
    'An invalid level is answered as if it were one.',
    instead(-32602, setLevel, () => ({}))
  ),
  should('levels-in-any-case', 'LOG-11', 'Levels are compared without regard to case.', () => ({
    received(message, talk) {
      if (setLevel(message, talk))
        edit('/params/level', (level) => (typeof level === 'string' ? level.toLowerCase() : undefined))(message)
      return message
    }
  })),
  should(
    'bad-level-silences',
    'LOG-11 LOG-06',
    'An invalid level is refused, and silences the log.',
    refusedLevelCounts
  ),
  must(
    'log-shows-arguments',
    'LOG-18 LOG-16',
    'The arguments of calls that fail are logged whole.',
    precedes(
      (message, talk) => failed(message) && talk.asked.get(idOf(message))?.['method'] === 'tools/call',
      (message, talk) => [logged('debug', `refused ${JSON.stringify(talk.asked.get(idOf(message))?.['params'])}`)]
    )
  ),
  should(
    'log-shows-the-stack',
    'LOG-20',
    'The stack of a tool that throws is logged.',
    precedes(answersTo('test_error_handling'), () => [
      logged(
        'error',
        'Error: x\n    at handler (/srv/app/src/tools.js:12:7)\n    at node:internal/process/task_queues:95:5'
      )
    ])
  ),
  should('log-after-the-result', 'LOG-10', 'Log messages come after the result of their call.', () => {
    const held = perSession<Message[]>(() => [])
    return {
      sent(message, talk) {
        if (logs(message)) {
          held(talk).push(message)
          return []
        }
        return answersTo('tools/call')(message, talk) ? [message, ...held(talk).splice(0)] : [message]
      }
    }
  }),
  must(
    'set-level-is-unknown',
    'LIFE-20',
    'logging/setLevel is unknown though logging is declared.',
    refuses(setLevel, -32601, 'Method not found')
  ),
  should('logging-is-off', 'LOG-06', 'Declared logging never sends anything.', withholds(logs)),
  must('log-is-a-request', 'RPC-32 LOG-09', 'Log messages come as requests.', () => {
    let count = 0
    return { sent: (message) => [logs(message) ? { ...message, id: `log-${++count}` } : message] }
  }),
  ...only(
    'http',
    should('log-on-the-get-stream', 'LOG-10 GET-06', 'Log messages of a call come on the GET stream.', moves(logs))
  ),
  ...extended(
    must(
      'data-is-text',
      'LOG-27',
      'Data of log messages come as JSON in a string.',
      sends(
        name,
        edit('/params/data', (data) => JSON.stringify(data))
      )
    )
  )
]
