/** Traps about errors: an author's own code changed on the way, inner reasons shipped to the client, successes that are none. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { notFound } from '../../src/http/index.ts'
import { listening } from '../support/listening.ts'

test('what an author declares missing is -32002 with its URI, like a resource that nobody declared', async () => {
  const { open } = await listening({ offer: ({ mcp }) => mcp.resource('note://{id}', {}, () => notFound()) })
  const peer = await open()
  for (const uri of ['note://42', 'other://42'])
    expect((await (await peer.request('resources/read', { uri })).json()).error).toMatchObject({
      code: -32002,
      data: { uri }
    })
})

test('what is thrown by accident reaches the client without its words, its stack or the place', async () => {
  const secret = 'password of the database'
  const crash = (): never => {
    throw new Error(secret)
  }
  const { open, lines } = await listening({
    offer: ({ mcp }) => {
      mcp.tool('crash', {}, crash)
      mcp.resource('a://b', {}, crash)
      mcp.prompt('crash', {}, crash)
    }
  })
  const peer = await open()
  const texts = [
    await (await peer.call('crash')).text(),
    await (await peer.request('resources/read', { uri: 'a://b' })).text(),
    await (await peer.request('prompts/get', { name: 'crash' })).text()
  ]
  for (const text of texts) expect(text).not.toMatch(/password|\.ts|at .*\(|stack/)
  expect(JSON.stringify(lines).split(secret).length - 1).toBeGreaterThanOrEqual(3)
})

test('params that fit no method are -32602 in one short line, and no dump of a validator', async () => {
  const { open } = await listening({
    offer: ({ mcp }) => {
      mcp.tool('add', { input: Type.Object({ a: Type.Number() }) }, () => 'added')
      mcp.resource('a://b', {}, () => 'b')
      mcp.prompt('hi', {}, () => 'hi')
    }
  })
  const peer = await open()
  const wrong: [string, object][] = [
    ['tools/call', {}],
    ['tools/call', { name: 7 }],
    ['tools/call', { name: 'add', arguments: [] }],
    ['resources/read', {}],
    ['prompts/get', { name: null }],
    ['logging/setLevel', { level: 'loud' }]
  ]
  for (const [method, params] of wrong) {
    const { error } = await (await peer.request(method, params)).json()
    expect([method, error?.code]).toEqual([method, -32602])
    expect(error?.message).toMatch(/^[^\n{]{1,200}$/)
  }
})

test('a failed result carries no structured content beside it', async () => {
  const output = Type.Object({ sum: Type.Number() })
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('add', { output }, () => ({ isError: true, content: [{ type: 'text' as const, text: 'too large' }] }))
  })
  const { result } = await (await (await open()).call('add')).json()
  expect(result).toEqual({ isError: true, content: [{ type: 'text', text: 'too large' }] })
})
