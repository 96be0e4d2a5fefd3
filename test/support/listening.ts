/** A small API with the plugin in it, listening on loopback: tests plug in what they need. */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import handwire, { type EndpointOptions } from '../../src/http/index.ts'
import { countingIds, TestClock } from './clock.ts'
import { LoopbackPeer } from './loopback.ts'

export interface Listening {
  app: FastifyInstance
  url: string
  clock: TestClock
  /** What the API logged, one object a line. */
  lines: Record<string, unknown>[]
  open(capabilities?: object): Promise<LoopbackPeer>
}

export interface ListeningOptions {
  offer?: (app: FastifyInstance) => unknown
  /** Before the plugin is registered. */
  before?: (app: FastifyInstance) => unknown
  plugin?: Partial<EndpointOptions & { prefix: string }>
  fastify?: FastifyServerOptions
  /** Whether time is that of this machine; a lent clock otherwise. */
  realTime?: boolean
}

/** Closed when the test ends. */
export async function listening(options: ListeningOptions = {}): Promise<Listening> {
  const clock = new TestClock()
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { level: 'warn', stream }, forceCloseConnections: true, ...options.fastify })
  await options.before?.(app)
  const ports = options.realTime === true ? {} : { ports: { clock, ids: countingIds() } }
  await app.register(handwire, { name: 'test', version: '0', ...ports, ...options.plugin })
  await options.offer?.(app)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    // running calls of a lent clock would wait for its grace period
    const closed = app.close()
    clock.pass(10_000_000)
    await closed
  })
  const url = `${address}${options.plugin?.path ?? '/mcp'}`
  return { app, url, clock, lines, open: (capabilities) => LoopbackPeer.open(url, capabilities) }
}

/** A server with one watched resource, and a peer that subscribed to it. */
export async function watched(
  options: ListeningOptions = {}
): Promise<Listening & { peer: LoopbackPeer; touch(): void }> {
  const server = await listening({ offer: ({ mcp }) => mcp.resource('a://b', {}, () => 'b'), ...options })
  const peer = await server.open()
  await (await peer.request('resources/subscribe', { uri: 'a://b' })).closed
  return { ...server, peer, touch: () => server.app.mcp.updated('a://b') }
}

/** How many connections the server holds. */
export function connections(app: Listening['app']): Promise<number> {
  return new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)))
}
