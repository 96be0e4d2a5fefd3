/** handwire serve: the reference server, over HTTP or stdio. */
import { METHODS } from 'node:http'
import { networkInterfaces } from 'node:os'
import Fastify, { type FastifyRequest, type LogLevel } from 'fastify'
import { pino } from 'pino'
import handwire from '../http/index.ts'
import { DeclarationError } from '../protocol/errors.ts'
import { stdio } from '../stdio/index.ts'
import { offerPrivileged } from './privileged.ts'
import { instructions, offerReference, pageSize } from './reference.ts'
import { authOf, type ServeAuth } from './serve-auth.ts'
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
  const logger = { level, serializers: { req: shown } }
  const app = Fastify({ logger, forceCloseConnections: true, return503OnClosing: false })
  // Fastify's own would log the whole address
  app.setNotFoundHandler(({ method, url }, reply) => {
    const message = `Route ${method}:${pathOf(url)} not found`
    return reply.code(404).send({ message, error: 'Not Found', statusCode: 404 })
  })
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
  const auth = await authOf(options)
  const guarded = auth === undefined ? {} : { auth: auth.chain }
  await app.register(handwire, { ...identity, ...served, ...guarded, limits, path, logLevel, health: true })
  offerReference(app.mcp)
  if (auth !== undefined) offerPrivileged(app.mcp)
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
  process.stdout.write(banner(local, publicUrl?.href ?? local, auth))
  await ended
  await app.close()
}

/** A request as the log has it: without the query, where a client that is wrong may have put a token. */
function shown({ method, url, host, ip }: FastifyRequest): Record<string, string> {
  return { method, url: pathOf(url), host, remoteAddress: ip }
}

const pathOf = (url: string): string => url.split('?', 1)[0] as string

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
  // what plugins do when they are made ready comes before the port
  if (error instanceof DeclarationError) return error.message
  if (error.code === 'EADDRINUSE')
    return `port ${port} is taken: choose another with --port N (or PORT=N), or --port 0 for a free one`
  if (error.code === 'EACCES') return `port ${port} may not be bound by this user: choose one above 1023 with --port N`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `"${host}" is no address of this machine: leave --host out to bind 127.0.0.1`
  return `the server could not listen on ${host}:${port}: ${error.message}`
}

function banner(local: string, url: string, auth: ServeAuth | undefined): string {
  const [token, flag] =
    auth?.tokens === true ? [` -H 'Authorization: Bearer …'`, ` --header 'Authorization: Bearer …'`] : ['', '']
  const body = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"curl","version":"0"}}}`
  return `handwire ${version}: the reference server speaks MCP 2025-06-18 at ${local}${url === local ? '' : `, which is ${url}`}

  look at the wire    curl -i ${url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'${token} -d '${body}'
  Claude Code         claude mcp add --transport http handwire ${url}${flag}
  MCP inspector       npx @modelcontextprotocol/inspector --transport http --server-url ${url}
${auth?.demo === undefined ? '' : `  who may log in      ${auth.demo.name}, with the password ${auth.demo.password}, until it ends\n`}
Ctrl-C ends it.
`
}
