/**
 * Defect servers over HTTP: one port, behind it a front for each fault, behind that a reference server. Reference servers
 * are used again when a fault has been let go, because it takes longer to start one than to replay a case; not those behind
 * a door, which are the resource of one address.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { guardedByIssuer, type TinyIssuer, tinyIssuer } from '../support/auth-target.ts'
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
  /** What lets a client in, and what should not; none where everybody is let in. */
  tokens: Readonly<Record<string, string>>
  close(): Promise<void>
}

export interface Served {
  /** The endpoint. */
  url: string
  tokens: Readonly<Record<string, string>>
  close(): Promise<void>
}

export interface ServedFaults {
  /** The endpoint of a fault, or of `none`; its server is up when this resolves. */
  endpoint(name: string): Promise<string>
  /** The tokens for the endpoint of a fault; none where everybody is let in. */
  tokens(name: string): Promise<Readonly<Record<string, string>>>
  /** Says that a fault is not needed for now. Whoever asks for it again finds a fresh server, as after a long time without use. */
  release(name: string): Promise<void>
  /** Below this address each fault has its path. */
  url: string
  close(): Promise<void>
}

/** A server with that fault, or with none, at `/mcp`. */
export async function serveFault(fault: Fault | undefined, port = 0): Promise<Served> {
  const { server, bound } = await listen(port)
  const doors = new Doors()
  const url = `http://127.0.0.1:${bound}/mcp`
  const reference = await startReference(bound, kindOf(fault), url, doors)
  const front = new HttpFront(fault, reference)
  server.on('request', (incoming, response) => {
    const { path, query } = splitUrl(incoming)
    if (/^(\/\.well-known\/[a-z-]+)?\/mcp$/.test(path)) serve(front, incoming, response, `${path}${query}`)
    else response.writeHead(404).end()
  })
  const close = async (): Promise<void> => {
    shut(server)
    front.close()
    await reference.close()
    await doors.close()
  }
  return { url, tokens: reference.tokens, close }
}

/** Every fault at a path of its own on one port: `/NAME/mcp`, and `/none/mcp` without one. Each starts when it is first asked for. */
export async function serveAll(faults: readonly Fault[], port = 0): Promise<ServedFaults> {
  const { server, bound } = await listen(port)
  const url = `http://127.0.0.1:${bound}`
  const doors = new Doors()
  const known = new Map<string, Fault | undefined>(faults.map((fault) => [fault.name, fault]))
  known.set('none', undefined)
  const started = new Map<string, Promise<{ front: HttpFront; reference: Reference }>>()
  const idle: Record<'plain' | 'extended', Reference[]> = { plain: [], extended: [] }
  const begin = async (name: string): Promise<{ front: HttpFront; reference: Reference }> => {
    const fault = known.get(name)
    const kind = kindOf(fault)
    const used = kind === 'guarded' ? undefined : idle[kind].pop()
    const reference = used ?? (await startReference(bound, kind, `${url}/${name}/mcp`, doors))
    return { front: new HttpFront(fault, reference), reference }
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
    const kind = kindOf(known.get(name))
    if (kind === 'guarded') await running.reference.close()
    else idle[kind].push(running.reference)
  }
  const spare = async (used: string): Promise<void> => {
    for (const [name, running] of started) {
      if (name !== used && (await running).front.open === 0) return release(name)
    }
  }
  server.on('request', (incoming, response) => {
    const { path, query } = splitUrl(incoming)
    const [, place = '', name = ''] = /^(\/\.well-known\/[a-z-]+)?\/([^/]+)\/mcp$/.exec(path) ?? []
    const inside = place === '' ? `/mcp${query}` : `${path}${query}`
    if (known.has(name)) void start(name).then(({ front }) => serve(front, incoming, response, inside))
    else response.writeHead(404).end()
  })
  return {
    url,
    endpoint: (name) => start(name).then(() => `${url}/${name}/mcp`),
    tokens: (name) => start(name).then(({ reference }) => reference.tokens),
    release,
    async close() {
      shut(server)
      await Promise.all([...started.keys()].map(release))
      await Promise.all([...idle.plain, ...idle.extended].map((reference) => reference.close()))
      await doors.close()
    }
  }
}

type Kind = 'plain' | 'extended' | 'guarded'

function kindOf(fault: Fault | undefined): Kind {
  if (fault?.guarded === true) return 'guarded'
  return fault?.extended === true ? 'extended' : 'plain'
}

/** The issuer that all doors trust, started for the first. */
class Doors {
  #issuer: Promise<TinyIssuer> | undefined

  get issuer(): Promise<TinyIssuer> {
    this.#issuer ??= tinyIssuer()
    return this.#issuer
  }

  async close(): Promise<void> {
    await (await this.#issuer)?.close()
  }
}

/** A reference server that also answers to the names of the port that is shown to clients, at the address they use. */
async function startReference(shown: number, kind: Kind, resource: string, doors: Doors): Promise<Reference> {
  const hosts = localNames.map((name) => `${name}:${shown}`)
  const origins = hosts.flatMap((host) => [`http://${host}`, `https://${host}`])
  const options = { hosts, origins, limits: { sessions: 100_000 } }
  const { app, tokens } =
    kind === 'guarded'
      ? await guardedByIssuer(await doors.issuer, resource, options)
      : { app: await referenceApp(options), tokens: {} }
  if (kind === 'extended') offerExtended(app.mcp)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { port: (app.server.address() as AddressInfo).port, tokens, close: () => app.close() }
}

function splitUrl({ url = '' }: IncomingMessage): { path: string; query: string } {
  const [path = '', ...query] = url.split('?')
  return { path, query: query.length === 0 ? '' : `?${query.join('?')}` }
}

function serve(front: HttpFront, incoming: IncomingMessage, response: ServerResponse, path: string): void {
  // whatever goes wrong in a front is for the client to see as a broken connection
  front.handle(incoming, response, path).catch(() => response.destroy())
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
