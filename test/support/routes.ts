/** An API whose routes are exposed, and a client that calls them in process. */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import handwire, { type EndpointOptions } from '../../src/http/index.ts'
import type { Routes, RoutesOptions } from '../../src/http/routes.ts'
import { initialize } from './bench.ts'
import { both } from './loopback.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look at any member
type Told = any

export interface Exposing {
  fastify?: FastifyServerOptions
  plugin?: Partial<EndpointOptions>
  routes?: boolean | RoutesOptions
  /** Before the plugin is registered. */
  before?: (app: FastifyInstance) => unknown
}

export interface Exposed extends Routes {
  app: FastifyInstance
  /** What the API logged, one object a line. */
  lines: Record<string, unknown>[]
  /** The whole JSON-RPC answer. */
  ask(method: string, params?: object, headers?: Record<string, string>): Promise<Told>
  /** The result of a call; the error where there is one. */
  call(name: string, values?: object, headers?: Record<string, string>): Promise<Told>
  read(uri: string, headers?: Record<string, string>): Promise<Told>
  tools(): Promise<Told[]>
  tell(method: string, params?: object): Promise<void>
}

/** An API with the plugin in it and then the routes of `offer`; not ready yet. */
export async function collecting(
  offer: (app: FastifyInstance) => unknown,
  { fastify, plugin, routes = true, before }: Exposing = {}
): Promise<{ app: FastifyInstance; lines: Record<string, unknown>[] } & Routes> {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { level: 'info', stream }, forceCloseConnections: true, ...fastify })
  onTestFinished(() => app.close())
  await before?.(app)
  await app.register(handwire, { name: 'test', version: '0', routes, ...plugin })
  await offer(app)
  return { app, lines, routes: () => app.mcp.routes() }
}

/** The same, ready, with a session. */
export async function exposing(offer: (app: FastifyInstance) => unknown, options: Exposing = {}): Promise<Exposed> {
  const collected = await collecting(offer, options)
  const { app } = collected
  await app.ready()
  let session: Record<string, string> = {}
  let ids = 0
  const post = async (message: object, headers: Record<string, string> = {}): Promise<Told> => {
    const reply = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: { 'content-type': 'application/json', accept: both, ...session, ...headers },
      payload: JSON.stringify({ jsonrpc: '2.0', ...message })
    })
    const id = reply.headers['mcp-session-id']
    if (typeof id === 'string') session = { 'mcp-session-id': id }
    return reply.body === '' ? {} : reply.json()
  }
  await post(initialize())
  await post({ method: 'notifications/initialized' })
  const ask: Exposed['ask'] = (method, params, headers) => {
    ids += 1
    return post({ id: ids, method, params }, headers)
  }
  const result = ({ result: found, error }: Told): Told => found ?? { error }
  return {
    ...collected,
    ask,
    call: async (name, values = {}, headers) => result(await ask('tools/call', { name, arguments: values }, headers)),
    read: async (uri, headers) => result(await ask('resources/read', { uri }, headers)),
    tools: async () => (await ask('tools/list')).result.tools,
    tell: async (method, params) => void (await post({ method, params }))
  }
}

/** What a boot that must fail says. */
export async function refusal(offer: (app: FastifyInstance) => unknown, options: Exposing = {}): Promise<string> {
  try {
    const { app } = await collecting(offer, options)
    await app.ready()
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return 'no refusal'
}
