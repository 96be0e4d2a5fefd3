/**
 * Defect servers over HTTP: one port, behind it a front for each fault, behind that a reference server. Reference servers
 * are used again when a fault has been let go, because it takes longer to start one than to replay a case.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { offerExtended } from '../support/extended.ts'
import { referenceApp } from '../support/reference.ts'
import type { Fault } from './fault.ts'
import { HttpFront } from './http-front.ts'

/** Faults that are kept running at one time; the one that was used longest ago goes first, when nothing is open there. */
const keptAtMost = 48
const localNames = ['localhost', '127.0.0.1', '[::1]']

/** A reference server that listens on a port of its own. */
export interface Reference {
  port: number
  close(): Promise<void>
}

export interface Served {
  /** The endpoint. */
  url: string
  close(): Promise<void>
}

export interface ServedFaults {
  /** The endpoint of a fault, or of `none`; its server is up when this resolves. */
  endpoint(name: string): Promise<string>
  /** Says that a fault is not needed for now. Whoever asks for it again finds a fresh server, as after a long time without use. */
  release(name: string): Promise<void>
  /** Below this address each fault has its path. */
  url: string
  close(): Promise<void>
}

/** A server with that fault, or with none, at `/mcp`. */
export async function serveFault(fault: Fault | undefined, port = 0): Promise<Served> {
  const { server, bound } = await listen(port)
  const reference = await startReference(bound, fault?.extended === true)
  const front = new HttpFront(fault, reference)
  server.on('request', (incoming, response) => {
    if (incoming.url?.split('?')[0] === '/mcp') serve(front, incoming, response)
    else response.writeHead(404).end()
  })
  const close = async (): Promise<void> => {
    shut(server)
    front.close()
    await reference.close()
  }
  return { url: `http://127.0.0.1:${bound}/mcp`, close }
}

/** Every fault at a path of its own on one port: `/NAME/mcp`, and `/none/mcp` without one. Each starts when it is first asked for. */
export async function serveAll(faults: readonly Fault[], port = 0): Promise<ServedFaults> {
  const { server, bound } = await listen(port)
  const known = new Map<string, Fault | undefined>(faults.map((fault) => [fault.name, fault]))
  known.set('none', undefined)
  const started = new Map<string, Promise<{ front: HttpFront; reference: Reference }>>()
  const idle: Record<'plain' | 'extended', Reference[]> = { plain: [], extended: [] }
  const kindOf = (name: string): keyof typeof idle => (known.get(name)?.extended === true ? 'extended' : 'plain')
  const begin = async (name: string): Promise<{ front: HttpFront; reference: Reference }> => {
    const kind = kindOf(name)
    const reference = idle[kind].pop() ?? (await startReference(bound, kind === 'extended'))
    return { front: new HttpFront(known.get(name), reference), reference }
  }
  // in the order of their last use
  const start = async (name: string): Promise<{ front: HttpFront; reference: Reference }> => {
    const running = started.get(name) ?? begin(name)
    started.delete(name)
    started.set(name, running)
    if (started.size > keptAtMost) await spare(name)
    return running
  }
  const release = async (name: string): Promise<void> => {
    const running = await started.get(name)
    if (running === undefined || !started.delete(name)) return
    running.front.close()
    idle[kindOf(name)].push(running.reference)
  }
  const spare = async (used: string): Promise<void> => {
    for (const [name, running] of started) {
      if (name !== used && (await running).front.open === 0) return release(name)
    }
  }
  server.on('request', (incoming, response) => {
    const [, name = ''] = /^\/([^/]+)\/mcp(?:\?.*)?$/.exec(incoming.url ?? '') ?? []
    if (known.has(name)) void start(name).then(({ front }) => serve(front, incoming, response))
    else response.writeHead(404).end()
  })
  const url = `http://127.0.0.1:${bound}`
  return {
    url,
    endpoint: (name) => start(name).then(() => `${url}/${name}/mcp`),
    release,
    async close() {
      shut(server)
      await Promise.all([...started.keys()].map(release))
      await Promise.all([...idle.plain, ...idle.extended].map((reference) => reference.close()))
    }
  }
}

/** A reference server that also answers to the names of the port that is shown to clients. */
async function startReference(shown: number, extended: boolean): Promise<Reference> {
  const hosts = localNames.map((name) => `${name}:${shown}`)
  const origins = hosts.flatMap((host) => [`http://${host}`, `https://${host}`])
  const app = await referenceApp({ hosts, origins, limits: { sessions: 100_000 } })
  if (extended) offerExtended(app.mcp)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}

function serve(front: HttpFront, incoming: IncomingMessage, response: ServerResponse): void {
  // whatever goes wrong in a front is for the client to see as a broken connection
  front.handle(incoming, response).catch(() => response.destroy())
}

async function listen(port: number): Promise<{ server: Server; bound: number }> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { server, bound: (server.address() as AddressInfo).port }
}

function shut(server: Server): void {
  server.close()
  server.closeAllConnections()
}
