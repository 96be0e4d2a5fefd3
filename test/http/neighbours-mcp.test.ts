/** MCP over real sockets inside an API with the usual plugins: their headers are on every answer, and none of them holds an event back. */
import { gunzipSync, gzipSync } from 'node:zlib'
import type { FastifyCompressOptions } from '@fastify/compress'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { initialize } from '../support/bench.ts'
import { gate } from '../support/gate.ts'
import { both, LoopbackPeer, type LoopbackReply, send } from '../support/loopback.ts'
import { neighbours, site } from '../support/neighbours.ts'
import { ask } from '../support/neighbours-requests.ts'

const json = { 'content-type': 'application/json', accept: both }
const zipped = { 'accept-encoding': 'gzip' }

interface Served {
  app: FastifyInstance
  origin: string
  url: string
  peer: LoopbackPeer
  /** Lets the held call go on. */
  goOn(): void
}

/** The API with an endpoint whose tool tells of a step and then waits. */
async function served(fastify: FastifyServerOptions = {}, compress: FastifyCompressOptions = {}): Promise<Served> {
  const hold = gate()
  const mcp = async (app: FastifyInstance): Promise<void> => {
    await app.register(handwire, { name: 'todos', version: '1.0.0', origins: [site] })
    app.mcp.tool('large', {}, () => 'row '.repeat(1000))
    app.mcp.tool('step', {}, async (_, context) => {
      context.progress({ progress: 1, total: 2 })
      await hold.passed
      return 'done'
    })
  }
  const last = (app: FastifyInstance): unknown => app.get('/hangs', () => new Promise(() => {}))
  const { app, origin } = await neighbours({ mcp, last, fastify, compress })
  const url = `${origin}/mcp`
  return { app, origin, url, peer: await LoopbackPeer.open(url), goOn: () => hold.open() }
}

const call = (name: string): object => ({
  id: 'call',
  method: 'tools/call',
  params: { name, arguments: {}, _meta: { progressToken: 'call' } }
})

/** What the plugins of the API put on every answer. */
function expectTheirHeaders({ headers }: LoopbackReply): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'strict-transport-security': expect.any(String),
    'content-security-policy': expect.stringContaining("default-src 'self'"),
    'access-control-allow-origin': site,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': expect.stringContaining('Mcp-Session-Id'),
    'x-request-id': expect.stringMatching(/^request-/),
    'x-api': 'todos'
  })
}

test('a session goes from its handshake to its end beside the usual plugins', async () => {
  const { app, url, peer, goOn } = await served()
  const listed = await (await peer.request('tools/list')).json()
  expect(listed.result.tools.map(({ name }: { name: string }) => name)).toEqual(['large', 'step'])
  expect((await (await peer.call('large')).json()).result.content[0].text).toBe('row '.repeat(1000))
  const get = await peer.get()
  app.mcp.tool('late', {}, () => 'new')
  expect((await get.next())?.message.method).toBe('notifications/tools/list_changed')
  goOn()
  const events = await (await peer.call('step')).rest()
  expect(events.map(({ message }) => message.method ?? message.result.content[0].text)).toEqual([
    'notifications/progress',
    'done'
  ])
  expect((await peer.delete()).status).toBe(204)
  expect(await get.closed).toEqual({ whole: true })
  expect((await new LoopbackPeer(url, peer.session).request('ping')).status).toBe(404)
})

test('compression holds no event of a call back while the call still runs', async () => {
  const { peer, goOn } = await served()
  const reply = await peer.post(call('step'), zipped)
  expect((await reply.next())?.message.params.progress).toBe(1)
  expect(reply.headers['content-encoding']).toBeUndefined()
  goOn()
  expect((await reply.next())?.message.result.content[0].text).toBe('done')
})

test('compression holds no event of a GET stream back', async () => {
  const { app, url, peer } = await served()
  const headers = { accept: 'text/event-stream', 'mcp-session-id': peer.session, ...zipped }
  const reply = await send(url, { headers })
  expect(reply.headers['content-encoding']).toBeUndefined()
  app.mcp.tool('late', {}, () => 'new')
  expect((await reply.next())?.message.method).toBe('notifications/tools/list_changed')
})

test('compression of every type there is holds no event back', async () => {
  const { url, peer, goOn } = await served({}, { customTypes: /./ })
  const reply = await peer.post(call('step'), zipped)
  expect((await reply.next())?.message.params.progress).toBe(1)
  const headers = { accept: 'text/event-stream', 'mcp-session-id': peer.session, ...zipped }
  const get = await send(url, { headers })
  await get.saw(':')
  goOn()
  expect([reply.headers['content-encoding'], get.headers['content-encoding']]).toEqual([undefined, undefined])
})

