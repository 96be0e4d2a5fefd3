/** Broken connections over real sockets: nothing is lost, nothing comes twice, and leaving cancels nothing. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { type Gate, gate, turns, until } from '../support/gate.ts'
import { type Listening, listening } from '../support/listening.ts'
import { httpPost, raw } from '../support/loopback.ts'

/** A tool that reports a step each time the test says so, and ends after the last. */
async function steps(count: number): Promise<Listening & { gates: Gate[]; signals: AbortSignal[] }> {
  const gates = Array.from({ length: count + 1 }, () => gate())
  const signals: AbortSignal[] = []
  const server = await listening({
    offer: ({ mcp }) =>
      mcp.tool('steps', { input: Type.Object({}) }, async (_, context) => {
        signals.push(context.signal)
        for (let step = 0; step < count; step += 1) {
          await gates[step]?.passed
          context.progress({ progress: step + 1 })
        }
        await gates[count]?.passed
        return 'arrived'
      })
  })
  return { ...server, gates, signals }
}

const progressOf = (event: { message: { params?: { progress?: number } } } | undefined): number | undefined =>
  event?.message.params?.progress

test('a call whose connection broke goes on, and its stream is resumed with exactly what was missed', async () => {
  const { open, gates, signals } = await steps(4)
  const peer = await open()
  gates[0]?.open()
  gates[1]?.open()
  const post = await peer.call('steps', {}, 'a')
  expect(progressOf(await post.next())).toBe(1)
  const seen = await post.next()
  expect(progressOf(seen)).toBe(2)
  post.cut()
  await post.closed
  gates[2]?.open()
  await turns()
  expect(signals[0]?.aborted).toBe(false)
  const get = await peer.get(seen?.id)
  expect(get.status).toBe(200)
  expect(progressOf(await get.next())).toBe(3)
  gates[3]?.open()
  expect(progressOf(await get.next())).toBe(4)
  gates[4]?.open()
  const rest = await get.rest()
  expect(rest.map(({ message }) => message)).toEqual([
    { jsonrpc: '2.0', id: 'a', result: { content: [{ type: 'text', text: 'arrived' }] } }
  ])
  expect(await get.closed).toEqual({ whole: true })
})

test('a call that ended while nobody read is resumed to its end', async () => {
  const { open, gates, app } = await steps(2)
  const peer = await open()
  gates[0]?.open()
  const post = await peer.call('steps', {}, 'a')
  const seen = await post.next()
  post.cut()
  await post.closed
  for (const each of gates) each.open()
  await until(() => app.mcp.host.load.calls, 0)
  const rest = await (await peer.get(seen?.id)).rest()
  expect(rest.map(({ message }) => message.method ?? message.id)).toEqual(['notifications/progress', 'a'])
})

test('a call whose stream was read to its end has nothing more to resume', async () => {
  const { open, gates } = await steps(1)
  const peer = await open()
  for (const each of gates) each.open()
  const events = await (await peer.call('steps')).rest()
  const get = await peer.get(events.at(-1)?.id)
  expect(get.status).toBe(405)
  expect((await get.json()).error?.message).toBe('The stream of that event is complete')
})

test('only the events of the resumed stream come back, not those of other calls or GET streams', async () => {
  const { open, gates, app } = await steps(2)
  app.mcp.resource('a://b', {}, () => 'b')
  const peer = await open()
  await (await peer.request('resources/subscribe', { uri: 'a://b' })).closed
  const outward = await peer.get()
  gates[0]?.open()
  const one = await peer.call('steps', {}, 'one')
  const other = await peer.call('steps', {}, 'other')
  const seen = await one.next()
  await other.next()
  one.cut()
  await one.closed
  app.mcp.updated('a://b')
  for (const each of gates) each.open()
  await other.rest()
  const rest = await (await peer.get(seen?.id)).rest()
  expect(rest.map(({ message }) => message.params?.progressToken ?? message.id)).toEqual(['one', 'one'])
  expect((await outward.next())?.message.method).toBe('notifications/resources/updated')
})

