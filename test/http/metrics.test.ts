/** The numbers for Prometheus, read as Prometheus reads them. */
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { type MetricsOptions, metrics } from '../../src/http/metrics.ts'
import { gate, until } from '../support/gate.ts'
import { type Listening, listening } from '../support/listening.ts'
import { send } from '../support/loopback.ts'

interface Metered extends Listening {
  /** The value of one series, by its name and labels as they are printed; undefined when there is none. */
  value(series: string): Promise<number | undefined>
  text(): Promise<string>
  running: Promise<void>
}

async function metered(options: Partial<MetricsOptions> = {}): Promise<Metered> {
  const register = new Registry()
  const started = gate()
  const server = await listening({
    plugin: { observers: [metrics({ register, ...options })], limits: { sessionIdleMs: 1000, callMs: 500 } },
    offer: ({ mcp }) => {
      mcp.tool('fine', {}, () => 'fine')
      mcp.tool('bad', {}, () => ({ content: [], isError: true }))
      mcp.tool('hang', {}, () => {
        started.open()
        return gate<string>().passed
      })
    }
  })
  const text = (): Promise<string> => register.metrics()
  return {
    ...server,
    text,
    running: started.passed,
    value: async (series) => {
      const line = (await text()).split('\n').find((one) => one.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    }
  }
}

test('sessions, streams and calls in flight are those of the moment', async () => {
  const { open, value, running } = await metered()
  expect(await value('mcp_sessions')).toBe(0)
  const peer = await open()
  await open()
  await peer.get()
  const hanging = peer.call('hang', {}, 'h')
  await running
  expect(await value('mcp_sessions')).toBe(2)
  expect(await value('mcp_streams')).toBe(1)
  expect(await value('mcp_calls_in_flight')).toBe(1)
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'h' } })).closed
  await (await hanging).closed
  expect(await value('mcp_calls_in_flight')).toBe(0)
})

test('durations are told by method, tool and outcome, in seconds', async () => {
  const { open, value, running, clock } = await metered({ buckets: [0.1, 1] })
  const peer = await open()
  await (await peer.call('fine')).closed
  await (await peer.call('fine')).closed
  await (await peer.call('bad')).closed
  await (await peer.request('tools/list')).closed
  const hanging = peer.call('hang')
  await running
  clock.pass(500)
  await (await hanging).closed
  const count = (labels: string): Promise<number | undefined> => value(`mcp_request_duration_seconds_count{${labels}}`)
  expect(await count('method="tools/call",tool="fine",outcome="result"')).toBe(2)
  expect(await count('method="tools/call",tool="bad",outcome="toolError"')).toBe(1)
  expect(await count('method="tools/list",tool="",outcome="result"')).toBe(1)
  const slow = 'method="tools/call",tool="hang",outcome="timedOut"'
  expect(await value(`mcp_request_duration_seconds_sum{${slow}}`)).toBe(0.5)
  expect(await value(`mcp_request_duration_seconds_bucket{le="0.1",${slow}}`)).toBe(0)
  expect(await value(`mcp_request_duration_seconds_bucket{le="1",${slow}}`)).toBe(1)
})

test('errors are counted by code and name, refusals among them', async () => {
  const { open, url, value } = await metered()
  const peer = await open()
  await (await peer.call('none')).closed
  await (await peer.request('no/such')).closed
  await (await send(url, { method: 'PUT' })).closed
  expect(await value('mcp_errors_total{code="-32602",error="unknownTool"}')).toBe(1)
  expect(await value('mcp_errors_total{code="-32601",error="unknownMethod"}')).toBe(1)
  expect(await value('mcp_errors_total{code="-32600",error="wrongHttpMethod"}')).toBe(1)
})

test('sessions are counted as opened, ended and expired', async () => {
  const { open, value, clock } = await metered()
  const peer = await open()
  await open()
  await (await peer.delete()).closed
  clock.pass(2000)
  await until(() => value('mcp_sessions'), 0)
  expect(await value('mcp_sessions_total{event="opened"}')).toBe(2)
  expect(await value('mcp_sessions_total{event="ended"}')).toBe(1)
  expect(await value('mcp_sessions_total{event="expired"}')).toBe(1)
})

test('a name that a client invents is no label, and tools beyond the bound share one', async () => {
  const { open, text } = await metered({ tools: 1 })
  const peer = await open()
  for (const name of ['invented-a', 'invented-b', 'fine', 'bad']) await (await peer.call(name)).closed
  await (await peer.request('invented/method')).closed
  const all = await text()
  expect(all).not.toContain('invented')
  expect(all).toContain('tool="fine"')
  expect(all).toContain('tool="other"')
  expect(all).not.toContain('tool="bad"')
})

test('one observer adds up the endpoints that share it, until they close', async () => {
  const register = new Registry()
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { observers: [metrics({ register, prefix: 'two_' })] })
  for (const prefix of ['/a', '/b'])
    app.register(async (scope) => scope.mcp.serve({ name: prefix, version: '0' }), { prefix })
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a', version: '0' } }
  }
  for (const url of ['/a', '/b'])
    await app.inject({ method: 'POST', url, headers: { host: 'localhost' }, payload: body })
  expect(await register.metrics()).toContain('two_sessions 2\n')
  await app.close()
  expect(await register.metrics()).toContain('two_sessions 0\n')
})
