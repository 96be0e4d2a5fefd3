/** Faults of roots: what is asked, of whom, and what becomes of the answer. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, only, should } from '../fault.ts'
import { diesOf, incoming, type Makes, sends, takes, toolResults } from '../hooks.ts'
import { idOf, isResponse, type Message, put } from '../message.ts'
import { asksAnybody } from './sampling.ts'
import { moves } from './streams.ts'

const name = 'roots/list'
const asks = (message: Message): boolean => message['method'] === name
const answersRoots = (message: Message, talk: { questions: Map<string, Message> }): boolean =>
  isResponse(message) && talk.questions.get(idOf(message))?.['method'] === name
const changed = 'notifications/roots/list_changed'

function hangsOn(fits: (message: Message) => boolean): Makes {
  return incoming(
    (message, talk) => answersRoots(message, talk) && fits(message),
    () => ({ answers: [] })
  )
}

const rootsOf = (message: Message): Json[] => {
  const found = at('/result/roots', message)
  return Array.isArray(found) ? found : []
}

export const roots: Fault[] = [
  must(
    'asks-anybody-for-roots',
    'ROOTS-02 LIFE-22',
    'roots/list goes to clients that did not declare roots.',
    asksAnybody('roots', 'test_list_roots', {
      jsonrpc: '2.0',
      id: 'anybody',
      method: name
    })
  ),
  must(
    'declares-roots-for-all',
    'ROOTS-02 LIFE-22',
    'Every client counts as one that declared roots.',
    takes('initialize', put('/params/capabilities/roots', {}))
  ),
  must('roots-list-has-params', 'ROOTS-03', 'roots/list has an array as params.', sends(name, put('/params', []))),
  should(
    'no-roots-hang-the-call',
    'ROOTS-05',
    'A call that gets an empty list of roots never ends.',
    hangsOn((message) => 'result' in message && rootsOf(message).length === 0)
  ),
  should(
    'strange-roots-are-an-error',
    'ROOTS-09',
    'A root that is no file URI hangs the call.',
    hangsOn((message) => rootsOf(message).some((root) => !String(at('/uri', root)).startsWith('file:')))
  ),
  should(
    'roots-error-hangs-the-call',
    'ROOTS-12',
    'A call that gets an error for its roots never ends.',
    hangsOn((message) => 'error' in message)
  ),
  should(
    'roots-error-ends-the-session',
    'ROOTS-12',
    'An error for the roots ends the session.',
    diesOf((message, talk) => answersRoots(message, talk) && 'error' in message)
  ),
  should(
    'roots-are-those-of-the-first-time',
    'ROOTS-25 ROOTS-27',
    'The list of roots is asked for once and kept, whatever the client says.',
    () => {
      const first = new WeakMap<object, Json>()
      return {
        received(message, talk) {
          if (!answersRoots(message, talk) || !('result' in message)) return message
          const known = first.get(talk)
          if (known === undefined) first.set(talk, structuredClone(message['result'] as Json))
          else put('/result', known)(message)
          return message
        }
      }
    }
  ),
  should(
    'root-changes-are-errors',
    'ROOTS-07 BASE-08',
    'notifications/roots/list_changed is answered with an error.',
    incoming(
      (message) => message['method'] === changed,
      () => ({ answers: [{ jsonrpc: '2.0', id: 0, error: { code: -32601, message: 'Method not found' } }] })
    )
  ),
  should(
    'root-changes-end-the-session',
    'ROOTS-07',
    'notifications/roots/list_changed ends the session.',
    diesOf((message) => message['method'] === changed)
  ),
  should(
    'roots-are-not-used',
    'ROOTS-25',
    'A call reports no roots, whatever the client answered.',
    toolResults('test_list_roots', put('/result/content/0/text', '[]'))
  ),
  ...only(
    'http',
    should('roots-on-the-get-stream', 'GET-06 SSE-02', 'roots/list comes on the GET stream.', moves(asks))
  )
]
