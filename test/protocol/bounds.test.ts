/** What bounds a host: sessions, requests in flight, streams. The statuses they earn on HTTP are in test/http. */
import { expect, test } from 'vitest'
import { Bench, initialize } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'

test('past the most sessions initialize is refused', async () => {
  const bench = new Bench({ limits: { sessions: 2 } })
  await bench.open()
  await bench.open()
  const third = await bench.raw(JSON.stringify(initialize())).ended
  expect(third).toMatchObject({ how: 'refuse', kind: 'tooManySessions', message: { id: 0, error: { code: -32000 } } })
})

test('a session that ended makes room for another', async () => {
  const bench = new Bench({ limits: { sessions: 1 } })
  const peer = await bench.open()
  await bench.host.remove(peer.claims)
  await bench.open()
  expect(bench.host.load.sessions).toBe(1)
})

test('a refused initialize leaves nothing behind', async () => {
  const bench = new Bench({ limits: { sessions: 0 } })
  await bench.raw(JSON.stringify(initialize())).ended
  expect(bench.host.load.sessions).toBe(0)
})

test('past the most requests in flight a request is refused, and a ping is not', async () => {
  const bench = new Bench({ limits: { inFlight: 2 } })
  const hold = gate()
  bench.mcp.tool('hold', {}, () => hold.passed.then(() => 'held'))
  const peer = await bench.open()
  const running = [peer.call('hold'), peer.call('hold')]
  await turns()
  const refused = await peer.call('hold').ended
  expect(refused).toMatchObject({ how: 'refuse', kind: 'tooManyRequests', message: { error: { code: -32000 } } })
  expect((await peer.request('ping').ended).how).toBe('answer')
  hold.open()
  for (const call of running) expect((await call.ended).how).toBe('answer')
  expect((await peer.request('tools/list').ended).how).toBe('answer')
})

test('requests in flight are counted for each session alone', async () => {
  const bench = new Bench({ limits: { inFlight: 1 } })
  bench.mcp.tool('hang', {}, () => gate().passed.then(() => 'never'))
  const one = await bench.open()
  const other = await bench.open()
  one.call('hang')
  await turns()
  expect((await other.request('tools/list').ended).how).toBe('answer')
})

test('a cancelled request makes room at once, though its handler goes on', async () => {
  const bench = new Bench({ limits: { inFlight: 1 } })
  bench.mcp.tool('hang', {}, () => gate().passed.then(() => 'never'))
  const peer = await bench.open()
  peer.call('hang', {}, 'a')
  await turns()
  await peer.cancel('a').ended
  expect((await peer.request('tools/list').ended).how).toBe('answer')
})

test('past the most streams a GET is refused until one is left', async () => {
  const bench = new Bench({ limits: { streams: 2 } })
  const peer = await bench.open()
  const first = await peer.listen()
  await peer.listen()
  await expect(peer.listen()).rejects.toMatchObject({ kind: 'tooManyStreams' })
  first.leave()
  await peer.listen()
})

test('a client whose connection died unnoticed takes its stream over, also when no further one may be opened', async () => {
  const bench = new Bench({ limits: { streams: 1 } })
  bench.mcp.resource('a://b', {}, () => 'b')
  const peer = await bench.open()
  await peer.request('resources/subscribe', { uri: 'a://b' }).ended
  const dead = await peer.listen()
  bench.mcp.updated('a://b')
  const back = await peer.listen(dead.events[0]?.id)
  await turns()
  expect(dead.ended).toBe(true)
  bench.mcp.updated('a://b')
  expect(back.messages).toHaveLength(1)
})

test('streams that were opened and left again do not pile up', async () => {
  const bench = new Bench()
  const peer = await bench.open()
  for (let times = 0; times < 500; times += 1) (await peer.listen()).leave()
  expect(bench.host.load.streams).toBeLessThanOrEqual(64)
})

test('an abandoned stream is kept for logKeptMs after it was last left', async () => {
  const bench = new Bench({ limits: { logKeptMs: 1000 } })
  bench.mcp.resource('a://b', {}, () => 'b')
  const peer = await bench.open()
  await peer.request('resources/subscribe', { uri: 'a://b' }).ended
  const first = await peer.listen()
  bench.mcp.updated('a://b')
  first.leave()
  bench.clock.pass(900)
  const second = await peer.listen(first.events[0]?.id)
  second.leave()
  bench.clock.pass(200)
  const third = await peer.listen(first.events[0]?.id)
  expect(third.ended).toBe(false)
})

test('an abandoned stream ends after logKeptMs', async () => {
  const bench = new Bench({ limits: { logKeptMs: 1000 } })
  const peer = await bench.open()
  ;(await peer.listen()).leave()
  bench.clock.pass(1000)
  expect(bench.host.load.streams).toBe(0)
})

test('closing lets a running call finish and refuses new ones', async () => {
  const bench = new Bench()
  const hold = gate()
  bench.mcp.tool('hold', {}, () => hold.passed.then(() => 'held'))
  const peer = await bench.open()
  const call = peer.call('hold')
  await turns()
  const closed = bench.host.close()
  expect(await peer.call('hold').ended).toMatchObject({ how: 'refuse', kind: 'closing' })
  hold.open()
  expect((await call.ended).message?.result.content[0].text).toBe('held')
  await closed
  expect(bench.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})

test('closing stops what has not finished within the grace period, and answers that it does', async () => {
  const bench = new Bench({ limits: { graceMs: 1000 } })
  const started = gate<AbortSignal>()
  bench.mcp.tool('hang', {}, async (_, { signal }) => {
    started.open(signal)
    await gate().passed
    return 'never'
  })
  const call = (await bench.open()).call('hang')
  const signal = await started.passed
  const closed = bench.host.close()
  bench.clock.pass(999)
  await turns()
  expect(signal.aborted).toBe(false)
  bench.clock.pass(1)
  await closed
  expect(signal.aborted).toBe(true)
  expect((await call.ended).message?.error).toEqual({ code: -32000, message: 'The server is closing' })
})

test('after closing no timer is left', async () => {
  const bench = new Bench()
  const peer = await bench.open()
  await peer.listen()
  await bench.host.close()
  expect(bench.clock.pending).toBe(0)
})
