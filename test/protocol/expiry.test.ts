/** Sessions that nobody uses end by the lent clock; those in which something goes on do not. */
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { Bench, type Peer } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'

const limits = { sessionIdleMs: 1000 }
/** The store looks four times within the idle time. */
const idle = 1250

async function alive(peer: Peer): Promise<boolean> {
  const { how, kind } = await peer.request('ping').ended
  expect(how === 'answer' || kind === 'unknownSession').toBe(true)
  return how === 'answer'
}

test('an idle session ends, and its id is unknown from then on', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  bench.clock.pass(idle)
  expect(await alive(peer)).toBe(false)
  expect(bench.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})

test('a session does not end before its idle time is over', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  bench.clock.pass(999)
  expect(await alive(peer)).toBe(true)
})

test('every message is use', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  for (let times = 0; times < 5; times += 1) {
    bench.clock.pass(900)
    await peer.notify('notifications/roots/list_changed').ended
  }
  expect(await alive(peer)).toBe(true)
})

test('a session with a stream that is read does not end', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  await peer.listen()
  bench.clock.pass(5 * idle)
  expect(await alive(peer)).toBe(true)
})

test('a session whose stream has lost its reader ends', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  const reader = await peer.listen()
  bench.clock.pass(idle)
  reader.leave()
  bench.clock.pass(2 * idle)
  expect(await alive(peer)).toBe(false)
})

test('a session with a running call does not end, and the call is answered', async () => {
  const bench = new Bench({ limits: { ...limits, callMs: 60_000 } })
  const hold = gate()
  bench.mcp.tool('hold', {}, async () => {
    await hold.passed
    return 'held'
  })
  const peer = await bench.open()
  const call = peer.call('hold')
  await turns()
  bench.clock.pass(5 * idle)
  hold.open()
  expect((await call.ended).message?.result.content[0].text).toBe('held')
  expect(await alive(peer)).toBe(true)
})

test('the reader of an ended session is ended', async () => {
  const bench = new Bench({ limits })
  const peer = await bench.open()
  const reader = await peer.listen()
  await bench.host.remove(peer.claims)
  expect(reader.ended).toBe(true)
})

test('a session that is removed stops its calls and ends their exchanges without an answer', async () => {
  const bench = new Bench()
  const started = gate<AbortSignal>()
  bench.mcp.tool('hang', {}, async (_, { signal }) => {
    started.open(signal)
    await gate().passed
    return 'never'
  })
  const peer = await bench.open()
  const call = peer.call('hang')
  const signal = await started.passed
  await bench.host.remove(peer.claims)
  expect((await call.ended).how).toBe('end')
  expect(signal.aborted).toBe(true)
  expect(bench.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})

test('a removed session cannot be removed again', async () => {
  const bench = new Bench()
  const peer = await bench.open()
  await bench.host.remove(peer.claims)
  await expect(bench.host.remove(peer.claims)).rejects.toThrow(ProtocolError)
})

test('a session that is removed withdraws the question of its call', async () => {
  const bench = new Bench()
  bench.mcp.tool('roots', {}, async (_, context) => JSON.stringify(await context.roots()))
  const peer = await bench.open({ roots: {} })
  const call = peer.call('roots')
  await call.said(0)
  await bench.host.remove(peer.claims)
  await call.ended
  expect(call.messages[1]).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'ask-1' } })
})

test('a handler that outlives its session leaves nothing in the event log', async () => {
  const sessions: string[] = []
  const events = {
    append: (session: string, _: string, text: string): string => {
      sessions.push(session)
      return text.length.toString()
    },
    end() {},
    after: () => undefined,
    forget: (session: string) => void sessions.splice(0, sessions.length, ...sessions.filter((id) => id !== session))
  }
  const bench = new Bench({ events })
  const late = gate()
  bench.mcp.tool('late', {}, async (_, { session }) => {
    await late.passed
    session.listChanged('tools')
    return 'late'
  })
  const peer = await bench.open()
  await peer.listen()
  peer.call('late')
  await turns()
  await bench.host.remove(peer.claims)
  late.open()
  await turns()
  expect(sessions).toEqual([])
})
