/** Lists: pages, cursors that survive changes, who sees what. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeclarationError } from '../../src/protocol/errors.ts'
import type { Context } from '../../src/protocol/handler.ts'
import { Registry } from '../../src/protocol/registry.ts'

const view = (data: Record<string, unknown> = {}): Viewer => ({ session: { data } }) as unknown as Viewer
type Viewer = Pick<Context, 'session' | 'principal'>
const everybody = view()

function registryOf(count: number, pageSize: number, list = 'tools'): Registry<number> {
  const registry = new Registry<number>(list, pageSize)
  for (let n = 1; n <= count; n += 1) registry.add(`n${n}`, { name: `n${n}` }, n)
  return registry
}

/** One page: the names on it and the cursor of the next. */
function page(registry: Registry<unknown>, cursor?: string, session = everybody): { names: string[]; next?: string } {
  const { nextCursor, ...lists } = JSON.parse(registry.page(cursor, session).text)
  const names = (Object.values(lists)[0] as { name: string }[]).map(({ name }) => name)
  return nextCursor === undefined ? { names } : { names, next: nextCursor }
}

/** All names, page by page. */
function walk(registry: Registry<unknown>, session = everybody): string[][] {
  const pages: string[][] = []
  for (let at = page(registry, undefined, session); ; at = page(registry, at.next, session)) {
    pages.push(at.names)
    if (at.next === undefined) return pages
  }
}

test('pages come in order, and the last has no cursor', () => {
  expect(walk(registryOf(5, 2))).toEqual([['n1', 'n2'], ['n3', 'n4'], ['n5']])
})

test('a last page that is full has no cursor', () => {
  expect(walk(registryOf(4, 2))).toEqual([
    ['n1', 'n2'],
    ['n3', 'n4']
  ])
})

test('an empty list is one empty page', () => {
  expect(walk(registryOf(0, 2))).toEqual([[]])
})

test('the list is named by its member', () => {
  expect(registryOf(1, 2, 'resourceTemplates').page(undefined, everybody).text).toBe(
    '{"resourceTemplates":[{"name":"n1"}]}'
  )
})

test('an entry that is added later is on a later page of a walk that has begun', () => {
  const registry = registryOf(3, 2)
  const { next } = page(registry)
  registry.add('n4', { name: 'n4' }, 4)
  expect(page(registry, next).names).toEqual(['n3', 'n4'])
})

test('a cursor survives the removal of the entry it points at', () => {
  const registry = registryOf(4, 2)
  const { next } = page(registry)
  registry.remove('n2')
  expect(page(registry, next).names).toEqual(['n3', 'n4'])
})

test('a cursor survives the removal of everything after it', () => {
  const registry = registryOf(3, 2)
  const { next } = page(registry)
  registry.remove('n3')
  expect(page(registry, next)).toEqual({ names: [] })
})

test('an entry that is removed and added again comes last', () => {
  const registry = registryOf(3, 10)
  registry.remove('n1')
  registry.add('n1', { name: 'n1' }, 1)
  expect(page(registry).names).toEqual(['n2', 'n3', 'n1'])
})

test('a walk meets every entry that was there all the time just once, whatever else comes and goes', () => {
  const change = fc.record({ add: fc.boolean(), key: fc.nat(20) })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.array(change, { maxLength: 4 })), (size, turns) => {
      const registry = registryOf(6, size)
      const seen: string[] = []
      let at = page(registry)
      for (let turn = 0; ; turn += 1) {
        seen.push(...at.names)
        if (at.next === undefined) break
        for (const { add, key } of turns[turn] ?? []) {
          registry.remove(`x${key}`)
          if (add) registry.add(`x${key}`, { name: `x${key}` }, key)
        }
        at = page(registry, at.next)
      }
      expect(seen.filter((name) => name.startsWith('n'))).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6'])
    })
  )
})

const mint = (text: string): string => Buffer.from(text).toString('base64url')

test.each<[string, string]>([
  ['empty', ''],
  ['plain words', 'nope'],
  ['a number', '2'],
  ['of another list', mint('prompts:2')],
  ['of a place that never was', mint('tools:99')],
  ['of place 0', mint('tools:0')],
  ['negative', mint('tools:-1')],
  ['fractional', mint('tools:1.5')],
  ['written another way', mint('tools:02')],
  ['with an exponent', mint('tools:2e0')],
  ['with something after it', `${mint('tools:2')}A`],
  ['padded', `${mint('tools:2')}==`],
  ['of a list whose name begins the same', mint('toolsx:2')]
])('a cursor that is %s is refused', (_, cursor) => {
  expect(() => registryOf(3, 2).page(cursor, everybody)).toThrow(expect.objectContaining({ kind: 'wrongCursor' }))
})

test('an entry is left out where it is not visible, and pages are filled without it', () => {
  const registry = registryOf(2, 2)
  registry.add('hidden', { name: 'hidden' }, 0, {
    visible: ({ data }) => (data as Record<string, unknown>)['admin'] === true
  })
  registry.add('n3', { name: 'n3' }, 3)
  expect(walk(registry)).toEqual([['n1', 'n2'], ['n3']])
  expect(walk(registry, view({ admin: true }))).toEqual([
    ['n1', 'n2'],
    ['hidden', 'n3']
  ])
})

test('what one session may see is never kept for another', () => {
  const registry = registryOf(1, 10)
  registry.add('hidden', { name: 'hidden' }, 0, {
    visible: ({ data }) => (data as Record<string, unknown>)['admin'] === true
  })
  expect(page(registry, undefined, view({ admin: true })).names).toEqual(['n1', 'hidden'])
  expect(page(registry).names).toEqual(['n1'])
  expect(page(registry, undefined, view({ admin: true })).names).toEqual(['n1', 'hidden'])
})

test('an entry that only some see past the page does not give everybody a cursor', () => {
  const registry = registryOf(2, 2)
  registry.add('hidden', { name: 'hidden' }, 0, {
    visible: ({ data }) => (data as Record<string, unknown>)['admin'] === true
  })
  expect(page(registry).next).toBeUndefined()
  expect(page(registry, undefined, view({ admin: true })).next).toBeDefined()
})

test('an entry that is not visible is not found', () => {
  const registry = registryOf(0, 2)
  registry.add('hidden', { name: 'hidden' }, 7, {
    visible: ({ data }) => (data as Record<string, unknown>)['admin'] === true
  })
  expect(registry.get('hidden', everybody)).toBeUndefined()
  expect(registry.get('hidden', view({ admin: true }))).toBe(7)
})

test('a page that was kept is renewed after a change', () => {
  const registry = registryOf(1, 10)
  expect(page(registry).names).toEqual(['n1'])
  registry.add('n2', { name: 'n2' }, 2)
  expect(page(registry).names).toEqual(['n1', 'n2'])
  registry.remove('n1')
  expect(page(registry).names).toEqual(['n2'])
})

test('a key that is taken is a fault of the declaration', () => {
  expect(() => registryOf(1, 2).add('n1', {}, 1)).toThrow(DeclarationError)
})

test('watchers are told of every change, until they are taken away', () => {
  const registry = registryOf(0, 2)
  let told = 0
  const stop = registry.watch(() => {
    told += 1
  })
  registry.add('a', {}, 1)
  registry.remove('a')
  expect(registry.remove('a')).toBe(false)
  stop()
  registry.add('a', {}, 1)
  expect(told).toBe(2)
})
