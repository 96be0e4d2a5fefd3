/**
 * Which endpoint a scope of the API speaks of: `scope.mcp` is the endpoint served in that scope or, when there is none, in
 * the nearest scope around it, so that tools are shared by registering a plain Fastify plugin below several endpoints.
 */
import type { FastifyInstance } from 'fastify'
import type { Prompts } from '../prompts/index.ts'
import { DeclarationError } from '../protocol/errors.ts'
import type { Host } from '../protocol/host.ts'
import type { Resources } from '../resources/index.ts'
import type { Tools } from '../tools/index.ts'
import type { EndpointOptions } from './options.ts'
import type { Routes } from './routes.ts'

/** What can be plugged into an endpoint. */
export type Endpoint = Tools & Resources & Prompts & Routes & { readonly host: Host }

/** What `app.mcp` offers. All but `serve` throw a DeclarationError where no endpoint is served. */
export interface Mcp extends Endpoint {
  /**
   * Serves an endpoint in this scope: at `path` below the scope's prefix, by default at the prefix itself, without one at `/mcp`.
   * Throws a DeclarationError when this scope serves one already.
   */
  serve(options: EndpointOptions): void
}

/** Where a scope keeps its endpoint. Fastify's scopes inherit from the one around them. */
const endpoint = Symbol('handwire.endpoint')
type Scope = FastifyInstance & { [endpoint]?: Endpoint }

const members = [
  'tool',
  'removeTool',
  'resource',
  'removeResource',
  'updated',
  'prompt',
  'removePrompt',
  'routes',
  'host'
] as const
members satisfies readonly (keyof Endpoint)[]

/** Makes an endpoint the one of a scope and of all scopes in it. Throws a DeclarationError when the scope has one. */
export function claim(scope: FastifyInstance, served: () => Endpoint): void {
  if (Object.hasOwn(scope, endpoint))
    throw new DeclarationError(
      'two-endpoints',
      'this scope serves an MCP endpoint already: serve another in a scope of its own'
    )
  ;(scope as Scope)[endpoint] = served()
}

/** What `scope.mcp` is. The endpoint is looked up when it is used, so that this may be taken before `serve`. */
export function mcpOf(scope: FastifyInstance, serve: Mcp['serve']): Mcp {
  const found = (): Endpoint => {
    const served = (scope as Scope)[endpoint]
    if (served !== undefined) return served
    throw new DeclarationError(
      'no-endpoint',
      'no MCP endpoint is served in this scope or around it: register handwire with a name and a version, or call mcp.serve() first'
    )
  }
  const getters = members.map((name) => [name, { enumerable: true, get: () => found()[name] }])
  return Object.defineProperties({ serve } as Mcp, Object.fromEntries(getters))
}
