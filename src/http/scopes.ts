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
import type { TestClient } from './test-client.ts'
import type { TestOptions } from './test-client-options.ts'

/** What can be plugged into an endpoint. */
export type Endpoint = Tools &
  Resources &
  Prompts &
  Routes & {
    readonly host: Host
    /** Where it is reached on this API, prefix and all, such as `/mcp/v1`. */
    readonly url: string
  }

/** What `app.mcp` offers. All but `serve` throw a DeclarationError where no endpoint is served. */
export interface Mcp extends Endpoint {
  /**
   * Serves an endpoint in this scope: at `path` below the scope's prefix, by default at the prefix itself, without one at `/mcp`.
   * Throws a DeclarationError when this scope serves one already.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify, { type FastifyInstance } from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { origins: ['https://app.example'] }) // holds for both endpoints
   *
   * const shared = async (scope: FastifyInstance) => {
   *   scope.mcp.tool('hello', {}, () => 'world')
   * }
   * for (const major of [1, 2]) {
   *   app.register(
   *     async (scope) => {
   *       scope.mcp.serve({ name: 'acme', version: `${major}.0.0` })
   *       scope.register(shared)
   *     },
   *     { prefix: `/mcp/v${major}` }
   *   )
   * }
   *
   * const client = await app.mcp.test({ path: '/mcp/v2' })
   * assert.deepEqual([client.server.serverInfo.version, await client.text('hello')], ['2.0.0', 'world'])
   * await app.close()
   * ```
   */
  serve(options: EndpointOptions): void
  /**
   * Opens a client of this endpoint for tests, in process: through the hooks, the authorization and the log of the API, but without
   * a port. It makes the API ready, so it is opened when all is registered, and in no plugin's own body.
   * Rejects with a TestError when the endpoint, or a hook before it, refuses.
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
   * app.mcp.tool('purge', {}, async (_, { elicit }) => {
   *   const answer = await elicit('Delete everything?', Type.Object({ sure: Type.Boolean() }))
   *   return answer.action === 'accept' && answer.content.sure ? 'gone' : 'kept'
   * })
   *
   * const yes = await app.mcp.test({ elicit: { action: 'accept', content: { sure: true } } })
   * const no = await app.mcp.test({ elicit: { action: 'decline' } })
   * assert.deepEqual([await yes.text('purge'), await no.text('purge')], ['gone', 'kept'])
   * await app.close()
   * ```
   */
  test(options?: TestOptions): Promise<TestClient>
}

/** Where a scope keeps its endpoint. Fastify's scopes inherit from the one around them. */
const endpoint = Symbol('handwire.endpoint')
type Scope = FastifyInstance & { [endpoint]?: Endpoint }

const members = [
  'tool',
  'removeTool',
  'addHook',
  'resource',
  'removeResource',
  'updated',
  'prompt',
  'removePrompt',
  'routes',
  'host',
  'url'
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
  const test: Mcp['test'] = async (options) => {
    const url = options?.path ?? found().url
    // loaded by tests alone
    const { openTestClient } = await import('./test-client.ts')
    return openTestClient(scope, url, options)
  }
  return Object.defineProperties({ serve, test } as Mcp, Object.fromEntries(getters))
}
