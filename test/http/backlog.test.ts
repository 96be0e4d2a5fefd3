/** Readers that are slow or read nothing: cut off in time, bounded in memory, and welcome back. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { SseParser } from '../../src/http/sse.ts'
import { turns, until } from '../support/gate.ts'
import { connections, type Listening, listening, watched } from '../support/listening.ts'
import { httpGet, raw } from '../support/loopback.ts'

/** The body of a chunked reply that was cut somewhere; an unfinished chunk is left out. */
function unchunked(reply: string): string {
  let rest = reply.slice(reply.indexOf('\r\n\r\n') + 4)
  let body = ''
  for (let line = rest.indexOf('\r\n'); line > 0; line = rest.indexOf('\r\n')) {
    const size = Number.parseInt(rest.slice(0, line), 16)
    if (rest.length < line + 2 + size) break
    body += rest.slice(line + 2, line + 2 + size)
    rest = rest.slice(line + 4 + size)
  }
  return body
}

const slow = { backlogBytes: 64 * 1024, logEvents: 100_000, logBytes: 256 * 1024 * 1024 }

/** Pushes until the server has cut the reader off; gives how many messages that took. */
async function flood(app: Listening['app'], touch: () => void, pass = (): void => undefined): Promise<number> {
  for (let count = 1; ; count += 1) {
    touch()
    // a peer that reads nothing is cut off long before this
    if (count > 1_000_000) throw new Error('the reader was never cut off')
    if (count % 100 === 0) {
      pass()
      await turns(1)
      if ((await connections(app)) === 0) return count
    }
  }
}

test('a client that does not read is cut off, and comes back for all that is in the log', async () => {
  const { peer, touch, app, url } = await watched({ plugin: { limits: slow } })
  const socket = (await raw(url)).pause()
  socket.write(httpGet(url, peer.session))
  await until(() => app.mcp.host.load.streams, 1)
  const sent = await flood(app, touch)
  const parser = new SseParser()
  const ids: string[] = []
  let chunks = ''
  socket.on('data', (chunk) => {
    chunks += chunk
  })
  socket.on('error', () => {})
  if (!socket.closed) await once(socket.resume(), 'close')
  for (const event of parser.push(unchunked(chunks))) if (event.id !== undefined) ids.push(event.id)
  expect(ids.length).toBeGreaterThan(0)
  expect(ids.length).toBeLessThan(sent)
  const get = await peer.get(ids.at(-1))
  expect(get.status).toBe(200)
  const missed = []
  while (missed.length < sent - ids.length) missed.push((await get.next())?.id)
  expect(new Set([...ids, ...missed]).size).toBe(sent)
})

test('with the default limits, too, a client that does not read is cut off in time to come back for a hundred messages a second', async () => {
  const { peer, touch, app, url, clock } = await watched()
  const socket = (await raw(url)).pause()
  socket.write(httpGet(url, peer.session))
  await until(() => app.mcp.host.load.streams, 1)
  await flood(app, touch, () => clock.pass(1000))
  let seen = ''
  socket
    .on('error', () => {})
    .on('data', (data) => {
      seen += data
    })
  if (!socket.closed) await once(socket.resume(), 'close')
  const last = new SseParser().push(unchunked(seen)).at(-1)
  expect((await peer.get(last?.id)).status).toBe(200)
})

test('a burst is no sign of a client that does not read: all of it comes, though the log keeps less', async () => {
  const { peer, touch } = await watched()
  const get = await peer.get()
  for (let times = 0; times < 2000; times += 1) touch()
  const ids = new Set<string | undefined>()
  while (ids.size < 2000) ids.add((await get.next())?.id)
  expect(ids).not.toContain(undefined)
})

test('what a client does not read is bounded by backlogBytes in this process', async () => {
  const held: Socket[] = []
  const { peer, touch, app, url } = await watched({
    plugin: { limits: { ...slow, logEvents: 10, logBytes: 10_000 } },
    before: (api) => void api.server.on('connection', (connection) => held.push(connection))
  })
  const socket = (await raw(url)).pause()
  socket.write(httpGet(url, peer.session))
  await until(() => app.mcp.host.load.streams, 1)
  let most = 0
  for (let bursts = 0; (await connections(app)) > 0; bursts += 1) {
    expect(bursts).toBeLessThan(100_000)
    for (let times = 0; times < 20; times += 1) touch()
    await turns(1)
    for (const each of held) most = Math.max(most, each.writableLength)
  }
  expect(most).toBeLessThan(2 * slow.backlogBytes)
  socket.destroy()
})

test('a client that reads is not cut off by one message larger than backlogBytes', async () => {
  const { open } = await listening({
    plugin: { limits: { backlogBytes: 1000 } },
    offer: ({ mcp }) =>
      mcp.tool('large', {}, async (_, context) => {
        context.progress({ progress: 1 })
        return 'x'.repeat(5000)
      })
  })
  const events = await (await (await open()).call('large')).rest()
  expect(events.at(-1)?.message.result?.content[0].text).toHaveLength(5000)
})

test('a result larger than backlogBytes and logBytes reaches a client that reads its stream', async () => {
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('large', {}, async (_, context) => {
        context.progress({ progress: 1 })
        return 'x'.repeat(2 * 1024 * 1024)
      })
  })
  const events = await (await (await open()).call('large')).rest()
  expect(events.at(-1)?.message.result?.content[0].text).toHaveLength(2 * 1024 * 1024)
})

test('a tool that logs more in one turn than a stream keeps loses log messages, never its result', async () => {
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('chatter', {}, (_, context) => {
        for (let line = 0; line < 1000; line += 1) context.message('info', line)
        return 'done'
      })
  })
  const peer = await open()
  const call = await peer.call('chatter')
  const told: unknown[] = []
  for (let event = await call.next(); event !== undefined; event = await call.next()) {
    const message = JSON.parse(event.data ?? '{}')
    told.push(message.method === 'notifications/message' ? message.params.data : message.result.content[0].text)
  }
  expect(told.at(-1)).toBe('done')
  expect(told.length).toBeGreaterThan(100)
  expect(told.slice(0, -1)).toEqual(told.slice(0, -1).map((_, index) => index))
})
