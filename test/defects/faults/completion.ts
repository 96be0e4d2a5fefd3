/** Faults of completion. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, should } from '../fault.ts'
import { errors, incoming, instead, type Makes, method, outgoing, refuses, results, takes } from '../hooks.ts'
import { edit, gone, idOf, type Message, put, remove, rename } from '../message.ts'

const name = 'completion/complete'
const complete = (...edits: Parameters<typeof results>[1][]): Makes => results(name, ...edits)
const values = '/result/completion/values'
const none = { completion: { values: [], total: 0, hasMore: false } }
const refType = (message: Message): Json | undefined => at('/params/ref/type', message)
const unknown = (message: Message): boolean =>
  message['method'] === name &&
  ['ref/prompt', 'ref/resource'].includes(String(refType(message))) &&
  at('/params/argument/value', message) !== undefined
const without =
  (path: string): ((message: Message) => boolean) =>
  (message) =>
    message['method'] === name && typeof at(path, message) !== 'string'
const recode = (fits: (asked: Message) => boolean, code: number): Makes =>
  outgoing(
    (message, talk) => at('/error/code', message) === -32602 && fits(talk.asked.get(idOf(message)) ?? {}),
    put('/error/code', code)
  )

/** Answers with all 150 values where more than 100 match. */
const everything = edit('/result/completion', (found) => {
  const total = Number(at('/total', found))
  if (total <= 100) return undefined
  const all = Array.from({ length: total }, (_, index) => String(index + 1))
  return { values: all, total, hasMore: false }
})

