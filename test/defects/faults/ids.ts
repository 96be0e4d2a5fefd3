/** Faults of ids and answers: which id they carry, and what a result and an error are made of. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, type Talk } from '../fault.ts'
import { answersTo, errors, incoming, type Makes, outgoing, refuses, results } from '../hooks.ts'
import { edit, idOf, isRequest, isResponse, type Message, put, remove } from '../message.ts'
import { executes, numbersQuestions } from './jsonrpc.ts'

const later = (message: Message, talk: Talk): boolean =>
  isResponse(message) && talk.asked.get(idOf(message))?.['method'] !== 'initialize'
const asText = (id: Json | undefined): Json | undefined => (typeof id === 'number' ? String(id) : id)
const asNumber = (id: Json | undefined): Json | undefined =>
  typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id

/** A request of the client under the id of an open question is taken for its answer. */
const mixesIdSpaces: Makes = incoming(
  (message, talk) => isRequest(message) && talk.questions.has(idOf(message)),
  () => undefined
)

export const ids: Fault[] = [
  must(
    'null-id-is-executed',
    'RPC-18',
    'A request whose id is null is executed.',
    executes((id) => id === null)
  ),
  must(
    'falsy-id-is-no-id',
    'RPC-20',
    'A request with the id 0 or "" is taken for a notification.',
    incoming(
      (message) => isRequest(message) && (message['id'] === 0 || message['id'] === ''),
      () => ({ answers: [] })
    )
  ),
  must(
    'negative-id-is-refused',
    'RPC-20',
    'A request with a negative id is refused.',
    refuses((message) => Number(message['id']) < 0, -32600, 'id must be positive')
  ),
  must(
    'own-ids-repeat',
    'RPC-21',
    'All questions of the server have the id 1.',
    numbersQuestions(() => 1)
  ),
  must(
    'own-ids-start-anew',
    'RPC-21',
    'The ids of the questions start anew with each kind of question.',
    numbersQuestions(
      (_, message, talk) => [...talk.questions.values()].filter((one) => one['method'] === message['method']).length
    )
  ),
  must(
    'own-id-is-null',
    'RPC-17 RPC-16',
    'Questions of the server have the id null.',
    numbersQuestions(() => null)
  ),
  must(
    'own-id-is-a-fraction',
    'RPC-16',
    'Questions of the server have a fraction as id.',
    numbersQuestions((count) => count + 0.5)
  ),
  must(
    'id-spaces-are-one',
    'RPC-22',
    'A request of the client with the id of an open question is lost.',
    mixesIdSpaces
  ),
  must(
    'ids-come-back-as-text',
    'RPC-23',
    'A number as id comes back as a string, but for initialize.',
    outgoing(later, edit('/id', asText))
  ),
  must(
    'ids-come-back-as-numbers',
    'RPC-23',
    'A string of digits as id comes back as a number.',
    outgoing(later, edit('/id', asNumber))
  ),
  must(
    'ids-come-back-trimmed',
    'RPC-23',
    'Ids that are words come back in lower case.',
    outgoing(
      later,
      edit('/id', (id) => (typeof id === 'string' ? id.toLowerCase().replace(/\W/g, '') : undefined))
    )
  ),
  must(
    'errors-without-id',
    'RPC-23',
    'Errors that answer a request have the id null.',
    outgoing((message, talk) => 'error' in message && later(message, talk), put('/id', null))
  ),
  must(
    'answers-without-result',
    'RPC-24',
    'An empty result is left out.',
    outgoing(answersTo('ping'), remove('/result'))
  ),
  must(
    'error-null-beside-result',
    'RPC-25',
    'Every result stands beside an error that is null.',
    results('*', put('/error', null))
  ),
  must(
    'result-null-beside-error',
    'RPC-25',
    'Every error stands beside a result that is null.',
    errors('*', put('/result', null))
  ),
  must('errors-without-message', 'RPC-27', 'Errors have no message.', errors('*', remove('/error/message'))),
  must('errors-without-code', 'RPC-27', 'Errors have no code.', errors('*', remove('/error/code'))),
  must(
    'errors-are-text',
    'RPC-27',
    'The error is a string.',
    errors(
      '*',
      edit('/error', (error) => at('/message', error))
    )
  ),
  must(
    'error-codes-are-text',
    'RPC-28',
    'Error codes are strings.',
    errors(
      '*',
      edit('/error/code', (code) => String(code))
    )
  ),
  must(
    'error-codes-are-fractions',
    'RPC-28',
    'Error codes are fractions.',
    errors(
      '*',
      edit('/error/code', (code) => Number(code) - 0.5)
    )
  )
]
