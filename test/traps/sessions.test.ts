/** Traps about sessions: opened by nobody's wish, lost at a restart, or tied to one process. */
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { defaultLimits } from '../../src/protocol/limits.ts'
import { MemoryLog, MemorySessions, systemClock } from '../../src/protocol/memory.ts'
import type { EventLog, SessionStore } from '../../src/protocol/ports.ts'
import { initialize } from '../support/bench.ts'
import { listening } from '../support/listening.ts'
import { both, LoopbackPeer, send } from '../support/loopback.ts'

const json = { 'content-type': 'application/json', accept: both }
const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

test('requests without a session are refused and leave no session, stream or call behind', async () => {
  const { app, url } = await listening()
  const statuses = new Set<number>()
  for (let asked = 0; asked < 100; asked += 1) {
    const post = await send(url, { method: 'POST', headers: json, body: ping.replace('ping', 'tools/list') })
    const get = await send(url, { headers: { accept: 'text/event-stream' } })
    for (const { status } of [post, get]) statuses.add(status)
    expect([post.headers['mcp-session-id'], get.headers['mcp-session-id']]).toEqual([undefined, undefined])
  }
  expect([...statuses]).toEqual([400])
  expect(app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})

test('a body that is no message is the fault of the client, and opens no session', async () => {
  const { app, url } = await listening()
  const bodies: [string, string][] = [
    ['application/json', 'null'],
    ['application/json', ''],
    ['application/json', '{'],
    ['application/json', '[]'],
    ['text/plain', ping],
    ['application/x-www-form-urlencoded', 'a=b']
  ]
  for (const [type, body] of bodies) {
    const reply = await send(url, { method: 'POST', headers: { ...json, 'content-type': type }, body })
    expect([400, 415]).toContain(reply.status)
    expect(reply.headers['mcp-session-id']).toBeUndefined()
  }
  expect(app.mcp.host.load.sessions).toBe(0)
})

interface Stores {
  sessions?: SessionStore
  events?: EventLog
}

/** One process of a server, as far as a client can tell. */
async function process(stores: Stores = {}): Promise<{ app: FastifyInstance; url: string }> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(handwire, { name: 'test', version: '0', ports: stores })
  app.mcp.tool('hello', {}, () => 'world')
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return { app, url: `${address}/mcp` }
}

test('after a restart an old id is answered 404, and an initialize that still names it opens a new session', async () => {
  const before = await process()
  const { session } = await LoopbackPeer.open(before.url)
  await before.app.close()
  const { url } = await process()
  const headers = { ...json, 'mcp-session-id': session }
  expect((await send(url, { method: 'POST', headers, body: ping })).status).toBe(404)
  const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })
  expect(reply.status).toBe(200)
  const fresh = reply.headers['mcp-session-id'] as string
  expect(fresh).not.toBe(session)
  expect((await (await new LoopbackPeer(url, fresh).request('ping')).json()).result).toEqual({})
})

/** Stores that outlive the process that uses them. */
function lasting(): Required<Stores> {
  const { sessions: most, sessionIdleMs } = defaultLimits
  const sessions = new MemorySessions(systemClock, most, sessionIdleMs)
  sessions.close = () => undefined
  return { sessions, events: new MemoryLog(systemClock, defaultLimits) }
}

test('a session in a store that outlives the process goes on after a restart', async () => {
  const stores = lasting()
  const before = await process(stores)
  const { session } = await LoopbackPeer.open(before.url)
  await before.app.close()
  const peer = new LoopbackPeer((await process(stores)).url, session)
  expect((await (await peer.call('hello')).json()).result.content[0].text).toBe('world')
})

test('with a shared store any process answers the requests of a session', async () => {
  const stores = lasting()
  const [one, other] = [await process(stores), await process(stores)]
  const { session } = await LoopbackPeer.open(one.url)
  for (const { url } of [other, one, other]) {
    const reply = await new LoopbackPeer(url, session).call('hello')
    expect((await reply.json()).result.content[0].text).toBe('world')
  }
  expect((await new LoopbackPeer(other.url, session).delete()).status).toBe(204)
  expect((await new LoopbackPeer(one.url, session).request('ping')).status).toBe(404)
})

test('a process that closes ends no session of a shared store', async () => {
  const stores = lasting()
  const [one, other] = [await process(stores), await process(stores)]
  const { session } = await LoopbackPeer.open(one.url)
  const peer = new LoopbackPeer(other.url, session)
  expect((await peer.request('ping')).status).toBe(200)
  await one.app.close()
  expect((await (await peer.request('ping')).json()).result).toEqual({})
})
