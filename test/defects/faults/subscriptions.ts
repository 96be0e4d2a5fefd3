import { type Fault, must, should } from '../fault.ts'
import {
  answersTo,
  both,
  incoming,
  type Makes,
  method,
  perSession,
  precedes,
  refuses,
  results,
  sends,
  withholds
} from '../hooks.ts'
import { edit, idOf, type Message, put, remove } from '../message.ts'
import { capability, touches, uriOf } from './resources.ts'

const updated = 'notifications/resources/updated'
const watched = 'test://watched-resource'
const update = (uri: string): Message => ({ jsonrpc: '2.0', method: updated, params: { uri } })

/** Tells of updates by a rule of its own. */
function tellsUpdates(count: (subscribed: number, ever: boolean) => number): Makes {
  return () => {
    const state = perSession(() => ({ subscribed: 0, ever: false }))
    return {
      received(message, talk) {
        const known = state(talk)
        if (message['method'] === 'resources/subscribe' && uriOf(message) === watched) {
          known.subscribed++
          known.ever = true
        }
        if (message['method'] === 'resources/unsubscribe' && uriOf(message) === watched) known.subscribed = 0
        return message
      },
      sent(message, talk) {
        const known = state(talk)
        if (message['method'] === updated) return []
        if (answersTo('tools/call')(message, talk) && touches(talk.asked.get(idOf(message)) ?? {})) {
          for (let left = count(known.subscribed, known.ever); left > 0; left--) talk.tell(update(watched))
        }
        return [message]
      }
    }
  }
}

export const subscriptions: Fault[] = [
  must(
    'subscribe-answers-true',
    'RES-15 BASE-06',
    'resources/subscribe answers with true.',
    results('resources/subscribe', put('/result', true))
  ),
  must(
    'subscribe-answers-null',
    'RES-15 BASE-06',
    'resources/subscribe answers with null.',
    results('resources/subscribe', put('/result', null))
  ),
  must(
    'unsubscribe-is-unknown',
    'RES-15',
    'resources/unsubscribe is unknown.',
    refuses(method('resources/unsubscribe'), -32601, 'Method not found')
  ),
  should(
    'subscription-has-no-effect',
    'RES-16',
    'After a subscription no change is told.',
    withholds((message) => message['method'] === updated)
  ),
  should('subscription-tells-once', 'RES-16', 'Only the first change after a subscription is told.', () => {
    const told = new WeakSet<object>()
    return {
      sent(message, talk) {
        if (message['method'] !== updated) return [message]
        if (told.has(talk)) return []
        told.add(talk)
        return [message]
      }
    }
  }),
  should(
    'updates-without-a-subscription',
    'RES-18',
    'Changes are told to who did not subscribe.',
    tellsUpdates(() => 1)
  ),
  should(
    'subscription-never-ends',
    'RES-19',
    'Changes are told after unsubscribe.',
    tellsUpdates((_, ever) => (ever ? 1 : 0))
  ),
  should(
    'subscriptions-add-up',
    'RES-20',
    'Who subscribes twice is told twice.',
    tellsUpdates((subscribed) => subscribed)
  ),
  must(
    'update-without-uri',
    'RES-17',
    'notifications/resources/updated has no uri.',
    sends(updated, remove('/params/uri'))
  ),
  should(
    'update-of-everything',
    'RES-16 RES-18',
    'notifications/resources/updated names another resource.',
    sends(updated, put('/params/uri', 'test://static-text'))
  ),
  must(
    'update-has-a-list',
    'RES-17',
    'notifications/resources/updated has an array of URIs.',
    sends(
      updated,
      edit('/params/uri', (uri) => [uri ?? null])
    )
  ),
  should(
    'unsubscribe-does-nothing',
    'RES-19',
    'unsubscribe is answered and does nothing.',
    incoming(
      (message) => message['method'] === 'resources/unsubscribe',
      (message) => ({ answers: [{ jsonrpc: '2.0', id: message['id'] ?? null, result: {} }] })
    )
  ),
  should(
    'undeclared-update',
    'RES-18 LIFE-22',
    'Updates come though subscribe was not declared.',
    both(
      results('initialize', remove(`${capability}/subscribe`)),
      precedes(answersTo('test_touch_watched'), () => [update(watched)])
    )
  ),
  should(
    'subscribe-is-not-there',
    'LIFE-20',
    'subscribe is declared and answered with -32601.',
    refuses((message) => String(message['method']).endsWith('subscribe'), -32601, 'Method not found')
  )
]
