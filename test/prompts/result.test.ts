/** What a prompt's handler may return and be given. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { assistant, user } from '../../src/prompts/index.ts'
import { Bench } from '../support/bench.ts'

const hello = { role: 'user', content: { type: 'text', text: 'hello' } }

test.each<[string, unknown, unknown]>([
  ['a text', 'hello', { description: 'Greets.', messages: [hello] }],
  ['messages', [user('hello'), assistant('hi')], { description: 'Greets.', messages: [hello, assistant('hi')] }],
  ['no messages', [], { description: 'Greets.', messages: [] }],
  ['a whole result', { messages: [user('hello')], _meta: { a: 1 } }, { messages: [hello], _meta: { a: 1 } }]
])('%s becomes a result', async (_, value, result) => {
  const bench = new Bench()
  bench.mcp.prompt('greet', { description: 'Greets.' }, () => value as string)
  expect((await (await bench.open()).request('prompts/get', { name: 'greet' }).ended).message?.result).toEqual(result)
})

test.each<[string, unknown]>([
  ['a number', 7],
  ['nothing', undefined],
  ['a message without a role', [{ content: { type: 'text', text: 'hello' } }]],
  ['a message of the system', [{ role: 'system', content: { type: 'text', text: 'hello' } }]],
  ['content that is no block', [{ role: 'user', content: { type: 'video' } }]],
  ['content that is a list', [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]]
])('%s is -32603, and the log says why', async (_, value) => {
  const bench = new Bench()
  bench.mcp.prompt('greet', {}, () => value as string)
  const { message } = await (await bench.open()).request('prompts/get', { name: 'greet' }).ended
  expect(message?.error).toEqual({ code: -32603, message: 'Internal error' })
  expect(bench.log.at('error')).toHaveLength(1)
})

const args = Type.Object({ who: Type.String(), how: Type.Optional(Type.String()) })

test.each<[string, object | undefined, string]>([
  ['a missing argument', {}, '/who is missing'],
  ['no arguments at all', undefined, '/who is missing']
])('%s is -32602 and named', async (_, given, why) => {
  const bench = new Bench()
  bench.mcp.prompt('greet', { arguments: args }, ({ who }) => who)
  const params = given === undefined ? { name: 'greet' } : { name: 'greet', arguments: given }
  const { message } = await (await bench.open()).request('prompts/get', params).ended
  expect(message?.error?.code).toBe(-32602)
  expect(message?.error?.message).toContain(why)
})

test('an argument that is no string is -32602', async () => {
  const bench = new Bench()
  bench.mcp.prompt('greet', { arguments: args }, ({ who }) => who)
  const params = { name: 'greet', arguments: { who: 7 } }
  expect((await (await bench.open()).request('prompts/get', params).ended).message?.error?.code).toBe(-32602)
})

test('arguments are listed with what is required of them', async () => {
  const bench = new Bench()
  bench.mcp.prompt('greet', { title: 'Greeting', arguments: args }, ({ who }) => who)
  const { message } = await (await bench.open()).request('prompts/list').ended
  expect(message?.result.prompts).toEqual([
    {
      name: 'greet',
      title: 'Greeting',
      arguments: [
        { name: 'who', required: true },
        { name: 'how', required: false }
      ]
    }
  ])
})
