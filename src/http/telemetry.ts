/**
 * The door `handwire/telemetry`: OpenTelemetry spans and durations by its conventions for MCP, through the API's own
 * `@opentelemetry/api`, an optional peer. Without an SDK behind it nothing is recorded.
 */
import {
  type Attributes,
  type Context,
  context,
  type Histogram,
  type Link,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace
} from '@opentelemetry/api'
import { AskError } from '../protocol/errors.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { ObservedCall, ObservedOutcome, Observer } from '../protocol/ports.ts'
import { sessionDigest } from './log.ts'

export interface TelemetryOptions {
  /** The tracer; the global one by default. */
  tracer?: Tracer
  /** What `mcp.session.id` is: a `digest` of the id by default, because who has the id may speak in the session; or nothing. */
  session?: 'digest' | 'none'
  /** Whether spans carry the URIs of resources, which may hold arguments; true by default. */
  uris?: boolean
}

const members: Members<TelemetryOptions> = { tracer: 'port', session: 'text', uris: 'boolean' }

interface Traced {
  span: Span
  context: Context
}

/** What the conventions propose for durations in seconds. */
const buckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

/**
 * An observer that makes a SERVER span of every request and a CLIENT span of every question to the client, and records
 * `mcp.server.operation.duration`. Handlers run inside of the span, so what they begin is below it.
 *
 * Its parent is the trace context in the `_meta` of the request, else the active span of the API's own instrumentation,
 * else the `traceparent` header. With the first, the others are linked. Arguments and results are never recorded.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { telemetry } from 'handwire/telemetry'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'todo', version: '1.0.0', observers: [telemetry({ uris: false })], health: true })
 * assert.equal((await app.inject('/readyz')).statusCode, 200)
 * await app.close()
 * ```
 */
export function telemetry(options: TelemetryOptions = {}): Observer {
  checkMembers('telemetry', options, members)
  const { tracer = trace.getTracer('handwire'), session = 'digest', uris = true } = options
  const spans = new WeakMap<ObservedCall, Traced>()
  let durations: Histogram | undefined
  return {
    called(call) {
      const { parent, links } = parentOf(call)
      const attributes = { ...attributesOf(call, uris), ...sessionOf(call, session) }
      const span = tracer.startSpan(spanName(call), { kind: SpanKind.SERVER, attributes, links }, parent)
      spans.set(call, { span, context: trace.setSpan(parent, span) })
    },
    around(call, run) {
      const traced = spans.get(call)
      if (traced === undefined) run()
      else context.with(traced.context, run)
    },
    ended(call, outcome) {
      const failure = failureOf(outcome)
      const traced = spans.get(call)
      if (traced !== undefined) finish(traced.span, call, outcome, failure)
      // the SDK may have been set up after this observer was made
      durations ??= metrics.getMeter('handwire').createHistogram('mcp.server.operation.duration', {
        description: 'Time from the arrival of an MCP request to its end',
        unit: 's',
        advice: { explicitBucketBoundaries: buckets }
      })
      durations.record(outcome.ms / 1000, { ...targetOf(call, outcome), ...failure }, traced?.context)
    },
    asked(call, method) {
      const parent = trace.getSpan(context.active()) === undefined ? spans.get(call)?.context : context.active()
      const attributes = {
        'mcp.method.name': method,
        'mcp.protocol.version': call.revision,
        ...sessionOf(call, session)
      }
      const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent)
      return (failure) => {
        if (failure !== undefined) fail(span, failure instanceof AskError ? failure.reason : '_OTHER')
        span.end()
      }
    }
  }
}

/** Where a trace context is read from: headers of HTTP and `_meta` alike, where only texts count. */
const texts: TextMapGetter<Readonly<Record<string, unknown>>> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => {
    const value = Object.hasOwn(carrier, key) ? carrier[key] : undefined
    return typeof value === 'string' ? value : undefined
  }
}

function parentOf({ meta, lent }: ObservedCall): { parent: Context; links: Link[] } {
  const active = context.active()
  const headers = (lent as { headers?: Readonly<Record<string, unknown>> } | undefined)?.headers ?? {}
  const around = trace.getSpanContext(active) === undefined ? propagation.extract(active, headers, texts) : active
  const told = propagation.extract(trace.deleteSpan(around), meta, texts)
  if (trace.getSpanContext(told) === undefined) return { parent: around, links: [] }
  const linked = trace.getSpanContext(around)
  return { parent: told, links: linked === undefined ? [] : [{ context: linked }] }
}

/** `tools/call name`. A name that is no name of a tool would only make spans that nobody can group. */
function spanName({ method, tool, prompt }: ObservedCall): string {
  const target = tool ?? prompt
  return target !== undefined && /^[\w./ -]{1,64}$/.test(target) ? `${method} ${target}` : method
}

function attributesOf(call: ObservedCall, uris: boolean): Attributes {
  const { id, method, tool, prompt, uri, revision, lent } = call
  const attributes: Attributes = {
    'mcp.method.name': method,
    'mcp.protocol.version': revision,
    'jsonrpc.request.id': String(id),
    'network.transport': lent === undefined ? 'pipe' : 'tcp'
  }
  const version = (lent as { raw?: { httpVersion?: string } } | undefined)?.raw?.httpVersion
  if (version !== undefined)
    Object.assign(attributes, { 'network.protocol.name': 'http', 'network.protocol.version': version })
  if (tool !== undefined)
    Object.assign(attributes, { 'gen_ai.tool.name': tool, 'gen_ai.operation.name': 'execute_tool' })
  if (prompt !== undefined) attributes['gen_ai.prompt.name'] = prompt
  if (uri !== undefined && uris) attributes['mcp.resource.uri'] = uri
  return attributes
}

function sessionOf({ session }: ObservedCall, as: 'digest' | 'none'): Attributes {
  return as === 'none' ? {} : { 'mcp.session.id': sessionDigest(session) }
}

/** What durations are told apart by: no text that a client invents is in it. */
function targetOf(call: ObservedCall, { error }: ObservedOutcome): Attributes {
  const { method, tool, revision } = call
  const attributes: Attributes = { 'mcp.method.name': method, 'mcp.protocol.version': revision }
  if (tool !== undefined && error !== 'unknownTool')
    Object.assign(attributes, { 'gen_ai.tool.name': tool, 'gen_ai.operation.name': 'execute_tool' })
  return attributes
}

function failureOf({ is, code }: ObservedOutcome): Attributes {
  if (code !== undefined) return { 'error.type': String(code), 'rpc.response.status_code': String(code) }
  if (is === 'toolError') return { 'error.type': 'tool_error' }
  return is === 'cancelled' ? { 'error.type': 'cancelled' } : {}
}

function finish(span: Span, call: ObservedCall, { error }: ObservedOutcome, failure: Attributes): void {
  if (error === 'unknownTool' || error === 'unknownPrompt') span.updateName(call.method)
  span.setAttributes(failure)
  // the message of the error may quote what the client sent: its name says enough
  const { 'error.type': type } = failure
  if (type !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error ?? String(type) })
  span.end()
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
