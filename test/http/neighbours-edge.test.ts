/** Refused before the endpoint: by the rate limit and the pressure gauge of the API, in its own words, which clients survive. */
import rateLimit from '@fastify/rate-limit'
import { Client as ClientOfTwo, StreamableHTTPClientTransport as TransportOfTwo } from '@modelcontextprotocol/client'
import { Client as ClientOfOne } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOfOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { clientInfo, initialize } from '../support/bench.ts'
import { gate, until } from '../support/gate.ts'
import { both, LoopbackPeer, send } from '../support/loopback.ts'
import { neighbours } from '../support/neighbours.ts'

/** What keeps requests out just now. */
interface Edge {
  most: number
  pressed: boolean
}

interface Edged {
  app: FastifyInstance
  origin: string
  url: string
  edge: Edge
}

async function edged(): Promise<Edged> {
  const edge: Edge = { most: 100_000, pressed: false }
  const mcp = async (app: FastifyInstance): Promise<void> => {
    await app.register(handwire, { name: 'todos', version: '1.0.0' })
    app.mcp.tool('hello', {}, () => 'world')
  }
  const { app, origin } = await neighbours({ mcp, most: () => edge.most, pressed: () => edge.pressed })
  return { app, origin, url: `${origin}/mcp`, edge }
}

/** An endpoint with a limit of its own, by session, or by address where there is none yet. */
async function limited(max: number): Promise<{ origin: string; url: string }> {
  const mcp = async (app: FastifyInstance): Promise<void> => {
    await app.register(handwire)
    await app.register(
      async (scope) => {
        const keyGenerator = ({ headers, ip }: { headers: object; ip: string }): string =>
          String((headers as Record<string, string>)['mcp-session-id'] ?? ip)
        await scope.register(rateLimit, { max, timeWindow: '1 hour', keyGenerator })
        scope.mcp.serve({ name: 'todos', version: '1.0.0' })
      },
      { prefix: '/mcp' }
    )
  }
  const { origin } = await neighbours({ mcp, globalLimit: false })
  return { origin, url: `${origin}/mcp` }
}

const status = async (url: string): Promise<number> => (await send(url, {})).status

test('past the limit of the API the endpoint answers 429 with Retry-After, in the words of the API', async () => {
  const { url, edge } = await edged()
  const peer = await LoopbackPeer.open(url)
  edge.most = 0
  for (const reply of [await peer.request('ping'), await peer.get(), await peer.delete()]) {
    expect(reply.status).toBe(429)
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    expect(await reply.json()).toMatchObject({ problem: expect.stringContaining('Rate limit exceeded'), at: '/mcp' })
  }
})

test('a session outlives a limit that was met, and so does its open stream', async () => {
  const { app, url, edge } = await edged()
  const peer = await LoopbackPeer.open(url)
  const stream = await peer.get()
  edge.most = 0
  expect((await peer.request('ping')).status).toBe(429)
  app.mcp.tool('late', {}, () => 'new')
  expect((await stream.next())?.message.method).toBe('notifications/tools/list_changed')
  edge.most = 100_000
  expect((await (await peer.request('ping')).json()).result).toEqual({})
})

test('a limit keyed by session is met by one session and not by another', async () => {
  const { url } = await limited(3)
  const [first, second] = [await LoopbackPeer.open(url), await LoopbackPeer.open(url)]
  const statuses = []
  for (const peer of [first, first, first, second]) statuses.push((await peer.request('ping')).status)
  // the notification that follows the handshake was the first of each
  expect(statuses).toEqual([200, 200, 429, 200])
})

test('the limit of an endpoint counts no request to the routes of the API, nor is it on them', async () => {
  const { origin, url } = await limited(2)
  for (let asked = 0; asked < 5; asked += 1) expect(await status(`${origin}/todos`)).toBe(200)
  const peer = await LoopbackPeer.open(url)
  expect((await peer.request('ping')).headers['x-ratelimit-remaining']).toBe('0')
  expect((await peer.request('ping')).status).toBe(429)
  const { status: after, headers } = await send(`${origin}/todos`, {})
  expect([after, headers['x-ratelimit-limit']]).toEqual([200, undefined])
})

