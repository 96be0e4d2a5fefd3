/** Slips in what is declared of a prompt, found when it is declared. */
import { ImplementationSchema } from '@modelcontextprotocol/sdk/types.js'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { DeclarationError } from '../../src/protocol/errors.ts'
import { Bench } from '../support/bench.ts'
import { refused } from '../support/refused.ts'

/** How a prompt with these options is refused. */
const refusal = (options: object): DeclarationError =>
  refused(() => new Bench().mcp.prompt('p', options, () => 'hello'))

class Parser {
  readonly type = 'object'
  readonly properties = { who: { type: 'string' } }
}

test.each<[string, unknown]>([
  ['an object of zod', ImplementationSchema],
  ['an instance of a class', new Parser()]
])('%s is no schema of arguments, and the refusal says the mend', (_, schema) => {
  const { code, message } = refusal({ arguments: schema })
  expect(code).toBe('prompt-argument')
  expect(message).toMatch(/^prompt "p": arguments is no JSON Schema: .*z\.toJSONSchema\(schema\)/)
})

test('a schema of another kind for one argument is named', () => {
  const { code, message } = refusal({ arguments: { type: 'object', properties: { who: ImplementationSchema } } })
  expect(code).toBe('prompt-argument')
  expect(message).toMatch(/^prompt "p": arguments holds "who", which is no JSON Schema/)
})

test('a schema that does not compile is refused', () => {
  const { code, message } = refusal({ arguments: { type: 'object', required: 'who' } })
  expect(code).toBe('prompt-argument')
  expect(message).toMatch(/^prompt "p": arguments does not compile: /)
})

test('what z.toJSONSchema gives is taken, and checks', async () => {
  const made = Object.defineProperty(
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { who: { type: 'string' } },
      required: ['who']
    },
    '~standard',
    { value: { version: 1, vendor: 'zod' }, enumerable: false }
  )
  const bench = new Bench()
  bench.mcp.prompt('p', { arguments: made as never }, () => 'hello')
  const peer = await bench.open()
  expect(
    (await peer.request('prompts/get', { name: 'p', arguments: { who: 'a' } }).ended).message?.error
  ).toBeUndefined()
  expect((await peer.request('prompts/get', { name: 'p' }).ended).message?.error?.code).toBe(-32602)
})

test.each<[string, unknown]>([
  ['no handler', undefined],
  ['messages', []]
])('a prompt with %s for a handler is refused', (_, handler) => {
  const { code, message } = refused(() => new Bench().mcp.prompt('p', {}, handler as () => string))
  expect(code).toBe('handler')
  expect(message).toMatch(/^prompt "p": its handler is a function/)
})

test.each([undefined, 7, ''])('%o is no name of a prompt', (name) => {
  expect(refused(() => new Bench().mcp.prompt(name as string, {}, () => 'hello')).code).toBe('prompt-name')
})

test('suggestions that are no function are refused', () => {
  const options = { arguments: Type.Object({ who: Type.String() }), complete: { who: ['you'] } }
  const { code, message } = refusal(options)
  expect(code).toBe('complete')
  expect(message).toMatch(/^prompt "p": complete\.who is a function/)
})

test('an argument that every object has is no argument of a prompt', () => {
  const { code } = refusal({ arguments: Type.Object({}), complete: { toString: () => [] } })
  expect(code).toBe('prompt-complete')
})
