/** An API of somebody else, with all that such an API has: the usual plugins together, parsers, hooks, compilers, errors, routes. */
import compress, { type FastifyCompressOptions } from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import underPressure from '@fastify/under-pressure'
import { Ajv } from 'ajv'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions
} from 'fastify'
import { onTestFinished } from 'vitest'
import { hostRoutes } from './neighbours-routes.ts'

/** Puts MCP into the API: before its routes, or when all the rest is there. */
export type Placing = (app: FastifyInstance) => unknown

export interface NeighbourOptions {
  /** After the plugins and hooks of the API and before its routes. */
  mcp?: Placing | undefined
  /** After everything else. */
  last?: Placing | undefined
  compress?: FastifyCompressOptions
  fastify?: FastifyServerOptions
  /** How many requests a minute a caller may make, over all routes without a limit of their own. */
  most?: () => number
  /** Whether that limit is on every route; otherwise on those that ask for it. */
  globalLimit?: boolean
  /** Whether the API is under pressure now. */
  pressed?: () => boolean
}

export interface Neighbours {
  app: FastifyInstance
  /** Where it listens on loopback, without a slash at the end. */
  origin: string
  /** Which hooks of the API ran, as `hook METHOD url`, in order. */
  ran: string[]
  /** What its hooks saw being registered and read, so that an endpoint that changes them shows. */
  registered: string[]
}

/** What a page on the site of the API may read, and how it may call. */
export const site = 'https://app.example'
const exposedHeaders = ['Mcp-Session-Id', 'X-Request-Id', 'Retry-After']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The API, listening; closed when the test ends. */
export async function neighbours(options: NeighbourOptions = {}): Promise<Neighbours> {
  let requests = 0
  const app = Fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    genReqId: () => `request-${++requests}`,
    ...options.fastify
  })
  onTestFinished(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  const ran: string[] = []
  const registered: string[] = []
  await usualPlugins(app, options)
  await ownWays(app)
  addHooks(app, ran, registered)
  await options.mcp?.(app)
  addParsers(app)
  await hostRoutes(app)
  await options.last?.(app)
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, origin, ran, registered }
}

async function usualPlugins(
  app: FastifyInstance,
  { compress: compressing, most = () => 1000, globalLimit = true, pressed = () => false }: NeighbourOptions
): Promise<void> {
  await app.register(cors, { origin: [site], credentials: true, exposedHeaders, methods, maxAge: 600 })
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } })
  await app.register(compress, { threshold: 256, ...compressing })
  await app.register(underPressure, {
    maxEventLoopDelay: 60_000,
    retryAfter: 7,
    healthCheck: async () => !pressed(),
    healthCheckInterval: 1,
    exposeStatusRoute: '/status'
  })
  await app.register(rateLimit, { global: globalLimit, max: () => most(), timeWindow: '1 hour' })
  await app.register(swagger, { openapi: { info: { title: 'Todos', version: '3.2.1' } } })
}

/** Schemas, compilers, decorators and answers to errors, which everything below inherits. */
async function ownWays(app: FastifyInstance): Promise<void> {
  const owner = { $id: 'owner', type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
  const todo = {
    $id: 'todo',
    type: 'object',
    required: ['text'],
    additionalProperties: false,
    properties: { id: { type: 'integer' }, text: { type: 'string', minLength: 2 }, owner: { $ref: 'owner#' } }
  }
  app.addSchema(owner)
  app.addSchema(todo)
  const ajv = new Ajv({ coerceTypes: true, useDefaults: true, allErrors: true, schemas: [owner, todo] })
  app.setValidatorCompiler(({ schema }) => ajv.compile(schema as object))
  app.setSchemaErrorFormatter(
    (errors, part) => new Error(`${part}: ${errors.map(({ keyword }) => keyword).join(', ')}`)
  )
  app.decorate('clock', () => 'noon')
  app.decorateRequest('user', '')
  app.decorateReply('stamp', function () {
    return this.header('x-stamp', 'noon')
  })
  app.setErrorHandler(
    async (error: Error & { statusCode?: number; code?: string; validation?: unknown }, request, reply) => {
      reply.code(error.statusCode ?? 500).header('x-problem', error.code ?? error.name)
      return { problem: error.message, at: request.url, checked: error.validation !== undefined }
    }
  )
  app.setNotFoundHandler(
    { preHandler: async (_: FastifyRequest, reply: FastifyReply) => void reply.header('x-looked', 'everywhere') },
    (request, reply) => reply.code(404).send({ nothing: request.url })
  )
}

/** Hooks of every kind; some change what passes through them. */
function addHooks(app: FastifyInstance, ran: string[], registered: string[]): void {
  const note = (hook: string, { method, url }: { method: string; url: string }): void =>
    void ran.push(`${hook} ${method} ${url}`)
  app.addHook('onRoute', ({ method, url }) => void registered.push(`${method} ${url}`))
  app.addHook('onRegister', (scope) => void registered.push(`scope ${scope.prefix}`))
  app.addHook('onRequest', async (request, reply) => {
    note('onRequest', request)
    reply.header('x-request-id', request.id)
  })
  app.addHook('preParsing', async (request, _reply, payload) => {
    note('preParsing', request)
    return payload
  })
  app.addHook('preValidation', async (request) => note('preValidation', request))
  app.addHook('preHandler', async (request) => {
    note('preHandler', request)
    request.user = String(request.headers['x-user'] ?? 'nobody')
  })
  app.addHook('preSerialization', async (request, _reply, payload) => {
    note('preSerialization', request)
    return payload
  })
  app.addHook('onSend', async (request, reply, payload) => {
    note('onSend', request)
    reply.header('x-api', 'todos').header('x-kind', typeof payload)
    return payload
  })
  app.addHook('onError', async (request) => note('onError', request))
  app.addHook('onResponse', async (request) => note('onResponse', request))
}

/** Its own ways to read bodies, one of them in place of Fastify's. */
function addParsers(app: FastifyInstance): void {
  app.addContentTypeParser('application/vnd.todos+csv', { parseAs: 'string' }, (_request, body, done) =>
    done(null, { rows: String(body).split('\n') })
  )
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => ({
    bytes: body.length
  }))
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, async (_request: unknown, body: string) =>
    body.toUpperCase()
  )
}

declare module 'fastify' {
  interface FastifyInstance {
    clock(): string
  }
  interface FastifyRequest {
    user: string
  }
  interface FastifyReply {
    stamp(): FastifyReply
  }
}