test('a limit that the API sets in a hook counts also what the endpoint refuses', async () => {
  const mcp = async (app: FastifyInstance): Promise<void> => {
    app.addHook('onRequest', app.rateLimit({ max: 2, timeWindow: '1 hour' }))
    await app.register(handwire, { name: 'todos', version: '1.0.0' })
  }
  const { origin } = await neighbours({ mcp, globalLimit: false })
  const statuses = []
  for (let asked = 0; asked < 3; asked += 1)
    statuses.push((await send(`${origin}/mcp`, { headers: { origin: 'http://elsewhere.example' } })).status)
  expect(statuses).toEqual([403, 403, 429])
})

test('under pressure the endpoint answers 503 with Retry-After, and afterwards the session goes on', async () => {
  const { app, url, edge } = await edged()
  const peer = await LoopbackPeer.open(url)
  const stream = await peer.get()
  const pinged = async (): Promise<number> => (await peer.request('ping')).status
  edge.pressed = true
  await until(pinged, 503)
  const headers = { 'content-type': 'application/json', accept: both }
  const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })
  expect([reply.status, reply.headers['retry-after']]).toEqual([503, '7'])
  expect(await reply.json()).toMatchObject({ problem: 'Service Unavailable' })
  edge.pressed = false
  await until(pinged, 200)
  app.mcp.tool('late', {}, () => 'new')
  expect((await stream.next())?.message.method).toBe('notifications/tools/list_changed')
})

/** What the test needs of an official client, whichever. */
interface Official {
  call(): Promise<unknown>
  close(): Promise<void>
}

const officials: Record<string, (url: URL) => Promise<Official>> = {
  'the official client of 2025': async (url) => {
    const client = new ClientOfOne(clientInfo)
    await client.connect(new TransportOfOne(url) as Transport)
    return { call: () => client.callTool({ name: 'hello' }), close: () => client.close() }
  },
  'the official client of 2026': async (url) => {
    const client = new ClientOfTwo(clientInfo)
    await client.connect(new TransportOfTwo(url))
    return { call: () => client.callTool({ name: 'hello' }), close: () => client.close() }
  }
}

const world = { content: [{ type: 'text', text: 'world' }] }

for (const [name, connect] of Object.entries(officials)) {
  test(`${name} reads 429 as the failure of one call, and goes on`, async () => {
    const { url, edge } = await edged()
    const client = await connect(new URL(url))
    onTestFinished(() => client.close())
    edge.most = 0
    await expect(client.call()).rejects.toThrow('Rate limit exceeded')
    edge.most = 100_000
    expect(await client.call()).toMatchObject(world)
  })

  test(`${name} reads 503 as the failure of one call, and goes on`, async () => {
    const { origin, url, edge } = await edged()
    const client = await connect(new URL(url))
    onTestFinished(() => client.close())
    edge.pressed = true
    await until(() => status(`${origin}/todos`), 503)
    await expect(client.call()).rejects.toThrow('Service Unavailable')
    edge.pressed = false
    await until(() => status(`${origin}/todos`), 200)
    expect(await client.call()).toMatchObject(world)
  })
}

test('a limit that is met while a call runs does not touch its stream', async () => {
  const hold = gate()
  const { app, url, edge } = await edged()
  app.mcp.tool('step', {}, async (_, context) => {
    context.progress({ progress: 1 })
    await hold.passed
    return 'done'
  })
  const peer = await LoopbackPeer.open(url)
  const reply = await peer.call('step')
  expect((await reply.next())?.message.method).toBe('notifications/progress')
  edge.most = 0
  expect((await peer.request('ping')).status).toBe(429)
  hold.open()
  expect((await reply.next())?.message.result.content[0].text).toBe('done')
})
