/** Health checks: where they are, what they say, and to whom. */
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire, { type EndpointOptions } from '../../src/http/index.ts'
import { TestClock } from '../support/clock.ts'
import { until } from '../support/gate.ts'
import { listening } from '../support/listening.ts'
import { send } from '../support/loopback.ts'

const at = (url: string, path: string): string => new URL(path, url).href

test('there is none unless it is asked for', async () => {
  const { url } = await listening()
  for (const path of ['/healthz', '/readyz']) expect((await send(at(url, path), {})).status).toBe(404)
})

test.each(['GET', 'HEAD'])('true is /healthz and /readyz, for %s', async (method) => {
  const { url } = await listening({ plugin: { health: true } })
  for (const path of ['/healthz', '/readyz']) {
    const reply = await send(at(url, path), { method })
    expect(reply.status).toBe(200)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(await reply.text()).toBe(method === 'GET' ? '{"status":"ok"}' : '')
  }
})

test('a text is the path of readiness, an object names either', async () => {
  const one = await listening({ plugin: { health: '/up' } })
  expect((await send(at(one.url, '/up'), {})).status).toBe(200)
  expect((await send(at(one.url, '/healthz'), {})).status).toBe(404)
  const live = await listening({ plugin: { health: { live: '/alive' } } })
  expect((await send(at(live.url, '/alive'), {})).status).toBe(200)
  expect((await send(at(live.url, '/readyz'), {})).status).toBe(404)
})

test('the checks lie beside the prefix of the plugin, and below that of the scope', async () => {
  const { url } = await listening({ plugin: { health: true, prefix: '/api' } })
  expect((await send(at(url, '/healthz'), {})).status).toBe(200)
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(
    async (scope) => {
      await scope.register(handwire, { name: 'a', version: '0', health: true })
    },
    { prefix: '/v1' }
  )
  expect((await app.inject('/v1/healthz')).statusCode).toBe(200)
})

test('a prober may come with any Host and any Origin, and the endpoint still refuses both', async () => {
  const { url } = await listening({ plugin: { health: true } })
  const headers = { host: '10.1.2.3:9999', origin: 'http://elsewhere.example' }
  for (const path of ['/healthz', '/readyz']) expect((await send(at(url, path), { headers })).status).toBe(200)
  expect((await send(url, { headers })).status).toBe(403)
})

test('probes leave no lines in a log at info', async () => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const { url } = await listening({ fastify: { logger: { level: 'info', stream } }, plugin: { health: true } })
  lines.length = 0
  await (await send(at(url, '/readyz'), {})).closed
  expect(lines).toEqual([])
})

/** An API whose session store answers a ping as the test says. */
async function pinged(
  ping: () => Promise<void>
): Promise<{ ready(): Promise<number>; body(): Promise<string>; clock: TestClock }> {
  const clock = new TestClock()
  const sessions = {
    create: () => true,
    read: () => undefined,
    change: () => undefined,
    remove: () => true,
    touch: () => undefined,
    onExpired: () => undefined,
    ping,
    close: () => undefined
  }
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'a', version: '0', health: true, ports: { sessions, clock } })
  return {
    clock,
    ready: async () => (await app.inject('/readyz')).statusCode,
    body: async () => {
      const { headers, payload } = await app.inject('/readyz')
      return `${headers['retry-after']} ${payload}`
    }
  }
}

test('a store that cannot be reached is 503 with Retry-After and without the cause, until it can be again', async () => {
  let down = true
  const { ready, body } = await pinged(async () => {
    if (down) throw new Error('connect 10.0.0.1:6379 refused')
  })
  expect(await ready()).toBe(503)
  expect(await body()).toBe('1 {"status":"unavailable"}')
  down = false
  expect(await ready()).toBe(200)
})

test('a store that does not answer the ping is not waited for', async () => {
  const { ready, clock } = await pinged(() => new Promise(() => undefined))
  const status = ready()
  await until(() => clock.pending, 1)
  clock.pass(2000)
  expect(await status).toBe(503)
})

test('given to the plugin it speaks for all endpoints, given to one for that one', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  const ping = { down: false }
  const ports = {
    events: {
      append: () => 'a',
      end: () => undefined,
      after: () => undefined,
      forget: () => undefined,
      ping: async () => {
        if (ping.down) throw new Error('down')
      }
    }
  }
  const endpoint = (name: string, more: Partial<EndpointOptions> = {}): EndpointOptions => ({
    name,
    version: '0',
    ...more
  })
  await app.register(handwire, { health: true })
  app.register(async (scope) => scope.mcp.serve(endpoint('a', { ports })), { prefix: '/a' })
  app.register(async (scope) => scope.mcp.serve(endpoint('b', { health: '/up' })), { prefix: '/b' })
  await app.ready()
  const statuses = async (): Promise<number[]> =>
    Promise.all(['/healthz', '/readyz', '/b/up'].map(async (path) => (await app.inject(path)).statusCode))
  expect(await statuses()).toEqual([200, 200, 200])
  ping.down = true
  expect(await statuses()).toEqual([200, 503, 200])
})
