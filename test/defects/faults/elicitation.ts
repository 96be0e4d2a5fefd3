/** Faults of elicitation: what is asked, of whom, and what becomes of the answer. */
import { at, type Json } from '../../../src/conform/json.ts'
import { extended, type Fault, must, only, should } from '../fault.ts'
import { answersTo, incoming, type Makes, perSession, sends, takes, toolResults } from '../hooks.ts'
import { edit, errorTo, idOf, isResponse, type Members, type Message, put, remove, toolOf } from '../message.ts'
import { asksAnybody } from './sampling.ts'
import { moves } from './streams.ts'

const name = 'elicitation/create'
const asks = (message: Message): boolean => message['method'] === name
const schema = '/params/requestedSchema'
const proper = { username: 'testuser', email: 'test@example.com' }
const answersElicitation = (message: Message, talk: { questions: Map<string, Message> }): boolean =>
  isResponse(message) && talk.questions.get(idOf(message))?.['method'] === name
const accepts = (message: Message): boolean => at('/result/action', message) === 'accept'
const isProper = (content: Json | undefined): boolean =>
  typeof at('/username', content) === 'string' && /^[^@\s]+@[^@\s]+$/.test(String(at('/email', content)))

/** Changes the answers of the client to elicitations before the server has them. */
function answers(change: (message: Message) => void): Makes {
  return incoming(answersElicitation, (message) => {
    change(message)
    return message
  })
}

/** Answers that fit are lost, and the call waits for ever. */
function hangsOn(fits: (message: Message) => boolean): Makes {
  return incoming(
    (message, talk) => answersElicitation(message, talk) && fits(message),
    () => ({ answers: [] })
  )
}

/** The text with which the reference server reports content, whatever it was. */
const uses = answers((message) => {
  if (accepts(message) && !isProper(at('/result/content', message))) put('/result/content', proper)(message)
})

