/** An API on a real port whose whole log is kept, requests to it that are bytes, and what of a secret is found again. */
import { connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import handwire, { type EndpointOptions, type SharedOptions } from '../../src/http/index.ts'
import { initialize } from './bench.ts'

/** The name under which the API is known to its clients. */
export const publicHost = 'mcp.example'
export const publicOrigin = `https://${publicHost}`

export interface Reply {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
}

/** What stands in a request; headers as they are sent, several of one name too. */
export interface Bytes {
  method?: string
  path?: string
  headers?: readonly (readonly [name: string, value: string])[]
  body?: string
}

export interface Guarded {
  app: FastifyInstance
  port: number
  /** Every line of the log, at level trace. */
  log(): string
  ask(bytes: Bytes): Promise<Reply>
  close(): Promise<void>
}

/** Several endpoints by their paths, each in a scope of its own. */
export async function guarded(
  endpoints: Readonly<Record<string, Partial<EndpointOptions>>>,
  offer: (scope: FastifyInstance, path: string) => void = () => {},
  shared: SharedOptions = {},
  before: (app: FastifyInstance) => unknown = () => {}
): Promise<Guarded> {
  let written = ''
  const write = (line: string): void => {
    written += line
  }
  const app = Fastify({
    logger: { level: 'trace', stream: { write } },
    forceCloseConnections: true
  })
  await before(app)
  await app.register(handwire, { hosts: [publicHost], ...shared })
  for (const [path, options] of Object.entries(endpoints)) {
    app.register(async (scope) => {
      scope.mcp.serve({ name: 'guarded', version: '0', path, ...options })
      offer(scope, path)
    })
  }
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const port = Number(new URL(address).port)
  return {
    app,
    port,
    log: () => written,
    ask: (bytes) => exchange(port, bytes),
    close: () => app.close()
  }
}

/** One endpoint at `/mcp`, until the test ends. */
export async function guardedOnce(
  auth: EndpointOptions['auth'],
  offer?: (scope: FastifyInstance) => void,
  more: Partial<EndpointOptions> = {}
): Promise<Guarded> {
  const api = await guarded({ '/mcp': { ...(auth === undefined ? {} : { auth }), ...more } }, offer)
  onTestFinished(() => api.close())
  return api
}

/** The headers that every MCP client sends with a POST. */
export const posted: readonly (readonly [string, string])[] = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream']
]

/** A POST of a message. */
export function post(path: string, message: object, ...headers: (readonly [string, string])[]): Bytes {
  return {
    method: 'POST',
    path,
    headers: [...posted, ...headers],
    body: JSON.stringify({ jsonrpc: '2.0', ...message })
  }
}

/** The POST that opens a session. */
export function opening(path: string, ...headers: (readonly [string, string])[]): Bytes {
  return post(path, initialize(), ...headers)
}

export const bearer = (token: string): readonly [string, string] => ['Authorization', `Bearer ${token}`]

/**
 * Sends the bytes of one request, and reads what comes to the end; of an event stream the head. The server has logged all of
 * the exchange when the connection is closed.
 */
export function exchange(port: number, { method = 'GET', path = '/mcp', headers = [], body }: Bytes): Promise<Reply> {
  const named = new Set(headers.map(([name]) => name.toLowerCase()))
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(named.has('host') ? [] : [`Host: ${publicHost}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    'Connection: close'
  ]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`, 'latin1')
    )
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (/^content-type: text\/event-stream/im.test(text) && text.includes('\r\n\r\n')) socket.destroy()
    })
    socket.once('close', () => resolve(replyOf(text)))
    // a server that has answered early may reset what it does not read
    socket.once('error', (error) => (text === '' ? reject(error) : resolve(replyOf(text))))
  })
}

function replyOf(text: string): Reply {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(line.indexOf(':') + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) }
}

/** A run of 16 characters of a secret that a text has in it; undefined when it has none. */
export function leak(secret: string, text: string): string | undefined {
  const runs = new Set<string>()
  for (let place = 0; place + 16 <= secret.length; place += 1) runs.add(secret.slice(place, place + 16))
  for (let place = 0; place + 16 <= text.length; place += 1) {
    const run = text.slice(place, place + 16)
    if (runs.has(run)) return run
  }
  return undefined
}
