/** Resources and templates that go and come back while clients are connected. */
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'

/** The error code of reading this, or the text that was read. */
async function read(bench: Bench, uri: string): Promise<unknown> {
  const { message } = await (await bench.open()).request('resources/read', { uri }).ended
  return message?.error?.code ?? message?.result.contents[0].text
}

test('a disabled resource is on no list, and there is no such resource', async () => {
  const bench = new Bench()
  const resource = bench.mcp.resource('a://b', {}, () => 'b')
  resource.disable()
  const { message } = await (await bench.open()).request('resources/list').ended
  expect(message?.result.resources).toEqual([])
  expect(await read(bench, 'a://b')).toBe(-32002)
  resource.enable()
  expect(await read(bench, 'a://b')).toBe('b')
})

test('a disabled template reads nothing, and leaves its URIs to the next that fits', async () => {
  const bench = new Bench()
  const first = bench.mcp.resource('a://{one}', {}, () => 'first')
  bench.mcp.resource('a://{other}', {}, () => 'second')
  expect(await read(bench, 'a://b')).toBe('first')
  first.disable()
  expect(await read(bench, 'a://b')).toBe('second')
})

test('variables of a disabled template are not completed', async () => {
  const bench = new Bench()
  const template = bench.mcp.resource('a://{one}', { complete: { one: () => ['b'] } }, () => 'b')
  const peer = await bench.open()
  template.disable()
  const params = { ref: { type: 'ref/resource', uri: 'a://{one}' }, argument: { name: 'one', value: '' } }
  expect((await peer.request('completion/complete', params).ended).message?.error?.code).toBe(-32602)
})

test('connected clients are told when a resource or a template goes and comes back', async () => {
  const bench = new Bench()
  const handles = [bench.mcp.resource('a://b', {}, () => 'b'), bench.mcp.resource('c://{d}', {}, () => 'd')]
  const reader = await (await bench.open()).listen()
  for (const handle of handles) {
    for (const change of [handle.disable, handle.enable, handle.remove]) {
      expect(change()).toBe(true)
      await turns()
    }
  }
  expect(reader.messages.map(({ method }) => method)).toEqual(
    Array.from({ length: 6 }, () => 'notifications/resources/list_changed')
  )
})
