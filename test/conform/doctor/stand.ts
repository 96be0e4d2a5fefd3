/** A guarded MCP server and the authorization server behind it, whole until a test breaks them in one way. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { jwt } from '../../../src/auth/index.ts'
import { type Diagnosis, type DoctorOptions, doctor } from '../../../src/conform/index.ts'
import handwire, { type EndpointOptions } from '../../../src/http/index.ts'

/** What is done to an app before anything is in it. */
export type Break = (app: FastifyInstance) => unknown
type Members = Record<string, unknown>

export interface StandOptions {
  /** Breaks the MCP server. */
  server?: Break
  /** Breaks the authorization server. */
  issuer?: Break
  /** Changes the metadata of the authorization server; a member that is undefined is left out. */
  metadata?: Members | ((origin: string) => Members)
  /** Changes the metadata of the resource. */
  resource?: Members | ((origin: string) => Members)
  plugin?: Partial<EndpointOptions>
  /** Whether nobody is asked for a token. */
  open?: boolean
}

export interface Stand {
  url: string
  origin: string
  issuer: string
  /** Ids of the clients that are registered. */
  clients: Set<string>
  token(claims?: Members, header?: { alg: string }): Promise<string>
}

const hourAhead = (): number => Math.floor(Date.now() / 1000) + 3600
const keys = await generateKeyPair('ES256')

/** A server that listens before anything is known of it but its address. */
async function listening(): Promise<{ server: Server; origin: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function appOn(server: Server): FastifyInstance {
  const app = Fastify({ serverFactory: (handler) => server.on('request', handler), forceCloseConnections: true })
  onTestFinished(() => void app.close())
  return app
}

/** Changes the JSON that a path answers. */
export function rewrite(path: RegExp, change: (document: Members) => unknown): Break {
  return (app) =>
    app.addHook('onSend', async ({ url }, reply, payload) => {
      if (!path.test(url) || reply.statusCode !== 200 || typeof payload !== 'string') return payload
      const text = JSON.stringify(change(JSON.parse(payload)))
      reply.header('content-length', Buffer.byteLength(text))
      return text
    })
}

/** Answers requests that fit in place of the server. */
export function instead(
  fits: (request: FastifyRequest) => boolean,
  answer: (reply: FastifyReply, request: FastifyRequest) => unknown
): Break {
  return (app) =>
    app.addHook('onRequest', async (request, reply) => {
      if (fits(request)) await answer(reply, request)
    })
}

/** Changes the head of answers that fit. */
export function head(
  fits: (request: FastifyRequest, reply: FastifyReply) => boolean,
  change: (reply: FastifyReply) => unknown
): Break {
  return (app) =>
    app.addHook('onSend', async (request, reply, payload) => {
      if (fits(request, reply)) change(reply)
      return payload
    })
}

export async function stand(options: StandOptions = {}): Promise<Stand> {
  const issuer = await listening()
  const { server, origin } = await listening()
  const clients = await issue(appOn(issuer.server), issuer.origin, options)
  const app = appOn(server)
  if (options.resource !== undefined) {
    const { resource } = options
    const change = typeof resource === 'function' ? resource(origin) : resource
    await rewrite(/oauth-protected-resource/, (document) => ({ ...document, ...change }))(app)
  }
  await options.server?.(app)
  const url = `${origin}/mcp`
  const auth = options.open === true ? {} : { auth: jwt({ issuer: issuer.origin, resource: url, required: ['mcp'] }) }
  await app.register(handwire, { name: 'acme', version: '1.2.3', ...auth, ...options.plugin })
  app.mcp.tool('greet', {}, () => 'hello')
  await app.ready()
  return {
    url,
    origin,
    issuer: issuer.origin,
    clients,
    token: (claims = {}, header = { alg: 'ES256' }) => {
      const whole = { iss: issuer.origin, aud: url, sub: 'ann', exp: hourAhead(), scope: 'mcp', ...claims }
      const key = header.alg === 'ES256' ? keys.privateKey : new Uint8Array(32)
      return new SignJWT(whole as JWTPayload).setProtectedHeader(header).sign(key)
    }
  }
}

/** The authorization server: what of OAuth comes before somebody logs in. */
async function issue(app: FastifyInstance, origin: string, options: StandOptions): Promise<Set<string>> {
  const clients = new Set<string>()
  await options.issuer?.(app)
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body))))
  )
  app.addHook('onRequest', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  const change = typeof options.metadata === 'function' ? options.metadata(origin) : options.metadata
  app.get('/.well-known/oauth-authorization-server', () => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    jwks_uri: `${origin}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    ...change
  }))
  app.get('/jwks', async () => ({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256', use: 'sig' }] }))
  app.post('/register', async (request, reply) => {
    const id = `client-${clients.size + 1}`
    clients.add(id)
    const management = {
      registration_client_uri: `${origin}/register/${id}`,
      registration_access_token: `manage-${id}`
    }
    return reply.code(201).send({ ...(request.body as object), client_id: id, ...management })
  })
  app.delete<{ Params: { id: string } }>('/register/:id', async ({ params: { id }, headers }, reply) => {
    if (headers.authorization !== `Bearer manage-${id}`) return reply.code(401).send()
    clients.delete(id)
    return reply.code(204).send()
  })
  app.get('/authorize', (_request, reply) => reply.type('text/html').send('<!doctype html><title>Log in</title>'))
  app.post('/token', (_request, reply) => reply.code(400).send({ error: 'invalid_grant' }))
  await app.ready()
  return clients
}

/** Lets the doctor look, with time enough for a machine that is busy, and none to spare for what never comes. */
export function look(url: string, options: DoctorOptions = {}): Promise<Diagnosis> {
  return doctor(url, { timeoutMs: 5000, listenMs: 500, ...options })
}

/** What is wrong, as `level check: sentence`. */
export function wrong({ findings }: Diagnosis): string[] {
  return findings
    .filter(({ level }) => level === 'problem' || level === 'warning')
    .map(({ level, check, says }) => `${level} ${check}: ${says}`)
}
