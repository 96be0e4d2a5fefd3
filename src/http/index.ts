/** The door: a Fastify plugin, and all that an embedding API needs to import. */
import type { FastifyInstance, FastifyRequest, RegisterOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { Guard } from '../auth/guard.ts'
import { prompts } from '../prompts/index.ts'
import { DeclarationError } from '../protocol/errors.ts'
import { serverInfo } from '../protocol/handshake.ts'
import { Host } from '../protocol/host.ts'
import { readPorts } from '../protocol/lent-ports.ts'
import { defaultLimits } from '../protocol/limits.ts'
import { checkMembers } from '../protocol/members.ts'
import type { Logger } from '../protocol/ports.ts'
import { resources } from '../resources/index.ts'
import { tools } from '../tools/index.ts'
import { mountEndpoint } from './endpoint.ts'
import { mountHealth } from './health.ts'
import { exchangeLog, logsNothing, withoutQueries } from './log.ts'
import { mountAuthorization } from './metadata.ts'
import {
  checkPath,
  type EndpointOptions,
  endpointMembers,
  type HandwireOptions,
  pluginMembers,
  type SharedOptions
} from './options.ts'
import { doorCheck } from './origin.ts'
import { collectRoutes, exposeRoutes, type RouteBook } from './routes.ts'
import { claim, type Endpoint, type Mcp, mcpOf } from './scopes.ts'

export type { Prompts } from '../prompts/index.ts'
export { assistant, user } from '../prompts/index.ts'
export { audio, embed, image, link, text } from '../protocol/content.ts'
export { AskError, DeclarationError, notFound, ProtocolError, ToolError, upstreamError } from '../protocol/errors.ts'
export type { Context, ElicitAnswer, Progress, SessionView } from '../protocol/handler.ts'
export type { Limits } from '../protocol/limits.ts'
export type {
  LentPorts,
  Load,
  ObservedCall,
  ObservedOutcome,
  ObservedRefusal,
  Observer,
  Tap,
  TappedFrame
} from '../protocol/ports.ts'
export type { Principal } from '../protocol/principal.ts'
export type { Register } from '../protocol/register.ts'
export type { Resources } from '../resources/index.ts'
export type { CallLimits, Registration, ToolCall, ToolHooks, ToolOutcome, Tools } from '../tools/index.ts'
export type { HealthOption } from './health.ts'
export type { EndpointOptions, HandwireOptions, SharedOptions } from './options.ts'
export { principalOf } from './principal.ts'
export type { ExposedRoute, RouteMcp, RoutesOptions } from './routes.ts'
export type { Mcp } from './scopes.ts'
export type { CallResult, RawAnswer, RawSending, TestClient } from './test-client.ts'
export type { Answer, Answerers } from './test-client-answers.ts'
export { TestError, type WireMessage } from './test-client-error.ts'
export type { RequestOptions, TestOptions } from './test-client-options.ts'
export type { Transcript, TranscriptFrame } from './test-client-transcript.ts'

declare module '../protocol/register.ts' {
  interface Register {
    request: FastifyRequest
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The MCP endpoint of this scope, or of the nearest one around it. */
    mcp: Mcp
  }
}

/** Marks the scopes in which the plugin is. */
const registered = Symbol('handwire')

async function plugin(app: FastifyInstance, options: HandwireOptions): Promise<void> {
  if (app.hasDecorator('mcp'))
    throw registered in app
      ? new DeclarationError(
          'registered-twice',
          'handwire is registered here already: register it once without a name, and then serve endpoints with scope.mcp.serve()'
        )
      : new DeclarationError(
          'mcp-taken',
          'this API has a decorator `mcp` of its own: handwire needs the name, or a scope of the API that has no such decorator'
        )
  app.decorate(registered, true)
  checkMembers('handwire', options, pluginMembers)
  const { prefix = '', health = false, ...shared } = options
  checkPath('handwire: prefix', prefix)
  if (shared.name === undefined) checkShared(shared)
  const hosts = new Set<Host>()
  const book = collectRoutes(app)
  const views = new WeakMap<FastifyInstance, Mcp>()
  const view = (scope: FastifyInstance): Mcp => {
    const known =
      views.get(scope) ??
      mcpOf(scope, (own) => {
        checkMembers('mcp.serve', own, endpointMembers)
        serve(scope, shared, own, own.path ?? defaultPath(scope), book, hosts)
      })
    views.set(scope, known)
    return known
  }
  app.decorate('mcp', {
    getter() {
      return view(this as unknown as FastifyInstance)
    }
  } as never)
  mountHealth(app, health, hosts)
  if (shared.name !== undefined) serve(app, {}, shared, `${prefix}${shared.path ?? '/mcp'}`, book, hosts)
}

/** Throws a DeclarationError for what only an endpoint has, where none would be served. */
function checkShared(shared: object): void {
  const own = ['version', 'title', 'instructions', 'path', 'routes'].filter((member) => member in said(shared))
  if (own.length > 0)
    throw new DeclarationError(
      'no-name',
      `handwire: an endpoint has a name: without one nothing is served, and ${own.join(', ')} would say nothing`
    )
}

/** Options without those that are undefined, as a configuration gives them for what it does not have. */
function said<T extends object>(options: T | undefined): T {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as T
}

/** Where `serve` puts an endpoint that names no path. */
function defaultPath(scope: FastifyInstance): string {
  return scope.prefix === '' ? '/mcp' : '/'
}

/** Makes an endpoint, mounts it in the scope and makes it the one that the scope speaks of. */
function serve(
  scope: FastifyInstance,
  shared: SharedOptions,
  own: EndpointOptions,
  path: string,
  book: RouteBook,
  hosts: Set<Host>
): void {
  // an empty one is the prefix of the scope, where it has one
  checkPath('MCP: path', path === '' && scope.prefix === '' ? null : path)
  // a configuration that is silent takes nothing away, the guard least of all: `auth: false` does
  const options = { ...shared, ...said(own), limits: { ...shared.limits, ...said(own.limits) } }
  // whoever has no issuer in a variable of the environment is not to find the door open
  if (options.auth === undefined && ('auth' in shared || 'auth' in own))
    throw new DeclarationError(
      'auth-undefined',
      'auth: undefined is nobody: give a verifier, or `auth: false` to let everybody in'
    )
  claim(scope, () => {
    const { auth = undefined } = options
    const guard = auth === undefined || auth === false ? undefined : new Guard(auth, options.title ?? options.name)
    const url = urlOf(scope, path)
    if (guard !== undefined) mountAuthorization(scope, guard, url, options.config ?? {})
    const endpoint = endpointOf(scope, options)
    const routes = exposeRoutes(book, endpoint, scope, options.routes)
    const made: Endpoint = { ...endpoint, ...routes, url }
    const { host } = made
    hosts.add(host)
    mountHealth(scope, options.health ?? false, new Set([host]))
    const { origins = [], hosts: names = [] } = options
    const checkDoor = doorCheck({ origins, hosts: names, resource: guard?.resource })
    const { logLevel, config = {} } = options
    const logSerializers = withoutQueries(scope.log as unknown as Logger)
    scope.register(async (inner: FastifyInstance) => mountEndpoint(inner, host, path, checkDoor, guard, config), {
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(logSerializers === undefined ? {} : { logSerializers })
    } as RegisterOptions)
    // onClose would come too late: the server waits for its connections before it
    scope.addHook('preClose', () => host.close())
    return made
  })
}

/** Where a path of a scope is reached: at the prefix itself when it is only a slash. */
function urlOf({ prefix }: FastifyInstance, path: string): string {
  return path === '/' && prefix !== '' ? prefix : `${prefix}${path}`
}

function endpointOf(scope: FastifyInstance, options: EndpointOptions): Omit<Endpoint, 'routes' | 'url'> {
  const pageSize = options.limits?.pageSize ?? defaultLimits.pageSize
  const { calls, heartbeatMs } = options
  const open = options.auth === undefined
  const room = tools(pageSize, { clock: options.ports?.clock, limits: calls, heartbeatMs, open })
  const rooms = [room, resources(pageSize, { open }), prompts(pageSize, { open })] as const
  const { instructions, limits = {}, teach = false, onFrame, observers = [] } = options
  const logger = scope.log as unknown as Logger
  const host = new Host({
    info: serverInfo(options),
    features: rooms.map((room) => room.feature),
    limits,
    teach,
    logger,
    observers: logsNothing(logger) ? observers : [exchangeLog(logger), ...observers],
    ...(instructions === undefined ? {} : { instructions }),
    ...(onFrame === undefined ? {} : { tap: onFrame }),
    ...readPorts(options.ports)
  })
  return { ...rooms[0].api, ...rooms[1].api, ...rooms[2].api, host }
}

/**
 * Serves MCP 2025-06-18 over Streamable HTTP on the API it is registered in; tools, resources and prompts then plug
 * into `app.mcp`. Nothing but the endpoint's own path is touched. `app.close()` ends its streams.
 *
 * Without a name it serves nothing yet: `scope.mcp.serve()` does, in as many scopes as there are endpoints, and what was given
 * here holds for all of them.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Type } from '@sinclair/typebox'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('add', { input: Type.Object({ a: Type.Number(), b: Type.Number() }) }, ({ a, b }) => String(a + b))
 *
 * const client = await app.mcp.test()
 * assert.equal(await client.text('add', { a: 2, b: 3 }), '5')
 * await app.close()
 * ```
 */
export const handwire = fastifyPlugin(plugin, { name: 'handwire', fastify: '5.x' })
export default handwire
