/** Tools that go and come back while clients are connected: who may call them, who lists them and who is told. */
import { expect, test } from 'vitest'
import { DeclarationError } from '../../src/protocol/errors.ts'
import type { Change } from '../../src/protocol/feature.ts'
import type { SessionView } from '../../src/protocol/handler.ts'
import { tools } from '../../src/tools/index.ts'
import { Bench, type Peer } from '../support/bench.ts'
import { turns } from '../support/gate.ts'

const names = async (peer: Peer): Promise<string[]> =>
  (await peer.request('tools/list').ended).message?.result.tools.map(({ name }: { name: string }) => name)

test('a disabled tool is on no list, and calling it is calling an unknown tool', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, () => 'a')
  bench.mcp.tool('b', {}, () => 'b')
  const peer = await bench.open()
  expect(await names(peer)).toEqual(['a', 'b'])
  expect(tool.disable()).toBe(true)
  expect(await names(peer)).toEqual(['b'])
  expect((await peer.call('a').ended).message?.error).toEqual({ code: -32602, message: 'Unknown tool: a' })
})

test('a tool that is enabled again is where it was, and may be called', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, () => 'a')
  bench.mcp.tool('b', {}, () => 'b')
  const peer = await bench.open()
  tool.disable()
  expect(tool.enable()).toBe(true)
  expect(await names(peer)).toEqual(['a', 'b'])
  expect((await peer.call('a').ended).message?.result.content[0].text).toBe('a')
})

test('a running call of a tool that is disabled is answered', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, async () => {
    await turns()
    return 'a'
  })
  const call = (await bench.open()).call('a')
  tool.disable()
  expect((await call.ended).message?.result.content[0].text).toBe('a')
})

test('connected clients are told of each change, and not of what changes nothing', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, () => 'a')
  const reader = await (await bench.open()).listen()
  const told = async (change: () => boolean): Promise<[boolean, number]> => {
    const before = reader.messages.length
    const changed = change()
    await turns()
    return [changed, reader.messages.length - before]
  }
  expect(await told(tool.enable)).toEqual([false, 0])
  expect(await told(tool.disable)).toEqual([true, 1])
  expect(await told(tool.disable)).toEqual([false, 0])
  expect(await told(tool.enable)).toEqual([true, 1])
  expect(await told(tool.remove)).toEqual([true, 1])
  expect(await told(tool.enable)).toEqual([false, 0])
  expect(reader.messages[0]?.method).toBe('notifications/tools/list_changed')
})

test('removing a disabled tool changes no list, so nobody is told', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, () => 'a')
  tool.disable()
  const reader = await (await bench.open()).listen()
  await turns()
  expect(tool.remove()).toBe(true)
  await turns()
  expect(reader.messages).toEqual([])
})

test('a session that begins while every tool is disabled is told when one comes back', async () => {
  const bench = new Bench()
  const tool = bench.mcp.tool('a', {}, () => 'a')
  tool.disable()
  const peer = await bench.open()
  const reader = await peer.listen()
  await turns()
  expect(await names(peer)).toEqual([])
  tool.enable()
  await turns()
  expect(reader.messages).toHaveLength(1)
})

test('a disabled tool keeps its name, and a removed one gives it back', () => {
  const { mcp } = new Bench()
  const tool = mcp.tool('a', {}, () => 'a')
  tool.disable()
  expect(() => mcp.tool('a', {}, () => 'a')).toThrow(DeclarationError)
  tool.remove()
  expect(mcp.tool('a', {}, () => 'a')).toMatchObject({ name: 'a', enabled: true })
})

test('what holds a removed tool has no power over its successor', () => {
  const { mcp } = new Bench()
  const first = mcp.tool('a', {}, () => 'a')
  mcp.removeTool('a')
  const second = mcp.tool('a', {}, () => 'a')
  expect([first.enabled, first.disable(), first.remove(), second.enabled]).toEqual([false, false, false, true])
})

test('a cursor from before a tool was disabled goes on where it pointed', async () => {
  const bench = new Bench({ limits: { pageSize: 1 } })
  const [, second] = ['a', 'b', 'c'].map((name) => bench.mcp.tool(name, {}, () => name))
  const peer = await bench.open()
  const first = await peer.request('tools/list').ended
  second?.disable()
  const { message } = await peer.request('tools/list', { cursor: first.message?.result.nextCursor }).ended
  expect(message?.result.tools).toMatchObject([{ name: 'c' }])
})

test('the change of a tool that only some may see names them', () => {
  const { api, feature } = tools(50)
  const changes: Change[] = []
  feature.watch((change) => changes.push(change))
  const isAdmin = ({ data }: SessionView): boolean => data['admin'] === true
  const tool = api.tool('purge', { visible: isAdmin }, () => 'gone')
  tool.disable()
  api.tool('all', {}, () => 'a')
  const [admin, other] = [{ data: { admin: true } }, { data: {} }] as unknown as [SessionView, SessionView]
  expect(changes.map(({ visible }) => [visible?.(admin), visible?.(other)])).toEqual([
    [true, false],
    [true, false],
    [undefined, undefined]
  ])
})