test('a call whose stream was cut is resumed beside the usual plugins', async () => {
  const { url, peer, goOn } = await served()
  const reply = await peer.post(call('step'), zipped)
  const first = await reply.next()
  reply.cut()
  const headers = { accept: 'text/event-stream', 'mcp-session-id': peer.session, ...zipped }
  const resumed = await send(url, { headers: { ...headers, 'last-event-id': first?.id as string } })
  goOn()
  expect((await resumed.rest()).map(({ message }) => message.result.content[0].text)).toEqual(['done'])
})

test('a large JSON answer is compressed, and is the same when it is unpacked', async () => {
  const { origin, peer } = await served()
  const asked = (headers: object): ReturnType<typeof ask> =>
    ask(origin, {
      method: 'POST',
      path: '/mcp',
      headers: { ...json, 'mcp-session-id': peer.session, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', ...call('large') })
    })
  const [small, plain] = [await asked(zipped), await asked({})]
  expect(small.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(Buffer.from(small.body, 'latin1')).toString()).toBe(plain.body)
  expect(JSON.parse(plain.body).result.content[0].text).toBe('row '.repeat(1000))
})

test('a request whose body is compressed is unpacked by the API and then read', async () => {
  const { url, peer } = await served()
  const reply = await send(url, {
    method: 'POST',
    headers: { ...json, 'content-encoding': 'gzip', 'mcp-session-id': peer.session },
    body: gzipSync(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }))
  })
  expect(await reply.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
})

test('the headers of CORS, helmet and hooks are on JSON, streams, 202, 204 and refusals', async () => {
  const { url, peer, goOn } = await served()
  const origin = { origin: site }
  const session = { ...origin, 'mcp-session-id': peer.session }
  const replies = [
    await send(url, { method: 'POST', headers: { ...json, ...origin }, body: JSON.stringify(initialize()) }),
    await peer.post({ id: 1, method: 'ping' }, origin),
    await peer.post(call('step'), origin),
    await send(url, { headers: { accept: 'text/event-stream', ...session } }),
    await peer.post({ method: 'notifications/roots/list_changed' }, origin),
    await peer.post({ id: 1 }, origin),
    await send(url, { method: 'PUT', headers: session }),
    await send(url, { method: 'DELETE', headers: session })
  ]
  goOn()
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 202, 400, 405, 204])
  for (const reply of replies) expectTheirHeaders(reply)
})

test('the preflight of a browser is answered by the API, for every method of the endpoint', async () => {
  const { url } = await served()
  for (const method of ['POST', 'GET', 'DELETE']) {
    const { status, headers } = await send(url, {
      method: 'OPTIONS',
      headers: {
        origin: site,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type, mcp-session-id, mcp-protocol-version, last-event-id'
      }
    })
    expect(status).toBe(204)
    expect(headers['access-control-allow-origin']).toBe(site)
    expect(headers['access-control-allow-methods']).toContain(method)
    expect(headers['access-control-allow-headers']).toContain('mcp-session-id')
  }
})

test('a page of another site is refused, and may not read the refusal', async () => {
  const { url } = await served()
  const headers = { ...json, origin: 'http://elsewhere.example' }
  const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })
  expect(reply.status).toBe(403)
  expect(reply.headers['access-control-allow-origin']).toBeUndefined()
})

test('closing the API ends its open streams, with all the usual plugins', async () => {
  const { app, peer, goOn } = await served({ forceCloseConnections: 'idle' })
  const get = await peer.get()
  const post = await peer.post(call('step'))
  await post.next()
  const closed = app.close()
  goOn()
  expect((await post.next())?.message.result.content[0].text).toBe('done')
  await closed
  expect([await get.closed, await post.closed]).toEqual([{ whole: true }, { whole: true }])
})

test('the time limit of the API for its own handlers cuts no stream', async () => {
  const { app, origin, peer } = await served({ handlerTimeout: 1 })
  const get = await peer.get()
  // a route of the API that hangs has met the limit by the time it is answered, and the stream began before it
  expect((await send(`${origin}/hangs`, {})).status).toBe(503)
  app.mcp.tool('late', {}, () => 'new')
  expect((await get.next())?.message.method).toBe('notifications/tools/list_changed')
})

test('a serializer that the API chose for a reply does not write JSON-RPC a second time', async () => {
  const mcp = async (app: FastifyInstance): Promise<void> => {
    app.addHook('onRequest', async (_, reply) => void reply.serializer((payload: unknown) => JSON.stringify(payload)))
    await app.register(handwire, { name: 'todos', version: '1.0.0' })
  }
  const { origin } = await neighbours({ mcp })
  const peer = await LoopbackPeer.open(`${origin}/mcp`)
  const good = await peer.request('ping', {}, 1)
  expect(good.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(await good.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} })
  expect((await (await peer.post({ id: null, method: 'ping' })).json()).error?.code).toBe(-32600)
})
