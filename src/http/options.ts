/** What the plugin and its endpoints are told: what one endpoint is, and what several may share. */
import type { FastifyContextConfig, LogLevel } from 'fastify'
import type { Auth } from '../auth/guard.ts'
import { DeclarationError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { Kind, Members } from '../protocol/members.ts'
import type { LentPorts, Observer, Tap } from '../protocol/ports.ts'
import type { CallLimits } from '../tools/index.ts'
import type { HealthOption } from './health.ts'
import type { RoutesOptions } from './routes.ts'

/** What endpoints may share: given to the plugin it holds for all of them, given to one of them it wins. */
export interface SharedOptions {
  /** Origins that may use the server beside its own local ones, such as `https://app.example`. */
  origins?: readonly string[]
  /** Names under which the server is reached beside the local ones, such as `mcp.example`. */
  hosts?: readonly string[]
  /**
   * Who is let in: a verifier of tokens, a function of your own that tells who calls, or a chain of them. `false` verifies
   * nobody and lets everybody use also what asks for scopes; left out nobody is verified, and declaring scopes is refused.
   */
  auth?: Auth | false
  limits?: Partial<Limits>
  /** Limits of all calls of tools of an endpoint together, beside those of each tool; none by default. */
  calls?: CallLimits
  /** Every how many milliseconds a client that gave a progress token is told that its call still runs; not at all by default. */
  heartbeatMs?: number
  /** Whether error data cites the requirement that was broken; off by default. */
  teach?: boolean
  /** Told of every frame that crosses. */
  onFrame?: Tap
  /** Told of every request, its end, refusals and sessions: `metrics()`, `telemetry()`, or one of your own. */
  observers?: readonly Observer[]
  /** Health checks, none by default. Given to the plugin they speak for all of its endpoints, given to `serve` for that one. */
  health?: HealthOption
  /** Fastify's log level for the endpoint's routes alone, as `app.register` takes it; the API's own by default. */
  logLevel?: LogLevel
  /** Fastify's `config` of the endpoint's routes, where plugins of the API look: `{ rateLimit: false }`, `{ cors: { origin } }`. */
  config?: FastifyContextConfig
  /** Parts of the host to lend: tests lend clock and ids, stores a session store and an event log. */
  ports?: LentPorts
}

/** One endpoint. Only `name` and `version` have no default. */
export interface EndpointOptions extends SharedOptions {
  /** serverInfo of the handshake. */
  name: string
  version: string
  title?: string
  /** A hint for models on how to use the server. */
  instructions?: string
  /** Path of the endpoint below the prefix of its scope; `/mcp` by default, for `serve` in a scope with a prefix the prefix itself. */
  path?: string
  /** Exposes the routes that have `config.mcp`, all or those that a filter lets through; none by default. */
  routes?: boolean | RoutesOptions
}

/** Options of the plugin: an endpoint at once, or only what later ones share. */
export type HandwireOptions = (EndpointOptions | (SharedOptions & { name?: never; version?: never; path?: never })) & {
  /** Goes before the path, as Fastify's `prefix` does. */
  prefix?: string
}

/** What `serve` takes; any other member is taken for a slip. */
export const endpointMembers: Members<EndpointOptions> = {
  name: true,
  version: true,
  title: true,
  instructions: 'text',
  path: true,
  auth: true,
  origins: true,
  hosts: true,
  limits: 'object',
  calls: true,
  heartbeatMs: true,
  routes: true,
  health: true,
  teach: 'boolean',
  onFrame: 'function',
  observers: 'list',
  logLevel: 'text',
  config: 'object',
  ports: 'object'
}

/** What the plugin takes beside it, by itself and by Fastify's `register`. */
export const pluginMembers: Readonly<Record<string, Kind>> = { ...endpointMembers, prefix: true, logSerializers: true }

/**
 * Throws a DeclarationError for a path that Fastify could not mount, and for one that no request would have. An empty one is the
 * prefix itself; a question mark is at the end, behind a
 * parameter that may be left out, or in the regular expression of one.
 */
export function checkPath(option: string, path: unknown): void {
  if (path === undefined || (typeof path === 'string' && /^(?:\/[^?#]*(?::\w+\?)?)?$/.test(path.replace(/\(.*\)/, ''))))
    return
  throw new DeclarationError('path', `${option} is a path that begins with a slash and has no query, such as '/mcp'`)
}
