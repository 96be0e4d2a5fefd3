/** `config` of an endpoint: what plugins of the API read of its routes, so that it may have ways of its own beside those of the API. */
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { LoopbackPeer, type LoopbackReply, send } from '../support/loopback.ts'
import { neighbours } from '../support/neighbours.ts'

interface Configured {
  origin: string
  url: string
  /** How many requests the API lets a caller make. */
  limit: { most: number }
}

async function configured(config: object): Promise<Configured> {
  const limit = { most: 100_000 }
  const mcp = async (app: FastifyInstance): Promise<void> => {
    await app.register(handwire, {
      name: 'todos',
      version: '1.0.0',
      origins: ['https://inspector.example'],
      config: config as FastifyContextConfig
    })
  }
  const { origin } = await neighbours({ mcp, most: () => limit.most })
  return { origin, url: `${origin}/mcp`, limit }
}

test('an endpoint may be left out of the rate limit of the API', async () => {
  const { origin, url, limit } = await configured({ rateLimit: false })
  limit.most = 0
  const peer = await LoopbackPeer.open(url)
  expect((await peer.request('ping')).status).toBe(200)
  expect((await send(`${origin}/todos`, {})).status).toBe(429)
})

test('an endpoint may have a rate limit of its own', async () => {
  const { origin, url } = await configured({ rateLimit: { max: 3, timeWindow: '1 hour' } })
  const peer = await LoopbackPeer.open(url)
  expect([(await peer.request('ping')).status, (await peer.request('ping')).status]).toEqual([200, 429])
  expect((await send(`${origin}/todos`, {})).headers['x-ratelimit-limit']).toBe('100000')
})

test('an endpoint may let in pages of another site than the API does', async () => {
  const inspector = 'https://inspector.example'
  const cors = { origin: [inspector], methods: ['GET', 'POST', 'DELETE'], exposedHeaders: ['Mcp-Session-Id'] }
  const { origin, url } = await configured({ cors })
  const peer = await LoopbackPeer.open(url)
  const allowed = ({ headers }: LoopbackReply): unknown => headers['access-control-allow-origin']
  const answer = await peer.post({ id: 1, method: 'ping' }, { origin: inspector })
  expect(allowed(answer)).toBe(inspector)
  expect(answer.headers['access-control-expose-headers']).toBe('Mcp-Session-Id')
  const asking = { origin: inspector, 'access-control-request-method': 'DELETE' }
  const preflight = await send(url, { method: 'OPTIONS', headers: asking })
  expect(allowed(preflight)).toBe(inspector)
  expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST, DELETE')
  expect(allowed(await send(`${origin}/todos`, { headers: { origin: inspector } }))).toBeUndefined()
})
