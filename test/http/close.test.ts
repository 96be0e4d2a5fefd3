/** The end of the server with connections open. */
import { once } from 'node:events'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { defaultLimits } from '../../src/protocol/limits.ts'
import { MemoryLog, MemorySessions, systemClock } from '../../src/protocol/memory.ts'
import { initialize } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'
import { watched } from '../support/listening.ts'
import { httpGet, httpPost, raw } from '../support/loopback.ts'

test('close ends GET and POST streams and resolves with them open', async () => {
  const started = gate()
  const server = await watched({
    plugin: { limits: { graceMs: 50 } },
    realTime: true,
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hang', {}, async (_, context) => {
        context.progress({ progress: 1 })
        started.open()
        await gate().passed
        return 'never'
      })
    }
  })
  const get = await server.peer.get()
  const post = await server.peer.call('hang')
  await started.passed
  await server.app.close()
  expect(await get.closed).toEqual({ whole: true })
  expect(await post.closed).toEqual({ whole: true })
  expect((await post.rest()).at(-1)?.message.error).toEqual({ code: -32000, message: 'The server is closing' })
})

test('a call that outlasts the grace period is answered with an error, where nothing was said before', async () => {
  const started = gate()
  const { app, peer, clock } = await watched({
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hang', {}, () => {
        started.open()
        return gate().passed
      })
    }
  })
  const post = peer.call('hang', {}, 7)
  await started.passed
  const closed = app.close()
  await turns()
  clock.pass(1000)
  expect(await (await post).json()).toEqual({
    jsonrpc: '2.0',
    id: 7,
    error: { code: -32000, message: 'The server is closing' }
  })
  await closed
})

test('close does not wait for connections that are kept alive', async () => {
  const { app, peer, url } = await watched({ fastify: { forceCloseConnections: 'idle' } })
  const [get, idle] = [await raw(url), await raw(url)]
  get.write(httpGet(url, peer.session))
  await once(get, 'data')
  idle.write(httpPost(url, { id: 1, method: 'ping' }, peer.session))
  await once(idle, 'data')
  await app.close()
  get.destroy()
  idle.destroy()
})

test('a GET that comes while the server closes gets no stream that nobody ends', async () => {
  const hold = gate()
  const started = gate()
  const { app, peer } = await watched({
    fastify: { return503OnClosing: false },
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
    }
  })
  const post = peer.call('hold')
  await started.passed
  const closed = app.close()
  const get = await peer.get()
  hold.open()
  await post
  await get.closed
  await closed
})

test('close lets a running call give its answer within the grace period', async () => {
  const hold = gate()
  const started = gate()
  const { app, peer } = await watched({
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
    }
  })
  const post = peer.call('hold')
  await started.passed
  const closed = app.close()
  await turns()
  hold.open()
  expect((await (await post).json()).result.content[0].text).toBe('held')
  await closed
})

/** A store whose every answer takes a turn of the event loop. */
function slow<T extends object>(store: T): T {
  const later = (work: () => unknown): Promise<unknown> => turns(1).then(work)
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown
      if (typeof member !== 'function') return member
      const call = (...given: unknown[]): unknown => Reflect.apply(member, target, given)
      return name === 'onExpired' ? call : (...given: unknown[]) => later(() => call(...given))
    }
  })
}

test('with stores that take their time, calls are answered before close resolves, and it does though connections are kept alive', async () => {
  const sessions = slow(new MemorySessions(systemClock, 10, 1e6))
  const events = slow(new MemoryLog(systemClock, defaultLimits))
  const app = Fastify({ forceCloseConnections: 'idle' })
  await app.register(handwire, { name: 'test', version: '0', limits: { graceMs: 50 }, ports: { sessions, events } })
  const started = gate()
  app.mcp.tool('hang', {}, async (_, context) => {
    context.progress({ progress: 1 })
    started.open()
    await gate().passed
    return 'never'
  })
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
  const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  const post = (message: object, more: object = {}): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(message) })
  const opened = await post(initialize({}))
  const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) }
  await opened.text()
  const params = { name: 'hang', _meta: { progressToken: 1 } }
  const call = await post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }, session)
  await started.passed
  const told = call.text()
  await app.close()
  expect(await told).toContain('"id":7,"error":{"code":-32000,"message":"The server is closing"}')
})