test('an event id of another session resumes nothing', async () => {
  const { open, gates } = await steps(1)
  const peer = await open()
  const stranger = await open()
  for (const each of gates) each.open()
  const events = await (await peer.call('steps')).rest()
  const get = await stranger.get(events[0]?.id)
  expect(get.status).toBe(400)
  expect((await get.json()).error?.message).toBe('Nothing can be resumed from this Last-Event-ID')
})

test('ids of events are unique over the streams of a session', async () => {
  const { open, gates } = await steps(3)
  const peer = await open()
  for (const each of gates) each.open()
  const streams = await Promise.all([1, 2, 3].map(async () => (await peer.call('steps')).rest()))
  const ids = streams.flat().map(({ id }) => id)
  expect(ids).toHaveLength(12)
  expect(new Set(ids).size).toBe(12)
})

test('a resumed connection takes the stream over from one that is still open', async () => {
  const { open, gates } = await steps(2)
  const peer = await open()
  gates[0]?.open()
  const post = await peer.call('steps', {}, 'a')
  const seen = await post.next()
  const get = await peer.get(seen?.id)
  expect(await post.closed).toEqual({ whole: true })
  for (const each of gates) each.open()
  expect((await get.rest()).map(({ message }) => message.method ?? message.id)).toEqual(['notifications/progress', 'a'])
})

test('a GET stream is resumed with what came while nobody read', async () => {
  const { open, app } = await listening({ offer: ({ mcp }) => mcp.resource('a://{n}', {}, ({ n }) => n) })
  const peer = await open()
  for (const n of [1, 2, 3]) await (await peer.request('resources/subscribe', { uri: `a://${n}` })).closed
  const first = await peer.get()
  app.mcp.updated('a://1')
  const seen = await first.next()
  first.cut()
  await first.closed
  await turns()
  app.mcp.updated('a://2')
  const second = await peer.get(seen?.id)
  expect((await second.next())?.message.params.uri).toBe('a://2')
  app.mcp.updated('a://3')
  expect((await second.next())?.message.params.uri).toBe('a://3')
})

test('a call without a stream whose client left still runs to its end', async () => {
  const started = gate()
  const hold = gate()
  const done = gate<boolean>()
  const { open, app, url, lines } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('hold', {}, async (_, { signal }) => {
        started.open()
        await hold.passed
        done.open(signal.aborted)
        return 'held'
      })
  })
  const peer = await open()
  const socket = await raw(url)
  socket.write(httpPost(url, { id: 1, method: 'tools/call', params: { name: 'hold' } }, peer.session))
  await started.passed
  socket.destroy()
  await (await peer.request('ping')).closed
  hold.open()
  expect(await done.passed).toBe(false)
  await until(() => app.mcp.host.load.calls, 0)
  expect(lines).toEqual([])
})

test('a session that ends while a call streams ends the stream without an answer', async () => {
  const { open, gates, signals } = await steps(2)
  const peer = await open()
  gates[0]?.open()
  const post = await peer.call('steps')
  await post.next()
  expect((await peer.delete()).status).toBe(204)
  expect(await post.rest()).toEqual([])
  expect(await post.closed).toEqual({ whole: true })
  expect(signals[0]?.aborted).toBe(true)
  expect((await peer.get('stream-1.1')).status).toBe(404)
})

test('a session that ends while a call runs without a stream ends the exchange without an answer', async () => {
  const { open } = await steps(1)
  const peer = await open()
  const post = peer.call('steps')
  await turns(5)
  await peer.delete()
  const reply = await post
  expect(reply.status).toBe(200)
  expect(await reply.text()).toBe('')
})

test('a cancelled call has no answer to resume to', async () => {
  const { open, gates } = await steps(2)
  const peer = await open()
  gates[0]?.open()
  const post = await peer.call('steps', {}, 'a')
  const seen = await post.next()
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'a' } })).closed
  expect(await post.rest()).toEqual([])
  for (const each of gates) each.open()
  await turns()
  expect(await (await peer.get(seen?.id)).rest()).toEqual([])
})
