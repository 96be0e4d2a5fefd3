/** What a route says of itself in `config.mcp`, what an endpoint asks for, and what comes of both. */
import type { SessionView } from '../../protocol/handler.ts'
import type { Members } from '../../protocol/members.ts'
import type { ToolAnnotations } from '../../protocol/types/index.ts'
import type { CallLimits } from '../../tools/index.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Makes the route a tool or a resource of every MCP endpoint that serves `routes`. */
    mcp?: RouteMcp
  }
}

/** What `config.mcp` may say beside `tool` and `resource`, one of which it has. */
export interface RouteMcpOptions {
  /** For people; the `summary` of the route's schema where it is left out. */
  title?: string
  /** For the model; the `description` or `summary` of the route's schema where it is left out. */
  description?: string
  /** Hints on the tool, over those that its HTTP method gives. */
  annotations?: ToolAnnotations
  _meta?: Record<string, unknown>
  /** Which sessions see it; all by default. */
  visible?: (session: SessionView) => boolean
  /** Scopes that its users hold, all of them; it is on no list for others. For endpoints that know their callers. */
  scopes?: readonly string[]
  /** How many calls of the tool run, how often and for how long. */
  limits?: CallLimits
  /** Tells a client that asked for progress every so many milliseconds that a call of the tool still runs. */
  heartbeatMs?: number
  /** Media type of the resource; from the route's response schema where it is left out. */
  mimeType?: string
  /**
   * What the route is told of who calls. `none`, the default, passes nothing on. `caller` passes the `Authorization` and
   * `Cookie` headers of the MCP request: whoever may use the endpoint then acts on the route with their own rights, and a
   * model with them; a token must be meant for the route too, so the route has to check its audience.
   */
  credentials?: 'caller' | 'none'
  /** Headers that every call carries, such as an API key or what a route constraint looks at. */
  headers?: Readonly<Record<string, string>>
  /** Whether arguments stand under `params`, `query` and `body` instead of side by side. */
  nest?: boolean
  /** Longest answer that is taken, in bytes; the endpoint's `routes.answerBytes` by default. */
  answerBytes?: number
  /** JSON Schemas instead of the route's own, for routes whose schemas are of another kind (zod, joi). */
  schema?: { params?: object; querystring?: object; body?: object; response?: Record<string, object> }
}

/**
 * What a route says of itself. `tool` is a name, or true for one made from `operationId` or from method and path; its
 * input is the route's parameters, query and body in one object, its output the schema of the 2xx response.
 * `resource`, for GET routes, is a URI, or a URI template whose variables are parameters of the route's path or query.
 * Calls run through the route's hooks, validation and serializer; its HTTP errors are failures that the model reads.
 * A slip ends the boot; TypeScript tells it of a value that `satisfies RouteMcp`, as Fastify's type of `config` lets more in.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Type } from '@sinclair/typebox'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0', routes: true })
 * app.get(
 *   '/todos/:list',
 *   {
 *     config: { mcp: { tool: 'list_todos', resource: 'todo://{list}' } },
 *     schema: { params: Type.Object({ list: Type.String() }) }
 *   },
 *   ({ params }) => ({ todos: [`sweep ${(params as { list: string }).list}`] })
 * )
 *
 * const client = await app.mcp.test()
 * assert.equal(await client.text('list_todos', { list: 'home' }), '{"todos":["sweep home"]}')
 * assert.equal((await client.read('todo://home')).contents.length, 1)
 * await app.close()
 * ```
 */
export type RouteMcp = RouteMcpOptions &
  ({ tool: string | true; resource?: string } | { tool?: string | true; resource: string })

/** Members of `config.mcp`; any other is taken for a slip. */
export const mcpMembers: Members<RouteMcp> = {
  tool: true,
  resource: true,
  title: 'text',
  description: 'text',
  annotations: 'object',
  _meta: 'object',
  visible: 'function',
  scopes: true,
  limits: true,
  heartbeatMs: true,
  mimeType: 'text',
  credentials: true,
  headers: 'object',
  nest: 'boolean',
  answerBytes: true,
  schema: 'object'
}

/** Parts of `config.mcp.schema`; whether they are JSON Schema is looked at when all schemas are known. */
export const schemaMembers: Members<NonNullable<RouteMcp['schema']>> = {
  params: true,
  querystring: true,
  body: true,
  response: 'object'
}

/** One route that an endpoint exposes. */
export interface ExposedRoute {
  readonly method: string
  /** As it was registered, with its prefixes: `/api/todos/:list`. */
  readonly url: string
  /** Name of the tool, where it is one. */
  readonly tool?: string
  /** URI or URI template of the resource, where it is one. */
  readonly resource?: string
  readonly credentials: 'caller' | 'none'
}

/** What an endpoint asks of the routes that have `config.mcp`. */
export interface RoutesOptions {
  /** Which of them the endpoint exposes; all by default. */
  filter?: (route: ExposedRoute) => boolean
  /** Longest answer of a route that is taken, in bytes; 1 MiB by default. */
  answerBytes?: number
  /** Whether the log gets a line for each exposed route at boot, in place of one line that has them all. */
  list?: boolean
}

/** What an embedding API may do with exposed routes. */
export interface Routes {
  /**
   * The routes that this endpoint exposes, in the order of their registration; complete once the API is ready.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict'
   * import Fastify from 'fastify'
   * import handwire from 'handwire'
   *
   * const app = Fastify()
   * await app.register(handwire, { name: 'acme', version: '1.0.0', routes: true })
   * app.get('/health', { config: { mcp: { tool: 'health' } } }, () => ({ ok: true }))
   *
   * await app.ready()
   * assert.deepEqual(
   *   app.mcp.routes().map(({ method, url, tool }) => [method, url, tool]),
   *   [['GET', '/health', 'health']]
   * )
   * await app.close()
   * ```
   */
  routes(): readonly ExposedRoute[]
}
