import { expect, test } from 'vitest'
import type { Fixture } from '../../src/conform/fixture.ts'
import { globOf, select } from '../../src/conform/select.ts'

const fixture = (id: string, level: Fixture['level'], transports: Fixture['transports']): Fixture =>
  ({ id, level, transports }) as Fixture
const all = [
  fixture('http/accept/missing', 'MUST', ['http']),
  fixture('ping/answer/empty', 'SHOULD', ['http', 'stdio']),
  fixture('stdio/framing/blank', 'MAY', ['stdio'])
]
const ids = (...chosen: Parameters<typeof select>): string[] => select(...chosen).map(({ id }) => id)

test.each([
  ['tools', 'tools/call/unknown', true],
  ['tools/', 'tools/call/unknown', true],
  ['tools/**', 'tools/call/unknown', true],
  ['tools/*', 'tools/call/unknown', true],
  ['tools/call/unknown', 'tools/call/unknown', true],
  ['tools/*/unknown', 'tools/call/unknown', true],
  ['**/unknown', 'tools/call/unknown', true],
  ['tools/call/unkn?wn', 'tools/call/unknown', true],
  ['*', 'tools/call/unknown', true],
  ['tool', 'tools/call/unknown', false],
  ['call', 'tools/call/unknown', false],
  ['tools/*wn', 'tools/call/unknown', false],
  ['tools.call', 'tools/call', false],
  ['tools/(call', 'tools/(call', true]
])('%s over %s: %s', (glob, id, fits) => {
  expect(globOf(glob).test(id)).toBe(fits)
})

test('without options every case is taken', () => {
  expect(ids(all, {})).toHaveLength(3)
})

test('one fitting glob is enough', () => {
  expect(ids(all, { only: ['http', 'stdio/**'] })).toEqual(['http/accept/missing', 'stdio/framing/blank'])
})

test('a level takes what is as high or higher', () => {
  expect(ids(all, { level: 'MUST' })).toEqual(['http/accept/missing'])
  expect(ids(all, { level: 'SHOULD' })).toEqual(['http/accept/missing', 'ping/answer/empty'])
})

test('a transport takes what can run on it', () => {
  expect(ids(all, { transport: 'stdio' })).toEqual(['ping/answer/empty', 'stdio/framing/blank'])
})
