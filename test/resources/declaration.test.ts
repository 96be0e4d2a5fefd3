/** Slips in what is declared of a resource, found when it is declared. */
import { expect, test } from 'vitest'
import type { DeclarationError } from '../../src/protocol/errors.ts'
import { compileTemplate } from '../../src/resources/template.ts'
import { Bench } from '../support/bench.ts'
import { refused } from '../support/refused.ts'

const handler = (): string => ''

/** How a resource with these options is refused. */
const refusal = (uri: string, options: object): DeclarationError =>
  refused(() => new Bench().mcp.resource(uri, options, handler))

test.each<[string, unknown]>([
  ['no handler', undefined],
  ['a text', 'contents']
])('a resource with %s for a handler is refused', (_, handle) => {
  for (const uri of ['a://b', 'a://{b}']) {
    const { code, message } = refused(() => new Bench().mcp.resource(uri, {}, handle as () => string))
    expect(code).toBe('handler')
    expect(message.startsWith(`resource "${uri}": its handler is a function`)).toBe(true)
  }
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a URL', new URL('a://b')]
])('%s is no URI', (_, uri) => {
  expect(refused(() => new Bench().mcp.resource(uri as string, {}, handler)).code).toBe('resource-uri')
})

test.each<[string, object, RegExp]>([
  ['an audience in a text', { audience: 'user' }, /audience must be array/],
  ['an audience that is nobody', { audience: ['robot'] }, /audience\/0 must be/],
  ['a priority above 1', { priority: 2 }, /priority must be <= 1/],
  ['a priority below 0', { priority: -1 }, /priority must be >= 0/],
  ['a priority in a text', { priority: '1' }, /priority must be number/],
  ['a priority that is NaN', { priority: Number.NaN }, /priority must be/],
  ['a Date for the last change', { lastModified: new Date(0) }, /lastModified must be string/],
  ['a member in another case', { lastmodified: '2026-01-01' }, /has no option lastmodified; it takes .*lastModified/]
])('annotations with %s are refused', (_, annotations, message) => {
  const error = refusal('a://b', { annotations })
  expect(error.code).toBe('option')
  expect(error.message).toMatch(/^resource "a:\/\/b": annotations/)
  expect(error.message).toMatch(message)
})

test('every annotation of the revision is taken', async () => {
  const bench = new Bench()
  const annotations = { audience: ['user' as const, 'assistant' as const], priority: 0.5, lastModified: '2026-01-01' }
  bench.mcp.resource('a://b', { annotations }, handler)
  const { message } = await (await bench.open()).request('resources/list').ended
  expect(message?.result.resources[0].annotations).toEqual(annotations)
})

test.each([Number.POSITIVE_INFINITY, -1, 1.5])('a size of %d bytes is refused', (size) => {
  const { code, message } = refusal('a://b', { size })
  expect(code).toBe('option')
  expect(message).toMatch(/^resource "a:\/\/b": size is a whole number of bytes/)
})

test('suggestions that are no function are refused', () => {
  const { code, message } = refusal('a://{b}', { complete: { b: ['x'] } })
  expect(code).toBe('complete')
  expect(message).toMatch(/^resource "a:\/\/{b}": complete\.b is a function/)
})

test('suggestions for a part of a name are for no variable', () => {
  const { code, message } = refusal('a://{owner}', { complete: { own: () => [] } })
  expect(code).toBe('resource-complete')
  expect(message).toMatch(/has no variable "own"/)
})

test.each(['a://{b}/{b}', 'a://{b}/{c}/{b}', 'a://{b}{?b}', 'a://x{?b,b}', 'a://{b:3}/{b}', 'a://{b}{/b*}'])(
  '%s is refused, because it names a variable twice',
  (template) => {
    expect(() => compileTemplate(template)).toThrow(/names the variable "b" twice/)
  }
)

test.each<[string, string[]]>([
  ['a://{b}/{c}', ['b', 'c']],
  ['a://{b}{?c,d}', ['b', 'c', 'd']],
  ['a://x{/rest*}', ['rest']],
  ['a://{id:3}/{+path}', ['id', 'path']]
])('the variables of %s are known by name', (template, variables) => {
  expect(compileTemplate(template).variables).toEqual(variables)
})
