/** Faults of sampling: what is asked, of whom, and what becomes of the answer. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, only, should } from '../fault.ts'
import { answersTo, incoming, type Makes, perSession, sends, takes, toolResults } from '../hooks.ts'
import { edit, idOf, isResponse, type Message, put, remove, toolOf } from '../message.ts'
import { moves } from './streams.ts'

const name = 'sampling/createMessage'
const asks = (message: Message): boolean => message['method'] === name
const question = '/params'
const text = (value: string): Json => ({ type: 'text', text: value })
const answered = (value: string): Json => ({ role: 'assistant', content: text(value), model: 'none' })
const toSampling = (message: Message, talk: { questions: Map<string, Message> }): boolean =>
  isResponse(message) && talk.questions.get(idOf(message))?.['method'] === name

/** Changes the answers of the client to sampling before the server has them. */
function answers(change: (message: Message) => void): Makes {
  return incoming(toSampling, (message) => {
    change(message)
    return message
  })
}

/** Asks every client, whether it can be asked or not; those that cannot have a question of the front's own. */
export function asksAnybody(capability: string, tool: string, ask: Message): Makes {
  return () => {
    const able = perSession(() => ({ yes: false }))
    return {
      received(message, talk) {
        if (message['method'] === 'initialize')
          able(talk).yes = at(`/params/capabilities/${capability}`, message) !== undefined
        return message
      },
      sent(message, talk) {
        if (able(talk).yes || !answersTo(tool)(message, talk)) return [message]
        return [structuredClone(ask), message]
      }
    }
  }
}

/** Answers of the client that are errors, or make no sense, leave the call open. */
function hangsOn(fits: (message: Message) => boolean): Makes {
  return incoming(
    (message, talk) => toSampling(message, talk) && fits(message),
    () => ({ answers: [] })
  )
}

