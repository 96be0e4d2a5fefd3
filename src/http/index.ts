/** The door: a Fastify plugin, and all that an embedding API needs to import. */
import type { FastifyInstance, LogLevel, RegisterOptions } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { type Prompts, prompts } from '../prompts/index.ts'
import { Host, type HostOptions } from '../protocol/host.ts'
import { defaultLimits, type Limits } from '../protocol/limits.ts'
import type { Logger, Tap } from '../protocol/ports.ts'
import { type Resources, resources } from '../resources/index.ts'
import { type Tools, tools } from '../tools/index.ts'
import { mountEndpoint } from './endpoint.ts'
import { doorCheck } from './origin.ts'

export { assistant, user } from '../prompts/index.ts'
export { audio, embed, image, link, text } from '../protocol/content.ts'
export { AskError, DeclarationError, notFound, ProtocolError, ToolError } from '../protocol/errors.ts'
export type { Context, ElicitAnswer, Progress, SessionView } from '../protocol/handler.ts'
export type { Limits } from '../protocol/limits.ts'
export type { Tap, TappedFrame } from '../protocol/ports.ts'

/** Options of the plugin. Only `name` and `version` have no default. */
export interface HandwireOptions {
  /** serverInfo of the handshake. */
  name: string
  version: string
  title?: string
  /** A hint for models on how to use the server. */
  instructions?: string
  /** Path of the endpoint; `/mcp` by default. */
  path?: string
  /** Goes before the path, as Fastify's `prefix` does. */
  prefix?: string
  /** Origins that may use the server beside its own local ones, such as `https://app.example`. */
  origins?: readonly string[]
  /** Names under which the server is reached beside the local ones, such as `mcp.example`. */
  hosts?: readonly string[]
  limits?: Partial<Limits>
  /** Whether error data cites the requirement that was broken; off by default. */
  teach?: boolean
  /** Told of every frame that crosses. */
  onFrame?: Tap
  /** Fastify's log level for the endpoint's routes alone, as `app.register` takes it; the API's own by default. */
  logLevel?: LogLevel
  /** Parts of the host to lend: tests lend clock and ids, stores a session store and an event log. */
  ports?: Pick<HostOptions, 'clock' | 'ids' | 'sessions' | 'events'>
}

/** What `app.mcp` offers. */
export type Mcp = Tools & Resources & Prompts & { readonly host: Host }

declare module 'fastify' {
  interface FastifyInstance {
    /** The MCP endpoint of this API. */
    mcp: Mcp
  }
}

/**
 * Serves MCP 2025-06-18 over Streamable HTTP on the API it is registered in; tools, resources and prompts then plug
 * into `app.mcp`. Nothing but the endpoint's own path is touched. `app.close()` ends its streams.
 */
async function plugin(app: FastifyInstance, options: HandwireOptions): Promise<void> {
  const pageSize = options.limits?.pageSize ?? defaultLimits.pageSize
  const rooms = [tools(pageSize), resources(pageSize), prompts(pageSize)] as const
  const { name, version, title, instructions, limits = {}, teach = false, onFrame } = options
  const host = new Host({
    info: title === undefined ? { name, version } : { name, version, title },
    features: rooms.map((room) => room.feature),
    limits,
    teach,
    logger: app.log as unknown as Logger,
    ...(instructions === undefined ? {} : { instructions }),
    ...(onFrame === undefined ? {} : { tap: onFrame }),
    ...options.ports
  })
  app.decorate('mcp', { ...rooms[0].api, ...rooms[1].api, ...rooms[2].api, host })
  const checkDoor = doorCheck({ origins: options.origins ?? [], hosts: options.hosts ?? [] })
  const endpoint = async (scope: FastifyInstance): Promise<void> =>
    mountEndpoint(scope, host, `${options.prefix ?? ''}${options.path ?? '/mcp'}`, checkDoor)
  await app.register(
    endpoint,
    options.logLevel === undefined ? {} : ({ logLevel: options.logLevel } as RegisterOptions)
  )
  // onClose would come too late: the server waits for its connections before it
  app.addHook('preClose', () => host.close())
}

export const handwire = fastifyPlugin(plugin, { name: 'handwire', fastify: '5.x' })
export default handwire
