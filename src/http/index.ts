/** The door: a Fastify plugin, and all that an embedding API needs to import. */
import type { FastifyInstance, RegisterOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { prompts } from '../prompts/index.ts'
import { Host } from '../protocol/host.ts'
import { defaultLimits } from '../protocol/limits.ts'
import type { Logger } from '../protocol/ports.ts'
import { resources } from '../resources/index.ts'
import { tools } from '../tools/index.ts'
import { mountEndpoint } from './endpoint.ts'
import type { EndpointOptions, HandwireOptions, SharedOptions } from './options.ts'
import { doorCheck } from './origin.ts'
import { collectRoutes, exposeRoutes, type RouteBook } from './routes.ts'
import { claim, type Endpoint, type Mcp, mcpOf } from './scopes.ts'

export { assistant, user } from '../prompts/index.ts'
export { audio, embed, image, link, text } from '../protocol/content.ts'
export { AskError, DeclarationError, notFound, ProtocolError, ToolError } from '../protocol/errors.ts'
export type { Context, ElicitAnswer, Progress, SessionView } from '../protocol/handler.ts'
export type { Limits } from '../protocol/limits.ts'
export type { Tap, TappedFrame } from '../protocol/ports.ts'
export type { EndpointOptions, HandwireOptions, SharedOptions } from './options.ts'
export type { ExposedRoute, RouteMcp, RoutesOptions } from './routes.ts'
export type { Mcp } from './scopes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The MCP endpoint of this scope, or of the nearest one around it. */
    mcp: Mcp
  }
}

/**
 * Serves MCP 2025-06-18 over Streamable HTTP on the API it is registered in; tools, resources and prompts then plug
 * into `app.mcp`. Nothing but the endpoint's own path is touched. `app.close()` ends its streams.
 *
 * Without a name it serves nothing yet: `scope.mcp.serve()` does, in as many scopes as there are endpoints, and what was given
 * here holds for all of them.
 */
async function plugin(app: FastifyInstance, options: HandwireOptions): Promise<void> {
  const { prefix = '' } = options
  const book = collectRoutes(app)
  const views = new WeakMap<FastifyInstance, Mcp>()
  const view = (scope: FastifyInstance): Mcp => {
    const known =
      views.get(scope) ?? mcpOf(scope, (own) => serve(scope, options, own, own.path ?? defaultPath(scope), book))
    views.set(scope, known)
    return known
  }
  app.decorate('mcp', {
    getter() {
      return view(this as unknown as FastifyInstance)
    }
  } as never)
  if (options.name !== undefined) serve(app, {}, options, `${prefix}${options.path ?? '/mcp'}`, book)
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
  book: RouteBook
): void {
  const options = { ...shared, ...own, limits: { ...shared.limits, ...own.limits } }
  claim(scope, () => {
    const endpoint = endpointOf(scope, options)
    const made: Endpoint = { ...endpoint, ...exposeRoutes(book, endpoint, scope, options.routes) }
    const { host } = made
    const checkDoor = doorCheck({ origins: options.origins ?? [], hosts: options.hosts ?? [] })
    const { logLevel } = options
    scope.register(
      async (inner: FastifyInstance) => mountEndpoint(inner, host, path, checkDoor),
      logLevel === undefined ? {} : ({ logLevel } as RegisterOptions)
    )
    // onClose would come too late: the server waits for its connections before it
    scope.addHook('preClose', () => host.close())
    return made
  })
}

function endpointOf(scope: FastifyInstance, options: EndpointOptions): Omit<Endpoint, 'routes'> {
  const pageSize = options.limits?.pageSize ?? defaultLimits.pageSize
  const rooms = [tools(pageSize), resources(pageSize), prompts(pageSize)] as const
  const { name, version, title, instructions, limits = {}, teach = false, onFrame } = options
  const host = new Host({
    info: title === undefined ? { name, version } : { name, version, title },
    features: rooms.map((room) => room.feature),
    limits,
    teach,
    logger: scope.log as unknown as Logger,
    ...(instructions === undefined ? {} : { instructions }),
    ...(onFrame === undefined ? {} : { tap: onFrame }),
    ...options.ports
  })
  return { ...rooms[0].api, ...rooms[1].api, ...rooms[2].api, host }
}

export const handwire = fastifyPlugin(plugin, { name: 'handwire', fastify: '5.x' })
export default handwire
