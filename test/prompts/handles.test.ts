/** Prompts that go and come back while clients are connected. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'

test('a disabled prompt is on no list, and there is no such prompt', async () => {
  const bench = new Bench()
  const prompt = bench.mcp.prompt('greet', {}, () => 'hello')
  const peer = await bench.open()
  prompt.disable()
  expect((await peer.request('prompts/list').ended).message?.result.prompts).toEqual([])
  expect((await peer.request('prompts/get', { name: 'greet' }).ended).message?.error?.code).toBe(-32602)
  prompt.enable()
  expect((await peer.request('prompts/get', { name: 'greet' }).ended).message?.error).toBeUndefined()
})

test('arguments of a disabled prompt are not completed', async () => {
  const bench = new Bench()
  const options = { arguments: Type.Object({ who: Type.String() }), complete: { who: () => ['you'] } }
  const prompt = bench.mcp.prompt('greet', options, ({ who }) => who)
  const peer = await bench.open()
  prompt.disable()
  const params = { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: '' } }
  expect((await peer.request('completion/complete', params).ended).message?.error?.code).toBe(-32602)
})

test('connected clients are told when a prompt goes and comes back', async () => {
  const bench = new Bench()
  const prompt = bench.mcp.prompt('greet', {}, () => 'hello')
  const reader = await (await bench.open()).listen()
  for (const change of [prompt.disable, prompt.enable, prompt.remove]) {
    expect(change()).toBe(true)
    await turns()
  }
  expect(reader.messages.map(({ method }) => method)).toEqual(
    Array.from({ length: 3 }, () => 'notifications/prompts/list_changed')
  )
})
