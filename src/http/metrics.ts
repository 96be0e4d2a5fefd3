/** The door `handwire/metrics`: numbers for Prometheus, through the API's own prom-client, an optional peer. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Load, ObservedCall, ObservedOutcome, Observer } from '../protocol/ports.ts'

export interface MetricsOptions {
  /** The registry whose numbers the API serves; prom-client's own is `register`. */
  register: Registry
  /** Goes before each name; `mcp_` by default. */
  prefix?: string
  /** Upper bounds of the durations in seconds; from 5 ms to 60 s by default. */
  buckets?: number[]
  /** Most tools that have a label of their own, 200 by default; those beyond share `other`. */
  tools?: number
}

const members: Members<MetricsOptions> = { register: 'port', prefix: 'text', buckets: 'list', tools: 'number' }

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * An observer that counts; one may serve several endpoints, and their numbers add up. Two on one registry need prefixes.
 *
 * - `mcp_sessions`, `mcp_streams`, `mcp_calls_in_flight`: what this process holds when it is asked.
 * - `mcp_request_duration_seconds{method,tool,outcome}`: requests by their time and end.
 * - `mcp_errors_total{code,error}`: JSON-RPC errors that were answered, refusals among them.
 * - `mcp_sessions_total{event}`: sessions opened, ended by their client, and expired.
 *
 * What a client invents, as the name of a tool that there is not, is never a label.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { metrics } from 'handwire/metrics'
 * import { register } from 'prom-client'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'todo', version: '1.0.0', observers: [metrics({ register })] })
 * app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()))
 *
 * assert.match((await app.inject('/metrics')).body, /^mcp_sessions 0$/m)
 * await app.close()
 * ```
 */
export function metrics(options: MetricsOptions): Observer {
  checkMembers('metrics', options, members)
  const { register, prefix = 'mcp_', buckets = defaultBuckets, tools = 200 } = options
  const registers = [register]
  const loads = new Set<() => Load>()
  gauges(prefix, registers, loads)
  const durations = new Histogram({
    name: `${prefix}request_duration_seconds`,
    help: 'Time from the dispatch of an MCP request to its end',
    labelNames: ['method', 'tool', 'outcome'],
    buckets,
    registers
  })
  const errors = new Counter({
    name: `${prefix}errors_total`,
    help: 'JSON-RPC errors answered, by code and name',
    labelNames: ['code', 'error'],
    registers
  })
  const sessions = new Counter({
    name: `${prefix}sessions_total`,
    help: 'MCP sessions by what became of them',
    labelNames: ['event'],
    registers
  })
  const toolOf = boundedTools(tools)
  return {
    started(load) {
      loads.add(load)
      return () => void loads.delete(load)
    },
    ended(call, outcome) {
      const { is, error, code, ms } = outcome
      durations.observe({ method: call.method, tool: toolOf(call, outcome), outcome: is }, ms / 1000)
      if (error !== undefined) errors.inc({ code: String(code), error })
    },
    refused: ({ code, error }) => errors.inc({ code, error }),
    session: (event) => sessions.inc({ event })
  }
}

/** The counts of all hosts together, taken when the registry is read. */
function gauges(prefix: string, registers: Registry[], loads: ReadonlySet<() => Load>): void {
  const gauge = (name: string, help: string, of: (load: Load) => number): void => {
    new Gauge({
      name: `${prefix}${name}`,
      help,
      registers,
      collect() {
        this.set([...loads].reduce((sum, load) => sum + of(load()), 0))
      }
    })
  }
  gauge('sessions', 'MCP sessions held by this process', (load) => load.sessions)
  gauge('streams', 'MCP streams open in this process', (load) => load.streams)
  gauge('calls_in_flight', 'MCP requests that run in this process', (load) => load.calls)
}

/** The label of a call's tool: empty where there is none. A name that is unknown, or one too many, gets none of its own. */
function boundedTools(most: number): (call: ObservedCall, outcome: ObservedOutcome) => string {
  const known = new Set<string>()
  return ({ tool }, { error }) => {
    if (tool === undefined || error === 'unknownTool') return ''
    if (!known.has(tool) && known.size >= most) return 'other'
    known.add(tool)
    return tool
  }
}
