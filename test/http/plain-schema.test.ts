/** Plain JSON Schema wherever TypeBox goes: arguments and results of tools, arguments of prompts, forms. */
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire, { DeclarationError } from '../../src/http/index.ts'

async function api(): Promise<FastifyInstance> {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'test', version: '0' })
  return app
}

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const

test('a tool checks its arguments and its result against it, and lists it', async () => {
  const { mcp } = await api()
  mcp.tool('echo', { input: text, output: text }, (given) => given)
  const client = await mcp.test()
  expect(await client.data('echo', { text: 'hi' })).toEqual({ text: 'hi' })
  await expect(client.call('echo', { text: 5 })).rejects.toThrow('Invalid arguments: /text must be string')
  expect(await client.list('tools')).toEqual([{ name: 'echo', inputSchema: text, outputSchema: text }])
})

test('a prompt lists its arguments from it, and checks them', async () => {
  const { mcp } = await api()
  mcp.prompt('say', { arguments: text, complete: { text: () => ['hi'] } }, (given) => `Say ${given['text']}.`)
  const client = await mcp.test()
  expect((await client.prompt('say', { text: 'hi' })).messages[0]?.content).toMatchObject({ text: 'Say hi.' })
  await expect(client.prompt('say')).rejects.toThrow('Invalid prompt arguments: /text is missing')
  expect((await client.list('prompts'))[0]?.arguments).toEqual([{ name: 'text', required: true }])
})

test('arguments of a prompt that are no object are refused', async () => {
  const { mcp } = await api()
  expect(() => mcp.prompt('say', { arguments: { type: 'string' } }, () => '')).toThrow(DeclarationError)
})

test('a form is asked with it, and the answer checked', async () => {
  const { mcp } = await api()
  mcp.tool('ask', {}, async (_, { elicit }) => {
    const answer = await elicit('Well?', text)
    return answer.action === 'accept' ? String(answer.content['text']) : answer.action
  })
  const right = await mcp.test({ elicit: { action: 'accept', content: { text: 'yes' } } })
  expect(await right.text('ask')).toBe('yes')
  const wrong = await mcp.test({ elicit: { action: 'accept', content: { text: 5 } } })
  await expect(wrong.text('ask')).rejects.toThrow('Elicitation failed: content does not match the requested schema')
})