export const completion: Fault[] = [
  must(
    'completions-are-undeclared',
    'COMP-01',
    'A server with completions does not declare them.',
    results('initialize', remove('/result/capabilities/completions'))
  ),
  must(
    'completions-are-true',
    'COMP-01 LIFE-18',
    'The capability completions is true.',
    results('initialize', put('/result/capabilities/completions', true))
  ),
  must(
    'values-are-objects',
    'COMP-02',
    'values holds objects with a label.',
    complete(edit(`${values}/*`, (value) => ({ label: value ?? null })))
  ),
  must(
    'values-are-numbers',
    'COMP-02',
    'values that are digits are numbers.',
    complete(edit(`${values}/*`, (value) => (/^\d+$/.test(String(value)) ? Number(value) : undefined)))
  ),
  must(
    'values-are-flat',
    'COMP-02',
    'values stands in the result itself.',
    complete(edit('/result', (result) => at('/completion', result)))
  ),
  must(
    'values-are-missing-when-empty',
    'COMP-02 COMP-12',
    'values is left out when nothing matches.',
    complete(edit(values, (found) => (Array.isArray(found) && found.length === 0 ? gone : undefined)))
  ),
  must('values-are-called-items', 'COMP-02', 'The values are called items.', complete(rename(values, 'items'))),
  should('nothing-found-is-an-error', 'COMP-12', 'An argument without suggestions gives an error.', () => ({
    sent(message) {
      const found = at('/result/completion/values', message)
      if (!Array.isArray(found) || found.length > 0) return [message]
      return [{ jsonrpc: '2.0', id: message['id'] ?? null, error: { code: -32602, message: 'No completions' } }]
    }
  })),
  should(
    'value-is-not-looked-at',
    'COMP-03',
    'The value typed so far does not narrow the answer.',
    takes(
      name,
      edit('/params/argument/value', (value) => (typeof value === 'string' ? '' : undefined))
    )
  ),
  should(
    'value-is-a-pattern',
    'COMP-03 COMP-20',
    'The value typed so far is taken for a regular expression.',
    takes(
      name,
      edit('/params/argument/value', (value) =>
        typeof value === 'string' && /[.*+?^$()[\]|\\]/.test(value) ? '' : undefined
      )
    )
  ),
  should('context-is-not-used', 'COMP-05', 'context.arguments is not used.', takes(name, remove('/params/context'))),
  should(
    'context-is-demanded',
    'COMP-05',
    'A request without context is refused.',
    refuses(
      (message) => message['method'] === name && at('/params/context', message) === undefined,
      -32602,
      'context: Required'
    )
  ),
  should('context-is-remembered', 'COMP-05', 'context.arguments of an earlier request still counts.', () => {
    const last = new WeakMap<object, Json>()
    return {
      received(message, talk) {
        if (message['method'] !== name) return message
        const context = at('/params/context', message)
        const before = last.get(talk)
        if (context !== undefined) last.set(talk, context)
        else if (before !== undefined) put('/params/context', before)(message)
        return message
      }
    }
  }),
  must(
    'unknown-ref-type-completes',
    'COMP-07',
    'A ref of an unknown type gives no values, and no error.',
    instead(
      -32602,
      (asked) => asked['method'] === name && !['ref/prompt', 'ref/resource'].includes(String(refType(asked))),
      () => none
    )
  ),
  must(
    'ref-may-be-missing',
    'COMP-07',
    'A request without ref gives no values, and no error.',
    instead(
      -32602,
      (asked) => asked['method'] === name && at('/params/ref', asked) === undefined,
      () => none
    )
  ),
  should(
    'templates-are-not-completed',
    'COMP-08',
    'The uri of a template is taken for that of a resource.',
    incoming(
      (message) => message['method'] === name && refType(message) === 'ref/resource',
      (message) => ({
        answers: [{ jsonrpc: '2.0', id: message['id'] ?? null, error: { code: -32002, message: 'Resource not found' } }]
      })
    )
  ),
  must(
    'more-than-a-hundred',
    'COMP-09',
    'All matches are returned, though they are more than 100.',
    complete(everything)
  ),
  must(
    'hundred-and-one',
    'COMP-09',
    '101 matches are returned where there are more.',
    complete(edit(values, (found) => (Array.isArray(found) && found.length === 100 ? [...found, '101'] : undefined)))
  ),
  must(
    'total-is-what-was-sent',
    'COMP-10',
    'total counts the values that were sent, though more match.',
    complete(edit('/result/completion/total', (total) => (Number(total) > 100 ? 100 : undefined)))
  ),
  must(
    'total-is-text',
    'COMP-10',
    'total is a string.',
    complete(edit('/result/completion/total', (total) => String(total)))
  ),
  must(
    'completion-total-is-null',
    'COMP-10 BASE-04',
    'total is null.',
    complete(put('/result/completion/total', null))
  ),
  must(
    'has-more-is-never',
    'COMP-11',
    'hasMore is false, though the values were cut.',
    complete(put('/result/completion/hasMore', false))
  ),
  must(
    'has-more-is-always',
    'COMP-11',
    'hasMore is true, though these are all.',
    complete(put('/result/completion/hasMore', true))
  ),
  must(
    'has-more-is-a-number',
    'COMP-11',
    'hasMore counts what is left.',
    complete(put('/result/completion/hasMore', 0))
  ),
  should(
    'unknown-prompt-completes',
    'COMP-14',
    'completion/complete for an unknown prompt gives no values, and no error.',
    instead(-32602, unknown, () => none)
  ),
  should(
    'unknown-prompt-has-another-code',
    'COMP-14',
    'completion/complete for an unknown prompt gives -32603.',
    recode(unknown, -32603)
  ),
  should(
    'argument-may-be-missing',
    'COMP-15',
    'completion/complete without argument gives no values, and no error.',
    instead(-32602, without('/params/argument/name'), () => none)
  ),
  should(
    'argument-value-may-be-missing',
    'COMP-15',
    'completion/complete without a value gives everything.',
    takes(
      name,
      edit('/params/argument/value', (value) => (typeof value === 'string' ? undefined : ''))
    )
  ),
  should(
    'missing-argument-has-another-code',
    'COMP-15',
    'completion/complete without argument gives -32603.',
    recode(without('/params/argument/value'), -32603)
  ),
  must(
    'titles-of-refs-are-refused',
    'COMP-28',
    'A prompt reference with a title is refused.',
    refuses(
      (message) => message['method'] === name && at('/params/ref/title', message) !== undefined,
      -32602,
      'Unrecognized key'
    )
  ),
  must(
    'completion-is-unknown',
    'LIFE-20 BASE-07',
    'completion/complete is unknown though completions are declared.',
    refuses(method(name), -32601, 'Method not found')
  ),
  must(
    'ref-errors-are-internal',
    'RPC-06',
    'completion/complete without ref gives -32603.',
    errors(name, put('/error/code', -32603))
  ),
  should(
    'values-repeat',
    'COMP-17',
    'Values come twice.',
    complete(
      edit(values, (found) => (Array.isArray(found) ? found.flatMap((one) => [one, one]).slice(0, 100) : undefined))
    )
  )
]
