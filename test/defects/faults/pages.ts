/** Faults of pagination. */
import { at, type Json } from '../../../src/conform/json.ts'
import { type Fault, must, should } from '../fault.ts'
import { both, incoming, instead, type Makes, perSession, results, takes } from '../hooks.ts'
import { edit, gone, idOf, type Message, put, remove } from '../message.ts'

const lists: Record<string, string> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates'
}
const isList = (message: Message): boolean => Object.hasOwn(lists, String(message['method']))
const cursor = '/params/cursor'
const next = '/result/nextCursor'
const allLists = (...edits: Parameters<typeof results>[1][]): Makes =>
  both(...Object.keys(lists).map((name) => results(name, ...edits)))
const withCursor = (message: Message): boolean => isList(message) && at(cursor, message) !== undefined
const items = (name: string): string => `/result/${lists[name]}`
const empty = (asked: Message): Json => ({ [lists[String(asked['method'])] as string]: [] })

/** Changes results of lists, knowing what was asked. */
function pages(change: (message: Message, asked: Message) => void): Makes {
  return () => ({
    sent(message, talk) {
      const asked = talk.asked.get(idOf(message))
      if (asked !== undefined && isList(asked) && 'result' in message) change(message, asked)
      return [message]
    }
  })
}

export const listPages: Fault[] = [
  must(
    'cursor-is-a-number',
    'PAGE-01',
    'nextCursor is a number.',
    allLists(edit(next, (found) => (found === undefined ? undefined : 10)))
  ),
  must(
    'cursor-is-an-object',
    'PAGE-01',
    'nextCursor is an object.',
    allLists(edit(next, (found) => (found === undefined ? undefined : { after: found })))
  ),
  must(
    'cursor-is-null-at-the-end',
    'PAGE-03 PAGE-13',
    'nextCursor is null on the last page.',
    allLists(edit(next, (found) => found ?? null))
  ),
  must(
    'cursor-is-empty-at-the-end',
    'PAGE-03',
    'nextCursor is "" on the last page.',
    allLists(edit(next, (found) => found ?? ''))
  ),
  must(
    'pages-never-end',
    'PAGE-03 PAGE-13',
    'Every page has a nextCursor.',
    both(
      incoming(
        (message) => isList(message) && String(at(cursor, message)).startsWith('more-'),
        (message) => {
          remove(cursor)(message)
          return message
        }
      ),
      () => {
        let count = 0
        return {
          sent: (message, talk) => {
            const asked = talk.asked.get(idOf(message))
            if (asked !== undefined && isList(asked) && 'result' in message)
              edit(next, (found) => found ?? `more-${++count}`)(message)
            return [message]
          }
        }
      }
    )
  ),
  should('pages-overlap', 'PAGE-04', 'A page begins with the last entry of the one before.', () => {
    const last = perSession(() => new Map<string, Json>())
    return {
      sent(message, talk) {
        const asked = talk.asked.get(idOf(message))
        if (asked === undefined || !isList(asked) || !('result' in message)) return [message]
        const name = String(asked['method'])
        edit(items(name), (found) => {
          if (!Array.isArray(found)) return undefined
          const before = withCursor(asked) ? last(talk).get(name) : undefined
          last(talk).set(name, (found.at(-1) ?? null) as Json)
          return before === undefined ? undefined : [before, ...found]
        })(message)
        return [message]
      }
    }
  }),
  should(
    'pages-leave-one-out',
    'PAGE-04',
    'The first entry of each further page is left out.',
    pages((message, asked) => {
      if (withCursor(asked))
        edit(items(String(asked['method'])), (found) => (Array.isArray(found) ? found.slice(1) : undefined))(message)
    })
  ),
  should(
    'cursor-is-ignored',
    'PAGE-04 PAGE-11',
    'Every request gives the first page.',
    takes('*', (message) => {
      if (isList(message)) remove(cursor)(message)
    })
  ),
  should('last-page-is-lost', 'PAGE-04', 'A list ends after its first page.', allLists(edit(next, () => gone))),
  must(
    'lists-take-no-cursor',
    'PAGE-05',
    'A list with a cursor is refused.',
    incoming(withCursor, (message) => ({
      answers: [
        { jsonrpc: '2.0', id: message['id'] ?? null, error: { code: -32601, message: 'Paging is not supported' } }
      ]
    }))
  ),
  should('cursors-work-once', 'PAGE-06', 'A cursor works once.', () => {
    const used = perSession(() => new Set<string>())
    return {
      received(message, talk) {
        const given = String(at(cursor, message))
        if (!withCursor(message)) return message
        if (used(talk).has(given)) put(cursor, 'used')(message)
        used(talk).add(given)
        return message
      }
    }
  }),
  should(
    'new-walk-ends-the-other',
    'PAGE-06',
    'A new walk through a list makes the cursors of another one invalid.',
    () => {
      const latest = perSession(() => new Map<string, number>())
      return {
        received(message, talk) {
          if (!isList(message)) return message
          const name = String(message['method'])
          const given = at(cursor, message)
          const [, walk, real] = /^(\d+)~(.*)$/.exec(String(given ?? '')) ?? []
          if (given === undefined) latest(talk).set(name, (latest(talk).get(name) ?? 0) + 1)
          else put(cursor, Number(walk) === latest(talk).get(name) ? (real as string) : 'stale')(message)
          return message
        },
        sent(message, talk) {
          const asked = talk.asked.get(idOf(message))
          if (asked !== undefined && isList(asked))
            edit(next, (found) =>
              found === undefined ? undefined : `${latest(talk).get(String(asked['method']))}~${found}`
            )(message)
          return [message]
        }
      }
    }
  ),
  should('bad-cursor-is-internal', 'PAGE-11 PAGE-07', 'An invalid cursor gives -32603.', () => ({
    sent(message, talk) {
      const asked = talk.asked.get(idOf(message))
      if (asked !== undefined && withCursor(asked) && at('/error/code', message) === -32602)
        put('/error/code', -32603)(message)
      return [message]
    }
  })),
  should(
    'bad-cursor-is-the-end',
    'PAGE-11 PAGE-07',
    'An invalid cursor gives an empty page.',
    instead(-32602, withCursor, empty)
  ),
  should('bad-cursor-is-the-beginning', 'PAGE-11', 'An invalid cursor gives the first page.', () => {
    const given = perSession(() => new Set<string>())
    return {
      received(message, talk) {
        if (withCursor(message) && !given(talk).has(String(at(cursor, message)))) remove(cursor)(message)
        return message
      },
      sent(message, talk) {
        const found = at(next, message)
        if (found !== undefined) given(talk).add(String(found))
        return [message]
      }
    }
  }),
  should('bad-cursor-is-not-answered', 'PAGE-07', 'An invalid cursor is never answered.', () => ({
    sent(message, talk) {
      const asked = talk.asked.get(idOf(message))
      return asked !== undefined && withCursor(asked) && 'error' in message ? [] : [message]
    }
  })),
  should(
    'cursors-may-be-numbers',
    'PAGE-11',
    'A cursor that is no string counts as none.',
    takes('*', (message) => {
      if (isList(message) && at(cursor, message) !== undefined && typeof at(cursor, message) !== 'string')
        remove(cursor)(message)
    })
  )
]
