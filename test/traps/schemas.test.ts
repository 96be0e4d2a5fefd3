/** Traps about schemas: formats that refuse everything, work done again at each call, dialects that clients refuse. */
import { Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import Fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import handwire from '../../src/http/index.ts'
import { listening } from '../support/listening.ts'

const input = Type.Object({ to: Type.String({ format: 'email' }) })

test('a format lets through what has it, and refuses what has not', async () => {
  const { open } = await listening({ offer: ({ mcp }) => mcp.tool('write', { input }, ({ to }) => `to ${to}`) })
  const peer = await open()
  expect((await (await peer.call('write', { to: 'ada@lovelace.example' })).json()).result.content[0].text).toBe(
    'to ada@lovelace.example'
  )
  expect((await (await peer.call('write', { to: 'ada' })).json()).error).toMatchObject({ code: -32602 })
})

test('a schema is compiled when its tool is declared, and not again when it is called', async () => {
  const compile = vi.spyOn(Ajv.prototype, 'compile')
  try {
    const output = Type.Object({ to: Type.String() })
    const { open } = await listening({ offer: ({ mcp }) => mcp.tool('write', { input, output }, ({ to }) => ({ to })) })
    const peer = await open()
    const sent = async (): Promise<unknown> => (await (await peer.call('write', { to: 'a@b.example' })).json()).result
    expect(await sent()).toMatchObject({ structuredContent: { to: 'a@b.example' } })
    const before = compile.mock.calls.length
    expect(before).toBeGreaterThanOrEqual(2)
    for (let call = 0; call < 5; call += 1) await sent()
    expect(compile.mock.calls.length).toBe(before)
  } finally {
    compile.mockRestore()
  }
})

test('a dialect that an author names is not in the published schemas', async () => {
  const $schema = 'http://json-schema.org/draft-07/schema#'
  const plain = {
    $schema,
    $id: 'https://schemas.example/write',
    type: 'object',
    properties: { to: { type: 'string' } }
  }
  const { open } = await listening({
    offer: ({ mcp }) => mcp.tool('write', { input: plain, output: plain }, (value: object) => ({ ...value }))
  })
  const peer = await open()
  const { tools } = (await (await peer.request('tools/list')).json()).result
  const { type, properties } = plain
  expect(tools[0]).toMatchObject({ inputSchema: { type, properties }, outputSchema: { type, properties } })
  expect(JSON.stringify(tools)).not.toMatch(/\$schema|\$id/)
})

test('arguments are checked against plain JSON Schema as against any other', async () => {
  const plain = { type: 'object', required: ['count'], properties: { count: { type: 'integer', minimum: 1 } } }
  const { open } = await listening({ offer: ({ mcp }) => mcp.tool('count', { input: plain }, () => 'counted') })
  const peer = await open()
  for (const wrong of [{}, { count: 0 }, { count: '1' }])
    expect((await (await peer.call('count', wrong)).json()).error?.code).toBe(-32602)
  expect((await (await peer.call('count', { count: 1 })).json()).result.isError).toBeUndefined()
})

test('a recursive type is listed without an id, and checked to its depth', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1.0.0' })
  const Tree = Type.Recursive((This) => Type.Object({ name: Type.String(), children: Type.Array(This) }), {
    $id: 'Tree'
  })
  app.mcp.tool('depth', { input: Tree, output: Tree }, (tree) => tree)

  const client = await app.mcp.test()
  const [tool] = await client.list('tools')
  expect(JSON.stringify(tool)).toContain('{"$ref":"#"}')
  expect(JSON.stringify(tool)).not.toContain('$id')
  const tree = { name: 'a', children: [{ name: 'b', children: [] }] }
  expect(await client.data('depth', tree)).toEqual(tree)
  const wrong = { name: 'a', children: [{ name: 5, children: [] }] }
  await expect(client.call('depth', wrong)).rejects.toThrow('/children/0/name must be string')
})