export const sampling: Fault[] = [
  must(
    'samples-anybody',
    'SAMP-06 LIFE-22',
    'sampling/createMessage goes to clients that did not declare sampling.',
    asksAnybody('sampling', 'test_sampling', {
      jsonrpc: '2.0',
      id: 'anybody',
      method: name,
      params: { messages: [{ role: 'user', content: text('hello') }], maxTokens: 100 }
    })
  ),
  must(
    'declares-sampling-for-all',
    'SAMP-06 LIFE-22',
    'Every client counts as one that declared sampling.',
    takes('initialize', put('/params/capabilities/sampling', {}))
  ),
  must(
    'max-tokens-is-missing',
    'SAMP-07',
    'sampling/createMessage has no maxTokens.',
    sends(name, remove(`${question}/maxTokens`))
  ),
  must('max-tokens-is-text', 'SAMP-07', 'maxTokens is a string.', sends(name, put(`${question}/maxTokens`, '100'))),
  must(
    'messages-are-a-prompt',
    'SAMP-07',
    'sampling/createMessage has a prompt in place of messages.',
    sends(name, put(`${question}/prompt`, 'hello'), remove(`${question}/messages`))
  ),
  must(
    'sampling-role-is-system',
    'SAMP-08',
    'A message has the role system.',
    sends(name, put(`${question}/messages/0/role`, 'system'))
  ),
  must(
    'sampling-content-is-a-list',
    'SAMP-08',
    'content of a message is an array.',
    sends(
      name,
      edit(`${question}/messages/*/content`, (item) => [item ?? null])
    )
  ),
  must(
    'sampling-content-is-text',
    'SAMP-08',
    'content of a message is a string.',
    sends(
      name,
      edit(`${question}/messages/*/content`, (item) => at('/text', item))
    )
  ),
  must(
    'sampling-content-is-a-resource',
    'SAMP-08',
    'content of a message is a resource.',
    sends(
      name,
      put(`${question}/messages/0/content`, {
        type: 'resource',
        resource: { uri: 'test://static-text', text: 'hello' }
      })
    )
  ),
  must(
    'temperature-is-text',
    'SAMP-09',
    'temperature is a string.',
    sends(name, put(`${question}/temperature`, 'hot'))
  ),
  must(
    'include-context-is-true',
    'SAMP-09',
    'includeContext is true.',
    sends(name, put(`${question}/includeContext`, true))
  ),
  must(
    'stop-sequences-are-text',
    'SAMP-09',
    'stopSequences is a string.',
    sends(name, put(`${question}/stopSequences`, 'END'))
  ),
  must(
    'system-prompt-is-null',
    'SAMP-09 BASE-04',
    'systemPrompt is null.',
    sends(name, put(`${question}/systemPrompt`, null))
  ),
  must(
    'priorities-are-percentages',
    'SAMP-14',
    'Priorities are percentages.',
    sends(name, put(`${question}/modelPreferences`, { costPriority: 80 }))
  ),
  must(
    'hints-are-names',
    'SAMP-16',
    'hints is an array of names.',
    sends(name, put(`${question}/modelPreferences`, { hints: ['sonnet'] }))
  ),
  should(
    'stop-reasons-are-known',
    'SAMP-11',
    'An answer with an unknown stopReason is refused.',
    answers((message) => {
      const reason = at('/result/stopReason', message)
      if (reason !== undefined && !['endTurn', 'stopSequence', 'maxTokens'].includes(String(reason))) {
        remove('/result')(message)
        put('/error', { code: -1, message: 'unknown stopReason' })(message)
      }
    })
  ),
  should(
    'answer-is-not-used',
    'SAMP-12',
    'A call ends with a text of its own, whatever the client answered.',
    toolResults('test_sampling', put('/result/content/0/text', 'LLM response: '))
  ),
  should('answer-is-not-awaited', 'SAMP-12', 'A call ends before the client has answered.', () => ({
    sent(message, talk) {
      if (!asks(message)) return [message]
      const asked = [...talk.running.values()].find((one) => toolOf(one) === 'test_sampling')
      if (asked === undefined) return [message]
      return [message, { jsonrpc: '2.0', id: asked['id'] ?? null, result: { content: [text('LLM response: none')] } }]
    }
  })),
  should('answers-are-mixed-up', 'SAMP-12', 'Two calls at once get the answer to the question of the other.', () => {
    const swap = perSession(() => new Map<string, Json>())
    return {
      received(message, talk) {
        if (!toSampling(message, talk)) return message
        const mine = idOf(message)
        const other = [...talk.questions.values()].find(
          (one) => asks(one) && idOf(one) !== mine && !swap(talk).has(idOf(one))
        )
        const given = swap(talk).get(mine)
        if (given === undefined && other !== undefined) swap(talk).set(idOf(other), message['id'] as Json)
        message['id'] = given ?? other?.['id'] ?? (message['id'] as Json)
        return message
      }
    }
  }),
  should('sampling-is-never-sent', 'SAMP-12', 'Questions of a call are not sent, and it waits for ever.', () => ({
    sent: (message) => (asks(message) ? [] : [message])
  })),
  should(
    'error-answer-hangs-the-call',
    'SAMP-18',
    'A call whose question is answered with an error never ends.',
    hangsOn((message) => 'error' in message)
  ),
  should(
    'error-answer-looks-like-success',
    'SAMP-18',
    'A call whose question is answered with an error ends as a success.',
    toolResults('test_sampling', remove('/result/isError'))
  ),
  should(
    'bad-content-is-used',
    'SAMP-20',
    'An answer without proper content is used.',
    answers((message) => {
      const content = at('/result/content', message)
      if ('result' in message && (at('/type', content) !== 'text' || typeof at('/text', content) !== 'string'))
        put('/result', answered('undefined'))(message)
    })
  ),
  should(
    'bad-content-hangs-the-call',
    'SAMP-20',
    'A call whose question is answered without proper content never ends.',
    hangsOn(
      (message) =>
        'result' in message &&
        at('/result/content/type', message) !== 'image' &&
        at('/result/content/type', message) !== 'audio' &&
        typeof at('/result/content/text', message) !== 'string'
    )
  ),
  should('second-answer-ends-the-call-again', 'RPC-29', 'An answer that comes twice ends the call twice.', () => {
    const ended = perSession(() => new Map<string, Message>())
    return {
      received(message, talk) {
        const known = toSampling(message, talk) ? ended(talk).get(idOf(message)) : undefined
        if (known !== undefined) talk.tell(structuredClone(known))
        return message
      },
      sent(message, talk) {
        const open = [...talk.questions.values()].filter(asks).at(-1)
        if (answersTo('test_sampling')(message, talk) && open !== undefined) ended(talk).set(idOf(open), message)
        return [message]
      }
    }
  }),
  ...only(
    'http',
    should(
      'sampling-on-the-get-stream',
      'SAMP-12 GET-06',
      'sampling/createMessage comes on the GET stream.',
      moves(asks)
    ),
    must(
      'sampling-on-all-streams',
      'MULTI-03 MULTI-02',
      'sampling/createMessage comes on the stream of the call and on the GET stream.',
      () => ({
        sent(message, talk) {
          if (asks(message)) talk.tell(structuredClone(message))
          return [message]
        }
      })
    )
  )
]
