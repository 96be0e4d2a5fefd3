/** Outputs that look like results, and contexts that are taken apart. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'

test('an output that has a content of its own is structured content', async () => {
  const bench = new Bench()
  const output = Type.Object({ content: Type.Array(Type.String()), total: Type.Number() })
  bench.mcp.tool('list', { output }, () => ({ content: ['a'], total: 1 }))
  const call = await (await bench.open()).call('list').ended
  expect(call.message?.result.structuredContent).toEqual({ content: ['a'], total: 1 })
})

test('a handler may take its context apart', async () => {
  const bench = new Bench()
  bench.mcp.tool('apart', {}, async (_, { progress, message, session: { update, data } }) => {
    progress({ progress: 1 })
    message('info', 'hello')
    await update({ seen: true })
    return JSON.stringify(data)
  })
  const call = await (await bench.open()).call('apart').ended
  expect(call.message?.result.isError).toBeUndefined()
})

test('a handler may return nothing', async () => {
  const bench = new Bench()
  bench.mcp.tool('nothing', {}, async () => {})
  const call = await (await bench.open()).call('nothing').ended
  expect(call.message?.result).toEqual({ content: [] })
})