export const elicitation: Fault[] = [
  must(
    'elicits-from-anybody',
    'ELICIT-06 LIFE-22',
    'elicitation/create goes to clients that did not declare elicitation.',
    asksAnybody('elicitation', 'test_elicitation', {
      jsonrpc: '2.0',
      id: 'anybody',
      method: name,
      params: { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
    })
  ),
  must(
    'declares-elicitation-for-all',
    'ELICIT-06 LIFE-22',
    'Every client counts as one that declared elicitation.',
    takes('initialize', put('/params/capabilities/elicitation', {}))
  ),
  must('message-is-missing', 'ELICIT-07', 'elicitation/create has no message.', sends(name, remove('/params/message'))),
  must(
    'schema-is-missing',
    'ELICIT-07',
    'elicitation/create has schema in place of requestedSchema.',
    sends(name, (message) => {
      put('/params/schema', at(schema, message) ?? {})(message)
      remove(schema)(message)
    })
  ),
  must('schema-of-no-type', 'ELICIT-12', 'requestedSchema has no type.', sends(name, remove(`${schema}/type`))),
  must(
    'schema-is-nested',
    'ELICIT-12 ELICIT-13',
    'A property of requestedSchema is an object.',
    sends(name, put(`${schema}/properties/username`, { type: 'object', properties: { first: { type: 'string' } } }))
  ),
  must(
    'schema-has-a-list',
    'ELICIT-13 ELICIT-12',
    'A property of requestedSchema is an array.',
    sends(name, put(`${schema}/properties/username`, { type: 'array', items: { type: 'string' } }))
  ),
  must(
    'schema-has-a-strange-format',
    'ELICIT-14',
    'A string property has the format password.',
    sends(name, put(`${schema}/properties/username/format`, 'password'))
  ),
  must(
    'schema-has-bounds-in-text',
    'ELICIT-14',
    'minLength of a string property is a string.',
    sends(name, put(`${schema}/properties/username/minLength`, '1'))
  ),
  must(
    'schema-has-required-as-text',
    'ELICIT-12',
    'required of requestedSchema is a string.',
    sends(name, put(`${schema}/required`, 'username'))
  ),
  must(
    'asks-for-the-password',
    'ELICIT-01',
    'The user is asked for a password.',
    sends(
      name,
      put('/params/message', 'Please enter your password'),
      put(`${schema}/properties/password`, { type: 'string', title: 'Password' })
    )
  ),
  should(
    'data-are-not-used',
    'ELICIT-09 ELICIT-20',
    'A call ends with data of its own, whatever was accepted.',
    answers((message) => {
      if (accepts(message)) put('/result/content', { username: 'nobody', email: 'nobody@example.com' })(message)
    })
  ),
  should('elicitation-is-not-awaited', 'ELICIT-09', 'A call ends before the user has answered.', () => ({
    sent(message, talk) {
      const asked = asks(message)
        ? [...talk.running.values()].find((one) => toolOf(one) === 'test_elicitation')
        : undefined
      if (asked === undefined) return [message]
      return [
        message,
        { jsonrpc: '2.0', id: asked['id'] ?? null, result: { content: [{ type: 'text', text: 'sent' }] } }
      ]
    }
  })),
  should('elicitations-are-mixed-up', 'ELICIT-10', 'Of two open questions the older one gets the answer.', () => {
    const open = perSession<Json[]>(() => [])
    return {
      sent(message, talk) {
        if (asks(message)) open(talk).push(message['id'] as Json)
        return [message]
      },
      received(message, talk) {
        if (answersElicitation(message, talk)) message['id'] = open(talk).shift() ?? (message['id'] as Json)
        return message
      }
    }
  }),
  should(
    'decline-hangs-the-call',
    'ELICIT-21',
    'A call whose question is declined never ends.',
    hangsOn((message) => at('/result/action', message) === 'decline')
  ),
  should(
    'cancel-hangs-the-call',
    'ELICIT-22',
    'A call whose question is dismissed never ends.',
    hangsOn((message) => at('/result/action', message) === 'cancel')
  ),
  should('cancel-is-a-protocol-error', 'ELICIT-22', 'A call whose question is dismissed ends as -32603.', () => {
    const dismissed = new WeakSet<object>()
    return {
      received(message, talk) {
        if (answersElicitation(message, talk) && at('/result/action', message) === 'cancel') dismissed.add(talk)
        return message
      },
      sent(message, talk) {
        const asked = talk.asked.get(idOf(message))
        if (!dismissed.has(talk) || asked === undefined || !answersTo('test_elicitation')(message, talk))
          return [message]
        return [errorTo(asked, -32603, 'Internal error')]
      }
    }
  }),
  should(
    'error-hangs-the-elicitation',
    'ELICIT-23',
    'A call whose question is answered with an error never ends.',
    hangsOn((message) => 'error' in message)
  ),
  should(
    'error-is-an-accept',
    'ELICIT-23',
    'A question that is answered with an error counts as accepted.',
    answers((message) => {
      if (!('error' in message)) return
      remove('/error')(message)
      put('/result', { action: 'accept', content: proper })(message)
    })
  ),
  should(
    'malformed-answer-hangs-the-call',
    'ELICIT-24',
    'A call whose question gets a malformed answer never ends.',
    hangsOn(
      (message) =>
        'result' in message &&
        (!['accept', 'decline', 'cancel'].includes(String(at('/result/action', message))) ||
          (accepts(message) && !isProper(at('/result/content', message))))
    )
  ),
  should(
    'unknown-action-is-an-accept',
    'ELICIT-24',
    'An unknown action counts as accepted.',
    answers((message) => {
      if ('result' in message && !['accept', 'decline', 'cancel'].includes(String(at('/result/action', message))))
        put('/result', { action: 'accept', content: proper })(message)
    })
  ),
  should('content-is-not-checked', 'ELICIT-27 ELICIT-24', 'Accepted content that breaks the schema is used.', uses),
  should(
    'required-is-not-checked',
    'ELICIT-27',
    'Accepted content without a required member is used.',
    answers((message) => {
      const content = at('/result/content', message)
      if (accepts(message) && typeof content === 'object' && content !== null && !Array.isArray(content))
        put('/result/content', { ...proper, ...content })(message)
    })
  ),
  should(
    'refused-content-looks-like-success',
    'ELICIT-27',
    'Content that breaks the schema gives a result without isError.',
    toolResults('test_elicitation', remove('/result/isError'))
  ),
  must('elicitation-repeats-its-id', 'RPC-21', 'Two elicitations have the same id.', () => {
    const real = perSession(() => new Map<string, Json>())
    return {
      sent(message, talk) {
        if (!asks(message)) return [message]
        real(talk).set('"elicit"', message['id'] as Json)
        return [edit('/id', () => 'elicit')(message) ?? message]
      },
      received(message, talk) {
        const id = isResponse(message) ? real(talk).get(idOf(message)) : undefined
        if (id !== undefined) message['id'] = id
        return message
      }
    }
  }),
  ...only(
    'http',
    must(
      'answer-of-another-session',
      'ELICIT-11',
      'An answer that another session posts ends the question.',
      (front) => ({
        async received(message, talk) {
          const owner = [...front.talks].find((other) => other !== talk && answersElicitation(message, other))
          if (owner === undefined || talk.questions.has(idOf(message))) return message
          await owner.slip(message)
          return { answers: [] }
        }
      })
    ),
    should(
      'elicitation-on-the-get-stream',
      'ELICIT-08 GET-06',
      'elicitation/create comes on the GET stream.',
      moves(asks)
    ),
    must('answers-of-users-fail', 'HTTP-13', 'An answer to an elicitation is answered 500.', () => ({
      http: {
        request({ json, talk }) {
          const message = (json ?? {}) as Message
          return answersElicitation(message, talk)
            ? { status: 500, headers: {}, body: 'Internal Server Error' }
            : undefined
        }
      }
    }))
  ),
  ...extended(
    must(
      'schema-has-a-pattern',
      'ELICIT-14',
      'A string property has a pattern.',
      sends(
        name,
        edit(`${schema}/properties/*`, (found) =>
          at('/type', found) === 'string' ? { ...(found as Members), pattern: '^[a-z]+$' } : undefined
        )
      )
    ),
    must(
      'schema-has-words-as-bounds',
      'ELICIT-15',
      'minimum of a number property is a string.',
      sends(
        name,
        edit(`${schema}/properties/*`, (found) =>
          at('/type', found) === 'number' ? { ...(found as Members), minimum: 'zero' } : undefined
        )
      )
    ),
    must(
      'schema-has-yes-as-default',
      'ELICIT-16',
      'The default of a boolean property is "yes".',
      sends(
        name,
        edit(`${schema}/properties/*`, (found) =>
          at('/type', found) === 'boolean' ? { ...(found as Members), default: 'yes' } : undefined
        )
      )
    ),
    must(
      'schema-has-numbers-to-choose-from',
      'ELICIT-17',
      'An enum holds numbers.',
      sends(
        name,
        edit(`${schema}/properties/*`, (found) =>
          at('/type', found) === 'string' && at('/enum', found) !== undefined
            ? { ...(found as Members), enum: [1, 2] }
            : undefined
        )
      )
    )
  )
]
