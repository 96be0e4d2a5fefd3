/** The routes of an API as they are registered: those with `config.mcp`, and the paths of all others beside them. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { DeclarationError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import { checkMembers } from '../../protocol/members.ts'
import { mcpMembers, type RouteMcp, schemaMembers } from './config.ts'
import { parsePath, type RoutePath } from './path.ts'
import { SchemaLibrary } from './references.ts'

/** A route that asks to be exposed. */
export interface CollectedRoute {
  /** The scope it was registered in: its shared schemas are those that the route's schemas refer to. */
  readonly scope: FastifyInstance
  readonly method: string
  readonly url: string
  readonly schema: unknown
  readonly constraints: Readonly<Record<string, unknown>>
  readonly mcp: RouteMcp
}

/** What an `onRoute` hook is given, and what plugins of others add to it. */
type SeenRoute = RouteOptions & { websocket?: unknown; sse?: unknown }

/** Wraps what is said of a route, so that it names the route. */
export function aboutRoute<T>(method: string, url: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    const { code } = error instanceof DeclarationError ? error : { code: 'route-schema' }
    const message = (error as Error).message.replace(` [${code}]`, '')
    const named = new DeclarationError(code, `route ${method} ${url}: ${message}`)
    named.cause = error
    throw named
  }
}

export class RouteBook {
  /** The instance that requests go into. */
  readonly app: FastifyInstance
  readonly routes: CollectedRoute[] = []
  /** Whether routes were registered before: nobody can see them. */
  readonly early: boolean
  readonly #caseSensitive: boolean
  readonly #urls = new Map<string, Set<string>>()
  readonly #paths = new Map<string, RoutePath>()
  readonly #libraries = new Map<FastifyInstance, SchemaLibrary>()

  constructor(app: FastifyInstance) {
    this.app = app
    // it prints a method in parentheses behind each of them
    this.early = /\([A-Z]/.test(app.printRoutes())
    const { caseSensitive, routerOptions } = app.initialConfig as Sensitivity & { routerOptions?: Sensitivity }
    this.#caseSensitive = (routerOptions?.caseSensitive ?? caseSensitive) !== false
  }

  /** Takes a route in. Throws a DeclarationError for a `config.mcp` that cannot work. */
  note(scope: FastifyInstance, route: SeenRoute): void {
    const { url, config } = route
    const methods = [route.method].flat()
    for (const method of methods) {
      const urls = this.#urls.get(method) ?? new Set()
      this.#urls.set(method, urls.add(url))
    }
    const mcp: unknown = config?.mcp
    if (mcp === undefined) return
    // Fastify adds a HEAD route to every GET route, with the same config
    if (route.method === 'HEAD' && this.routes.some((known) => known.mcp === mcp && known.method === 'GET')) return
    aboutRoute(methods.join(','), url, () => {
      checkMcp(mcp)
      const method = checkMethod(methods, mcp)
      if (route.websocket || route.sse)
        throw new DeclarationError(
          'route-stream',
          'a WebSocket or SSE route has no answer that ends: take config.mcp away'
        )
      this.routes.push({ scope, method, url, schema: route.schema, constraints: route.constraints ?? {}, mcp })
    })
  }

  /** The schemas that a scope's routes share. */
  library(scope: FastifyInstance): SchemaLibrary {
    let library = this.#libraries.get(scope)
    if (library === undefined) {
      library = new SchemaLibrary()
      for (const [id, schema] of Object.entries(scope.getSchemas())) library.read(schema, id)
      this.#libraries.set(scope, library)
    }
    return library
  }

  /** The paths of all other routes of a method. */
  pathsBeside(method: string, own: string): RoutePath[] {
    const urls = [...(this.#urls.get(method) ?? [])].filter((url) => url !== own)
    return urls.map((url) => this.path(url))
  }

  /** A path as the router reads it. */
  path(url: string): RoutePath {
    const path = this.#paths.get(url) ?? parsePath(url, this.#caseSensitive)
    this.#paths.set(url, path)
    return path
  }

  /** Whether a route without parameters, registered before anybody looked, has this path. */
  hasStatic(method: string, path: string): boolean {
    const url = decodeURI(path)
    // an asterisk would be read as a wildcard
    return this.early && !url.includes('*') && this.app.hasRoute({ method: method as 'GET', url })
  }
}

interface Sensitivity {
  caseSensitive?: boolean
}

function checkMcp(mcp: unknown): asserts mcp is RouteMcp {
  const refuse = (message: string): never => {
    throw new DeclarationError('route-config', message)
  }
  if (!isObject(mcp)) return refuse('config.mcp must be an object with tool or resource')
  checkMembers('config.mcp', mcp, mcpMembers)
  const { tool, resource, credentials, answerBytes, limits, heartbeatMs, headers, schema } = mcp
  if (schema !== undefined) checkMembers('config.mcp.schema', schema, schemaMembers)
  if (tool === undefined && resource === undefined) refuse('config.mcp must have tool or resource')
  if (tool !== undefined && tool !== true && typeof tool !== 'string') refuse('config.mcp.tool must be a name or true')
  if (resource !== undefined && typeof resource !== 'string')
    refuse('config.mcp.resource must be a URI or a URI template')
  if (tool === undefined && (limits !== undefined || heartbeatMs !== undefined))
    refuse('config.mcp.limits and heartbeatMs are for a tool: give it one, or take them away')
  if (credentials !== undefined && credentials !== 'caller' && credentials !== 'none')
    refuse("config.mcp.credentials must be 'caller' or 'none'")
  if (answerBytes !== undefined && !(Number.isInteger(answerBytes) && Number(answerBytes) > 0))
    refuse('config.mcp.answerBytes must be a positive integer')
  for (const [name, value] of Object.entries(headers ?? {})) {
    const fault = headerFault(name, value)
    if (fault !== undefined) refuse(`config.mcp.headers: ${fault}`)
  }
}

/** Why a header cannot go with a call; not its value, which may be a secret. */
function headerFault(name: string, value: unknown): string | undefined {
  if (!passes(() => validateHeaderName(name))) return `${JSON.stringify(name)} is no name of a header`
  if (typeof value !== 'string') return `${name} must be a text`
  if (!passes(() => validateHeaderValue(name, value))) return `${name} has a character that no header holds`
  return undefined
}

function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

/** The method to call a route by. */
function checkMethod(methods: readonly string[], mcp: RouteMcp): string {
  const callable = methods.filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
  const [method] = callable
  if (method === undefined)
    throw new DeclarationError(
      'route-method',
      'HEAD and OPTIONS answer nothing that could be told: expose another method'
    )
  if (callable.length > 1)
    throw new DeclarationError(
      'route-method',
      'it takes several methods: register a route of its own for the one to expose'
    )
  if (mcp.resource !== undefined && method !== 'GET')
    throw new DeclarationError('route-method', 'only a GET route can be a resource: make it a tool')
  return method
}
