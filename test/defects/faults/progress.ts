/** Faults of progress: tokens, values, and when and where it is told. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, only, should, type Talk } from '../fault.ts'
import { incoming, type Makes, outgoing, perSession, sends, takes } from '../hooks.ts'
import { edit, idOf, isResponse, type Message, put, remove } from '../message.ts'
import { moves } from './streams.ts'

const method = 'notifications/progress'
const reports = (message: Message): boolean => message['method'] === method
const tokenOf = (message: Message | undefined): Json | undefined => at('/params/_meta/progressToken', message)
const given = '/params/_meta/progressToken'
const told = '/params/progressToken'

const progressOf = (progressToken: Json, progress: number): Message => ({
  jsonrpc: '2.0',
  method,
  params: { progressToken, progress, total: 200 }
})

/** A request that runs and has a token. */
const running = (talk: Talk, token: Json | undefined): Message | undefined =>
  [...talk.running.values()].find((asked) => tokenOf(asked) !== undefined && tokenOf(asked) !== token)

/** Changes the values of the progress of a token by their place. */
function values(change: (value: number, count: number) => Json): Makes {
  return () => {
    const counts = perSession(() => new Map<string, number>())
    return {
      sent(message, talk) {
        if (!reports(message)) return [message]
        const token = JSON.stringify(at(told, message))
        const count = (counts(talk).get(token) ?? 0) + 1
        counts(talk).set(token, count)
        edit('/params/progress', (value) => change(Number(value), count))(message)
        return [message]
      }
    }
  }
}

/** Tells more progress beside an answer. */
function beside(more: (asked: Message) => Message[], before: boolean): Makes {
  return () => ({
    sent(message, talk) {
      const asked = isResponse(message) ? talk.asked.get(idOf(message)) : undefined
      if (asked?.['method'] !== 'tools/call') return [message]
      return before ? [...more(asked), message] : [message, ...more(asked)]
    }
  })
}

/** With two calls that run, progress comes under the token of the other. */
const swapsTokens: Makes = () => ({
  sent(message, talk) {
    const other = reports(message) ? running(talk, at(told, message)) : undefined
    if (other !== undefined) put(told, tokenOf(other) as Json)(message)
    return [message]
  }
})

const later = (asked: Message): Message[] => {
  const token = tokenOf(asked)
  return token === undefined ? [] : [progressOf(token, 150)]
}

export const progress: Fault[] = [
  must(
    'token-becomes-text',
    'PROG-06',
    'A number as token comes back as a string.',
    sends(
      method,
      edit(told, (token) => String(token))
    )
  ),
  must(
    'token-becomes-a-number',
    'PROG-06',
    'A string of digits as token comes back as a number.',
    sends(
      method,
      edit(told, (token) => (typeof token === 'string' && /^\d+$/.test(token) ? Number(token) : undefined))
    )
  ),
  must(
    'falsy-token-is-none',
    'PROG-06',
    'The tokens 0 and "" count as none.',
    takes('*', (message) => {
      if (tokenOf(message) === 0 || tokenOf(message) === '') remove(given)(message)
    })
  ),
  must(
    'token-loses-what-is-not-ascii',
    'PROG-06',
    'A token loses its letters that are not ASCII.',
    sends(
      method,
      edit(told, (token) => (typeof token === 'string' ? token.replace(/[^ -~]/g, '?') : undefined))
    )
  ),
  must(
    'negative-token-is-none',
    'PROG-06',
    'Negative tokens count as none.',
    takes('*', (message) => {
      if (Number(tokenOf(message)) < 0) remove(given)(message)
    })
  ),
  must(
    'progress-stands-still',
    'PROG-07',
    'progress is always the same.',
    values(() => 50)
  ),
  must(
    'progress-falls',
    'PROG-07',
    'progress counts down.',
    values((value) => 100 - value)
  ),
  must('progress-comes-twice', 'PROG-07', 'Each progress notification comes twice.', () => ({
    sent: (message) => (reports(message) ? [message, structuredClone(message)] : [message])
  })),
  must(
    'progress-starts-anew',
    'PROG-07',
    'progress falls back to 0 at the end.',
    values((value, count) => (count === 3 ? 0 : value + 1))
  ),
  must(
    'progress-is-text',
    'PROG-05',
    'progress is a string.',
    sends(
      method,
      edit('/params/progress', (value) => `${value}%`)
    )
  ),
  must(
    'progress-is-missing',
    'PROG-05',
    'Progress notifications have a percentage and no progress.',
    sends(method, put('/params/percentage', 10), remove('/params/progress'))
  ),
  must('total-is-null', 'PROG-05 BASE-04', 'total is null.', sends(method, put('/params/total', null))),
  must(
    'progress-message-is-an-object',
    'PROG-05',
    'The message of progress is an object.',
    sends(method, put('/params/message', { en: 'working' }))
  ),
  should(
    'progress-message-is-empty',
    'PROG-09',
    'The message of progress is empty.',
    sends(method, put('/params/message', ''))
  ),
  must('token-is-missing', 'PROG-05 PROG-10', 'Progress notifications have no token.', sends(method, remove(told))),
  must(
    'token-is-the-request-id',
    'PROG-10',
    'A call without a token brings progress under its id.',
    beside((asked) => (tokenOf(asked) === undefined ? [progressOf(asked['id'] as Json, 50)] : []), true)
  ),
  must(
    'token-is-made-up',
    'PROG-10 PROG-06',
    'Progress comes under a token of the server.',
    sends(method, put(told, 'progress-1'))
  ),
  must('progress-after-the-result', 'PROG-11 PROG-18', 'Progress goes on after the result.', beside(later, false)),
  should(
    'ill-typed-token-is-used',
    'PROG-02',
    'A token that is true, null or an object comes back as text.',
    takes(
      '*',
      edit(given, (token) =>
        token === undefined || ['string', 'number'].includes(typeof token) ? undefined : String(token)
      )
    )
  ),
  should(
    'ill-typed-token-breaks-the-call',
    'PROG-02',
    'A call with a token of a wrong type is never answered.',
    incoming(
      (message) => typeof tokenOf(message) === 'boolean' || typeof tokenOf(message) === 'object',
      () => undefined
    )
  ),
  should(
    'progress-of-the-client-is-an-error',
    'PROG-15',
    'Progress that the client reports is answered with an error.',
    incoming(reports, (message) => ({
      answers: [{ jsonrpc: '2.0', id: at(told, message) ?? null, error: { code: -32601, message: 'Method not found' } }]
    }))
  ),
  must(
    'own-token-is-a-fraction',
    'PROG-01',
    'Questions of the server carry a fraction as token.',
    outgoing((message) => 'id' in message && 'method' in message, put('/params/_meta', { progressToken: 1.5 }))
  ),
  must(
    'own-token-is-always-the-same',
    'PROG-03',
    'All questions of the server carry the same token.',
    outgoing((message) => 'id' in message && 'method' in message, put('/params/_meta', { progressToken: 'token' }))
  ),
  must(
    'progress-says-of-what',
    'PROG-05',
    'Progress notifications have their values a level too deep.',
    sends(method, (message) => {
      message['params'] = { progress: message['params'] as Json }
    })
  ),
  ...only(
    'http',
    should('tokens-are-mixed-up', 'PROG-14', 'Two calls at once get the progress of each other.', swapsTokens),
    should('progress-on-the-get-stream', 'PROG-13', 'Progress comes on the GET stream.', moves(reports))
  )
]
