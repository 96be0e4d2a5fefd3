/** handwire serve: the reference server, over HTTP or stdio. */
import { METHODS } from 'node:http'
import { networkInterfaces } from 'node:os'
import Fastify, { type LogLevel } from 'fastify'
import { pino } from 'pino'
import handwire from '../http/index.ts'
import { stdio } from '../stdio/index.ts'
import { instructions, offerReference, pageSize } from './reference.ts'
import type { ServeOptions } from './serve-options.ts'
import { CannotRun } from './usage.ts'
import { version } from './version.ts'

const identity = {
  name: 'handwire-reference',
  title: 'Handwire reference server',
  version,
  instructions,
  teach: true
}

/** Runs the server until a signal, or on stdio the end of the input, ends it. Throws CannotRun, as for a port that is taken. */
export async function serve(options: ServeOptions): Promise<void> {
  if (options.stdio) await serveStdio(options)
  else await serveHttp(options)
}

async function serveHttp(options: ServeOptions): Promise<void> {
  const { port, host, path, publicUrl, graceMs, level = 'info' } = options
  // while it closes the endpoint refuses what is new by itself, so that answers to running calls still come through
  const app = Fastify({ logger: { level }, forceCloseConnections: true, return503OnClosing: false })
  // the banner says where it listens
  app.log.level = 'warn'
  // the routers of other APIs are theirs; ours knows every method, so that each gets its 405
  for (const method of METHODS)
    if (!app.supportedMethods.includes(method) && method !== 'CONNECT') app.addHttpMethod(method)
  // who may come in is known when the port is: the endpoint looks at the first request
  const served = { hosts: [...options.hosts], origins: [...options.origins] }
  if (publicUrl !== undefined) {
    served.hosts.push(publicUrl.host)
    served.origins.push(publicUrl.origin)
  }
  // a line for every request and one for every reply is for those who look for a fault
  const logLevel = level === 'info' ? 'warn' : (level as LogLevel)
  const limits = limitsFor(graceMs)
  await app.register(handwire, { ...identity, ...served, limits, path, logLevel, health: true })
  offerReference(app.mcp)
  // process 1 of a container ignores a signal that nobody waits for
  const ended = new Promise<void>((resolve) => onSignal(resolve))
  try {
    await app.listen({ port, host, listenTextResolver: () => 'listening' })
  } catch (error) {
    throw new CannotRun(whyNotListening(error as NodeJS.ErrnoException, host, port))
  }
  app.log.level = level
  const address = app.server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  for (const name of namesOf(host)) {
    served.hosts.push(`${name}:${bound}`)
    served.origins.push(`http://${name}:${bound}`)
  }
  const local = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : bracket(host)}:${bound}${path}`
  process.stdout.write(banner(local, publicUrl?.href ?? local))
  await ended
  await app.close()
}

async function serveStdio({ graceMs, level = 'warn' }: ServeOptions): Promise<void> {
  const logger = pino({ level }, pino.destination({ dest: 2, sync: true }))
  const server = stdio({ ...identity, limits: limitsFor(graceMs), logger })
  offerReference(server)
  onSignal(() => server.close())
  await server.serve()
}

function limitsFor(graceMs: number | undefined): { pageSize: number; graceMs?: number } {
  return graceMs === undefined ? { pageSize } : { pageSize, graceMs }
}

/** The first signal ends the server in order, a second at once. */
function onSignal(end: () => void): void {
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(0)
      ending = true
      end()
    })
  }
}

/** Names under which a server bound to this address is reached, beside the local ones. Plain addresses cannot be rebound by DNS. */
function namesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [bracket(host)]
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => bracket(address))
  )
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function whyNotListening(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `port ${port} is taken: choose another with --port N (or PORT=N), or --port 0 for a free one`
  if (error.code === 'EACCES') return `port ${port} may not be bound by this user: choose one above 1023 with --port N`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `"${host}" is no address of this machine: leave --host out to bind 127.0.0.1`
  return `the server could not listen on ${host}:${port}: ${error.message}`
}

function banner(local: string, url: string): string {
  const body = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"0"}}}`
  return `handwire ${version}: the reference server speaks MCP 2025-06-18 at ${local}${url === local ? '' : `, which is ${url}`}

  look at the wire    curl -i ${url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '${body}'
  Claude Code         claude mcp add --transport http handwire ${url}
  MCP inspector       npx @modelcontextprotocol/inspector --transport http --server-url ${url}

Ctrl-C ends it.
`
}
