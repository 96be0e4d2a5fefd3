/** A slow tool whose client wants to hear of progress: what is said for it, and when no more. */
import { expect, test } from 'vitest'
import { gate, turns } from '../support/gate.ts'
import { holding, anything as input, room, said } from './room.ts'

/** Calls a tool that goes on until it is told to end; without a progress token when `heard` is false. */
async function slow(heartbeatMs?: number, heard = true) {
  const { bench, mcp, clock } = room(heartbeatMs === undefined ? {} : { heartbeatMs })
  const over = gate<string>()
  mcp.tool('slow', heartbeatMs === undefined ? { heartbeatMs: 10_000 } : {}, () => over.passed)
  const peer = await bench.open()
  const idle = clock.pending
  const call = heard ? peer.call('slow', {}, 't') : peer.request('tools/call', { name: 'slow' }, 't')
  await turns()
  return { bench, clock, call, over, peer, idle }
}

test('a tool that says nothing is said to be running, with a progress that rises', async () => {
  const { clock, call } = await slow()
  clock.pass(9999)
  expect(call.messages).toEqual([])
  clock.pass(10_001)
  expect(call.messages.map(({ params }) => params)).toEqual([
    { progressToken: 't', progress: 0.00001, message: 'still running after 10 s' },
    { progressToken: 't', progress: 0.00002, message: 'still running after 20 s' }
  ])
})

test('the pause may be set for all tools', async () => {
  const { clock, call } = await slow(2000)
  clock.pass(4000)
  expect(call.messages).toHaveLength(2)
})

test('without a progress token nothing is said, and no timer runs', async () => {
  const [heard, unheard] = [await slow(), await slow(undefined, false)]
  expect(unheard.clock.pending - unheard.idle).toBe(heard.clock.pending - heard.idle - 1)
  unheard.clock.pass(30_000)
  expect(unheard.call.messages).toEqual([])
})

test('nothing is said where nobody asked for it', async () => {
  const { bench, mcp, clock } = room()
  mcp.tool('slow', {}, () => new Promise<string>(() => {}))
  const call = (await bench.open()).call('slow')
  await turns()
  clock.pass(50_000)
  expect(call.messages).toEqual([])
})

test('after the result nothing is said, and no timer runs', async () => {
  const { clock, call, over, idle } = await slow()
  clock.pass(10_000)
  over.open('done')
  expect(await said(call)).toBe('done')
  await turns()
  expect(clock.pending).toBe(idle)
})

test('after a cancellation the timer ends, whatever the handler does', async () => {
  const { clock, call, peer, idle } = await slow()
  await peer.cancel('t').ended
  clock.pass(20_000)
  expect(call.messages).toEqual([])
  expect(clock.pending).toBe(idle)
})

test('a call that waits for its turn is said to be running as well', async () => {
  const { bench, mcp, clock } = room()
  mcp.tool('hold', { input, limits: { total: 1 }, heartbeatMs: 5000 }, holding().handler)
  const peer = await bench.open()
  peer.request('tools/call', { name: 'hold', arguments: { name: 'a' } })
  const waiting = peer.call('hold', { name: 'b' })
  await turns()
  clock.pass(5000)
  expect(waiting.messages).toHaveLength(1)
})

/** What a client hears of a tool that says these steps after 10 s. */
async function steps(...reported: number[]): Promise<number[]> {
  const { bench, mcp, clock } = room({ heartbeatMs: 10_000 })
  const go = gate()
  mcp.tool('steps', {}, async (_, context) => {
    await go.passed
    for (const progress of reported) context.progress({ progress, total: 100 })
    await new Promise(() => {})
  })
  const call = (await bench.open()).call('steps')
  await turns()
  clock.pass(10_000)
  go.open()
  await turns()
  clock.pass(40_000)
  return call.messages.map(({ params }) => params.progress)
}

test("the handler's own progress ends the heartbeat", async () => {
  expect(await steps(1, 2)).toEqual([0.00001, 1, 2])
})

test('a handler that begins with nothing done is heard, because its first step is lifted above the heartbeat', async () => {
  expect(await steps(0, 1)).toEqual([0.00001, 0.000010001, 1])
})

test('only the first step is lifted', async () => {
  expect(await steps(0, 0, 0.5)).toEqual([0.00001, 0.000010001, 0.5])
})

test("a generator's yields end the heartbeat too", async () => {
  const { bench, mcp, clock } = room({ heartbeatMs: 10_000 })
  mcp.tool('steps', {}, async function* () {
    yield { progress: 1 }
    await new Promise(() => {})
    return 'done'
  })
  const call = (await bench.open()).call('steps')
  await call.said(0)
  clock.pass(30_000)
  expect(call.messages).toHaveLength(1)
})

test.each([0, -1, Number.NaN])('a pause of %d is refused when it is declared', (heartbeatMs) => {
  expect(() => room().mcp.tool('a', { heartbeatMs }, () => 'a')).toThrow('[limits]')
  expect(() => room({ heartbeatMs })).toThrow('[limits]')
})
