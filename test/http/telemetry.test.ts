/** Spans and durations as the real OpenTelemetry SDK records them. */
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sessionDigest } from '../../src/http/log.ts'
import { type TelemetryOptions, telemetry } from '../../src/http/telemetry.ts'
import { gate } from '../support/gate.ts'
import { type Listening, type ListeningOptions, listening } from '../support/listening.ts'
import type { LoopbackPeer } from '../support/loopback.ts'

const recorded = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(recorded)] })
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })
const meters = new MeterProvider({ readers: [reader] })

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  metrics.setGlobalMeterProvider(meters)
})
beforeEach(() => recorded.reset())
afterAll(async () => {
  await meters.shutdown()
  await provider.shutdown()
})

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${spanId}-01`

/** The one span of that name. */
function span(name: string): ReadableSpan {
  const found = recorded.getFinishedSpans().filter((one) => one.name === name)
  expect(found).toHaveLength(1)
  return found[0] as ReadableSpan
}

async function traced(
  options: TelemetryOptions = {},
  more: ListeningOptions = {}
): Promise<Listening & { peer: LoopbackPeer }> {
  const server = await listening({
    offer: ({ mcp }) => {
      mcp.tool('fine', {}, () => 'fine')
      mcp.tool('bad', {}, () => ({ content: [], isError: true }))
      mcp.tool('work', {}, async () => {
        await trace.getTracer('theirs').startActiveSpan('theirs', async (own) => own.end())
        return 'worked'
      })
      mcp.resource('a://{name}', {}, () => 'a')
      mcp.prompt('hello', {}, () => 'hello')
    },
    ...more,
    plugin: { observers: [telemetry(options)] }
  })
  return { ...server, peer: await server.open({ roots: {} }) }
}

test('a call is a SERVER span with what the conventions ask for', async () => {
  const { peer } = await traced()
  await (await peer.call('fine', {}, 7)).closed
  const { kind, attributes, status } = span('tools/call fine')
  expect(kind).toBe(SpanKind.SERVER)
  expect(attributes).toEqual({
    'mcp.method.name': 'tools/call',
    'mcp.protocol.version': '2025-06-18',
    'mcp.session.id': sessionDigest(peer.session),
    'jsonrpc.request.id': '7',
    'gen_ai.tool.name': 'fine',
    'gen_ai.operation.name': 'execute_tool',
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'network.protocol.version': '1.1'
  })
  expect(status.code).toBe(SpanStatusCode.UNSET)
})

test('prompts, resources and the handshake have spans as well', async () => {
  const { peer } = await traced()
  await (await peer.request('prompts/get', { name: 'hello' })).closed
  await (await peer.request('resources/read', { uri: 'a://b' })).closed
  expect(span('prompts/get hello').attributes).toMatchObject({ 'gen_ai.prompt.name': 'hello' })
  expect(span('resources/read').attributes).toMatchObject({ 'mcp.resource.uri': 'a://b' })
  expect(span('initialize').attributes).toMatchObject({ 'mcp.method.name': 'initialize' })
})

test('session ids and URIs stay out where they are not wanted', async () => {
  const { peer } = await traced({ session: 'none', uris: false })
  await (await peer.request('resources/read', { uri: 'a://b' })).closed
  const names = Object.keys(span('resources/read').attributes)
  expect(names).not.toContain('mcp.session.id')
  expect(names).not.toContain('mcp.resource.uri')
})

test('the id of the session is in no span', async () => {
  const { peer } = await traced({}, { realTime: true })
  await (await peer.call('fine')).closed
  const all = recorded.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }))
  expect(all.length).toBeGreaterThan(1)
  expect(JSON.stringify(all)).not.toContain(peer.session)
})

test('a failed tool and an error are told apart, and no invented name is in the name of a span', async () => {
  const { peer } = await traced()
  await (await peer.call('bad')).closed
  expect(span('tools/call bad')).toMatchObject({
    attributes: { 'error.type': 'tool_error' },
    status: { code: SpanStatusCode.ERROR }
  })
  await (await peer.call('invented')).closed
  expect(span('tools/call')).toMatchObject({
    attributes: { 'error.type': '-32602', 'rpc.response.status_code': '-32602', 'gen_ai.tool.name': 'invented' },
    status: { code: SpanStatusCode.ERROR, message: 'unknownTool' }
  })
})

test('a cancelled call ends its span', async () => {
  const started = gate()
  const { peer } = await traced(
    {},
    {
      offer: ({ mcp }) =>
        mcp.tool('hang', {}, () => {
          started.open()
          return gate<string>().passed
        })
    }
  )
  const reply = peer.call('hang', {}, 'x')
  await started.passed
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'x' } })).closed
  await (await reply).closed
  expect(span('tools/call hang').attributes['error.type']).toBe('cancelled')
})

test('what a handler begins is below the span of its call', async () => {
  const { peer } = await traced()
  await (await peer.call('work')).closed
  const [outer, inner] = [span('tools/call work'), span('theirs')]
  expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId)
})

test('the traceparent header is the parent where nothing else is', async () => {
  const { peer } = await traced()
  const message = { id: 1, method: 'tools/call', params: { name: 'fine' } }
  await (await peer.post(message, { traceparent })).closed
  expect(span('tools/call fine').parentSpanContext).toMatchObject({ traceId, spanId, isRemote: true })
})

test('the active span of the API wins over the header', async () => {
  const { peer } = await traced(
    {},
    {
      before: (app) =>
        app.addHook('preHandler', (_request, _reply, done) => {
          trace.getTracer('api').startActiveSpan('api', { root: true }, (own) => {
            own.end()
            done()
          })
        })
    }
  )
  recorded.reset()
  const message = { id: 1, method: 'tools/list' }
  await (await peer.post(message, { traceparent })).closed
  expect(span('tools/list').parentSpanContext?.spanId).toBe(span('api').spanContext().spanId)
})

test('the context in _meta is the parent before all others, which are linked', async () => {
  const { peer } = await traced()
  const other = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const message = { id: 1, method: 'tools/call', params: { name: 'fine', _meta: { traceparent } } }
  await (await peer.post(message, { traceparent: other })).closed
  const { parentSpanContext, links } = span('tools/call fine')
  expect(parentSpanContext).toMatchObject({ traceId, spanId })
  expect(links.map((link) => link.context.traceId)).toEqual(['a'.repeat(32)])
})

test.each([[5], ['nonsense'], [{ a: 1 }]])('a traceparent of %o in _meta is none', async (nonsense) => {
  const { peer } = await traced()
  const message = { id: 1, method: 'tools/call', params: { name: 'fine', _meta: { traceparent: nonsense } } }
  await (await peer.post(message)).closed
  expect(span('tools/call fine').parentSpanContext).toBeUndefined()
})

test('a question to the client is a CLIENT span below that of the call, with what went wrong', async () => {
  const { peer } = await traced(
    {},
    {
      offer: ({ mcp }) => mcp.tool('ask', {}, async (_, { roots }) => `${(await roots().catch(() => [])).length} roots`)
    }
  )
  for (const answer of [{ result: { roots: [] } }, { error: { code: 1, message: 'no' } }]) {
    recorded.reset()
    const reply = await peer.call('ask')
    const question = await reply.next()
    await (await peer.post({ id: question?.message.id, ...answer })).closed
    await reply.closed
    const { kind, attributes, parentSpanContext } = span('roots/list')
    expect(kind).toBe(SpanKind.CLIENT)
    expect(attributes['error.type']).toBe('error' in answer ? 'refused' : undefined)
    expect(parentSpanContext?.spanId).toBe(span('tools/call ask').spanContext().spanId)
  }
})

test('durations are recorded in seconds by method, tool and failure, without names that clients invent', async () => {
  const { peer } = await traced()
  for (const name of ['fine', 'bad', 'invented']) await (await peer.call(name)).closed
  await reader.forceFlush()
  const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  const { descriptor, dataPoints } = all.at(-1) as (typeof all)[number]
  expect(descriptor).toMatchObject({ name: 'mcp.server.operation.duration', unit: 's' })
  const seen = dataPoints.map(({ attributes }) => attributes)
  expect(seen).toContainEqual(expect.objectContaining({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'fine' }))
  expect(seen).toContainEqual(expect.objectContaining({ 'gen_ai.tool.name': 'bad', 'error.type': 'tool_error' }))
  expect(seen).toContainEqual(expect.objectContaining({ 'mcp.method.name': 'tools/call', 'error.type': '-32602' }))
  expect(JSON.stringify(seen)).not.toContain('invented')
})
