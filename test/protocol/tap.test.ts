/** The tap sees every frame that crosses, with the requirement beside a refusal; and what `teach` adds to errors. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { TappedFrame } from '../../src/protocol/ports.ts'
import { Bench } from '../support/bench.ts'
import { turns } from '../support/gate.ts'
import { RecordingOutlet } from '../support/recording.ts'

/** Direction, exchange and what is said, in short. */
function short({ direction, exchange, frame, requirement }: TappedFrame): string {
  const { method, result, error } = frame === null ? { result: 'pieces' } : JSON.parse(frame)
  const said = method ?? (error === undefined ? `result ${JSON.stringify(result).slice(0, 20)}` : `error ${error.code}`)
  return `${direction} ${exchange} ${said}${requirement === undefined ? '' : ` ${requirement}`}`
}

test('a handshake is three frames in and out', async () => {
  const bench = new Bench()
  const peer = await bench.open()
  expect(bench.frames.map((frame) => frame.direction)).toEqual(['in', 'out', 'in'])
  expect(bench.frames.map((frame) => frame.exchange)).toEqual([1, 1, 2])
  expect(bench.frames[0]?.session).toBeUndefined()
  expect(bench.frames[1]?.session).toBe(peer.session)
})

test('a call with progress, a question and its answer is seen whole, each frame in its exchange', async () => {
  const bench = new Bench()
  bench.mcp.tool('ask', {}, async (_, context) => {
    context.progress({ progress: 1 })
    const roots = await context.roots()
    context.message('info', 'asked')
    return String(roots.length)
  })
  const peer = await bench.open({ roots: {} })
  bench.frames.length = 0
  const call = peer.call('ask')
  const question = await call.said(1)
  peer.send({ id: question.id, result: { roots: [] } })
  await call.ended
  expect(bench.frames.map(short)).toEqual([
    'in 3 tools/call',
    'out 3 notifications/progress',
    'out 3 roots/list',
    'in 4 result {"roots":[]}',
    'out 3 notifications/message',
    'out 3 result {"content":[{"type":'
  ])
})

test('a notification on a GET stream is seen in the exchange of the GET', async () => {
  const bench = new Bench()
  bench.mcp.resource('a://b', {}, () => 'b')
  const peer = await bench.open()
  await peer.request('resources/subscribe', { uri: 'a://b' }).ended
  await peer.listen()
  bench.frames.length = 0
  bench.mcp.updated('a://b')
  expect(bench.frames.map(short)).toEqual(['out 4 notifications/resources/updated'])
})

test('a result that is written piece by piece is seen without its text', async () => {
  const bench = new Bench()
  bench.mcp.resource('a://pieces', {}, async function* () {
    yield 'a'
    yield 'b'
  })
  const peer = await bench.open()
  bench.frames.length = 0
  await peer.request('resources/read', { uri: 'a://pieces' }).ended
  await turns()
  expect(bench.frames.map(short)).toEqual(['in 3 resources/read', 'out 3 result "pieces"'])
})

test.each<[string, string, string]>([
  ['a frame that is no JSON', '{', 'out 3 error -32700 RPC-03'],
  ['a batch', '[]', 'out 3 error -32600 HTTP-11'],
  ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"nope"}', 'out 3 error -32601 RPC-05'],
  [
    'an unknown tool',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nope"}}',
    'out 3 error -32602 TOOLS-34'
  ],
  [
    'a wrong cursor',
    '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"nope"}}',
    'out 3 error -32602 PAGE-11'
  ]
])('%s is refused with the requirement it broke', async (_, text, seen) => {
  const bench = new Bench()
  bench.mcp.tool('some', {}, () => 'some')
  const peer = await bench.open()
  bench.frames.length = 0
  await bench.raw(text, { session: peer.session }).ended
  expect(bench.frames.at(-1) && short(bench.frames.at(-1) as TappedFrame)).toBe(seen)
})

test('a frame of an unknown session is refused with the requirement it broke', async () => {
  const bench = new Bench()
  await bench.raw('{"jsonrpc":"2.0","id":1,"method":"ping"}', { session: 'nope' }).ended
  expect(bench.frames.map(short)).toEqual(['in 1 ping', 'out 1 error -32600 SESS-09'])
})

test('an incoming frame is tapped as it came, to the last blank', async () => {
  const bench = new Bench()
  await bench.raw(' { "jsonrpc" : "2.0" }\n').ended
  expect(bench.frames[0]?.frame).toBe(' { "jsonrpc" : "2.0" }\n')
})

test('frames carry the time of the lent clock', async () => {
  const bench = new Bench()
  const peer = await bench.open()
  bench.clock.pass(77)
  await peer.request('ping').ended
  expect(bench.frames.slice(-2).map((frame) => frame.at)).toEqual([77, 77])
})

test('a tap that throws does not keep a message from being served', async () => {
  const bench = new Bench({
    tap() {
      throw new Error('the tap is broken')
    }
  })
  const outlet = new RecordingOutlet()
  const received = bench.host.receive('{', { session: undefined, revision: undefined }, outlet)
  expect(await received).toBeUndefined()
  expect((await outlet.ended).how).toBe('refuse')
})

test('with teach an error cites requirement, section, what was expected and what came', async () => {
  const bench = new Bench({ teach: true })
  const peer = await bench.open()
  const { message } = await peer.request('nope').ended
  expect(message?.error?.data).toEqual({
    requirement: 'RPC-05',
    specification: 'https://modelcontextprotocol.io/specification/2025-06-18/basic/index#messages',
    received: 'nope'
  })
})

test('without teach an error has no data', async () => {
  const peer = await new Bench().open()
  expect((await peer.request('nope').ended).message?.error).toEqual({ code: -32601, message: 'Method not found: nope' })
})

test('with or without teach a missing resource names its URI', async () => {
  for (const teach of [true, false]) {
    const bench = new Bench({ teach })
    bench.mcp.resource('a://b', {}, () => 'b')
    const peer = await bench.open()
    const { message } = await peer.request('resources/read', { uri: 'a://c' }).ended
    expect(message?.error).toMatchObject({ code: -32002, data: { uri: 'a://c' } })
  }
})

test('what came is cut to 200 characters, and never between two surrogates', async () => {
  const bench = new Bench({ teach: true })
  bench.mcp.tool('some', { input: Type.Object({}) }, () => 'some')
  const peer = await bench.open()
  const { message } = await peer.request('tools/call', { name: `${'n'.repeat(199)}😀` }).ended
  expect(message?.error?.data?.['received']).toBe(`${'n'.repeat(199)}…`)
})
