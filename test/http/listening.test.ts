/** GET streams over real sockets: who gets which message, keep-alive, and what is left of a cut connection. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { turns, until } from '../support/gate.ts'
import { connections, watched } from '../support/listening.ts'
import { httpPost, raw } from '../support/loopback.ts'

test('the head of a GET comes at once, before there is anything to say', async () => {
  const { peer } = await watched()
  const get = await peer.get()
  expect(get.status).toBe(200)
  expect(get.headers['content-type']).toBe('text/event-stream')
  expect(get.headers['cache-control']).toContain('no-cache')
})

test('each message goes on exactly one of several GET streams', async () => {
  const { peer, touch } = await watched()
  const gets = [await peer.get(), await peer.get(), await peer.get()]
  for (let times = 0; times < 10; times += 1) touch()
  await turns()
  await peer.delete()
  const events = await Promise.all(gets.map((get) => get.rest()))
  expect(events.map((seen) => seen.length).reduce((sum, count) => sum + count)).toBe(10)
  const ids = events.flat().map(({ id }) => id)
  expect(new Set(ids).size).toBe(10)
})

test('when the stream that got the messages is cut, another one that is open gets them', async () => {
  const { peer, touch, app } = await watched()
  const first = await peer.get()
  const second = await peer.get()
  touch()
  await second.next()
  second.cut()
  await until(() => connections(app), 1)
  await turns()
  touch()
  expect((await first.next())?.message.method).toBe('notifications/resources/updated')
})

test('a session hears nothing of what another one subscribed to', async () => {
  const { peer, touch, open } = await watched()
  const other = await open()
  const theirs = await other.get()
  const ours = await peer.get()
  touch()
  await ours.next()
  await other.delete()
  expect(await theirs.rest()).toEqual([])
})

test('the ninth GET stream is 429 with Retry-After, and room comes back', async () => {
  const { peer, app } = await watched()
  const gets = []
  for (let count = 0; count < 8; count += 1) gets.push(await peer.get())
  const ninth = await peer.get()
  expect(ninth.status).toBe(429)
  expect(ninth.headers['retry-after']).toBe('1')
  expect((await ninth.json()).error).toMatchObject({ code: -32000 })
  gets[0]?.cut()
  await until(() => connections(app), 7)
  await turns()
  expect((await peer.get()).status).toBe(200)
})

test('a quiet stream gets a comment every keepAliveMs, and no event from it', async () => {
  const { peer, touch, clock } = await watched()
  const get = await peer.get()
  clock.pass(15_000)
  clock.pass(15_000)
  touch()
  await get.next()
  expect(get.received.startsWith(':\n:\n:\nid: ')).toBe(true)
})

test('a cut connection leaves no timer', async () => {
  const { peer, clock, app } = await watched({ plugin: { limits: { logKeptMs: 7 } } })
  const before = clock.pending
  const get = await peer.get()
  get.cut()
  await until(() => connections(app), 0)
  await turns()
  clock.pass(7)
  expect(clock.pending).toBe(before)
})

test('two requests in one segment of one connection are both served, in order', async () => {
  const { peer, url } = await watched()
  const socket = await raw(url)
  let seen = ''
  socket.on('data', (chunk) => {
    seen += chunk
  })
  socket.write(
    httpPost(url, { id: 1, method: 'ping' }, peer.session) +
      httpPost(url, { id: 2, method: 'ping' }, peer.session, ['Connection: close'])
  )
  await once(socket, 'close')
  expect([...seen.matchAll(/"id":(\d)/g)].map(([, id]) => id)).toEqual(['1', '2'])
})
