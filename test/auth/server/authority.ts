/** An API with an authorization server in it, listening on loopback, and a client that uses it. */
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  authorizationServer,
  memoryStore
} from '../../../src/auth/server/index.ts'
import handwire from '../../../src/http/index.ts'
import { Browser, type Visit } from './browser.ts'

/** Metadata that native clients send. */
export const native = {
  client_name: 'Editor',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none'
}

export const password = 'correct horse'

export interface Tokens {
  access_token: string
  refresh_token?: string
  scope: string
  expires_in: number
  token_type: string
}

/** An answer of the token endpoint. */
export interface TokenAnswer {
  status: number
  body: Tokens & { error?: string }
}

export class Authority {
  readonly app: FastifyInstance
  readonly origin: string
  readonly server: AuthorizationServer
  /** What the API logged, one object a line. */
  readonly lines: Record<string, unknown>[]

  constructor(app: FastifyInstance, origin: string, server: AuthorizationServer, lines: Record<string, unknown>[]) {
    this.app = app
    this.origin = origin
    this.server = server
    this.lines = lines
  }

  get resource(): string {
    return `${this.origin}/mcp`
  }

  get issuer(): string {
    return `${this.origin}/oauth`
  }

  register(metadata: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
    })
  }

  async client(metadata: object = native): Promise<string> {
    return ((await (await this.register(metadata)).json()) as { client_id: string }).client_id
  }

  /** The address at which a client begins, and the verifier it keeps. */
  begin(client: string, changed: Record<string, string | undefined> = {}): { url: string; verifier: string } {
    const verifier = randomBytes(32).toString('base64url')
    const parameters = {
      client_id: client,
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:4321/callback',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: this.resource,
      scope: 'todo:read todo:write',
      state: 'abc',
      ...changed
    }
    const query = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return { url: `${this.issuer}/authorize?${new URLSearchParams(query)}`, verifier }
  }

  /** Goes through the page; the address that the client is sent back to. */
  async allow(url: string, browser = new Browser(this.origin), typed: Record<string, string> = {}): Promise<Visit> {
    const page = await browser.go(url)
    return browser.submit(page, { action: 'allow', username: 'ann', password, ...typed })
  }

  async token(form: Record<string, string>, headers: Record<string, string> = {}): Promise<TokenAnswer> {
    const response = await fetch(`${this.issuer}/token`, { method: 'POST', headers, body: new URLSearchParams(form) })
    return { status: response.status, body: (await response.json()) as TokenAnswer['body'] }
  }

  /** Exchanges the code of a redirect. */
  exchange(client: string, visit: Visit, verifier: string, changed: Record<string, string> = {}): Promise<TokenAnswer> {
    const back = new URL(visit.url)
    const code = back.searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', client_id: client, code, code_verifier: verifier }
    return this.token({ ...form, redirect_uri: 'http://127.0.0.1:4321/callback', resource: this.resource, ...changed })
  }

  refresh(client: string, token: string | undefined, changed: Record<string, string> = {}): Promise<TokenAnswer> {
    return this.token({ grant_type: 'refresh_token', client_id: client, refresh_token: token ?? '', ...changed })
  }

  /** The whole way to tokens. */
  async logIn(changed: Record<string, string | undefined> = {}): Promise<{ client: string; tokens: Tokens }> {
    const client = await this.client()
    const { url, verifier } = this.begin(client, changed)
    const { body } = await this.exchange(client, await this.allow(url), verifier)
    return { client, tokens: body }
  }

  /** Calls the tool that says who calls. */
  async call(token: string): Promise<{ status: number; text: string }> {
    const headers = {
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json'
    }
    const send = (message: object, more: Record<string, string> = {}) =>
      fetch(this.resource, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: JSON.stringify({ jsonrpc: '2.0', ...message })
      })
    const clientInfo = { name: 'test', version: '0' }
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
    const opened = await send({ id: 1, method: 'initialize', params })
    if (opened.status !== 200) return { status: opened.status, text: await opened.text() }
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
    await send({ method: 'notifications/initialized' }, session)
    const answer = await send({ id: 2, method: 'tools/call', params: { name: 'whoami', arguments: {} } }, session)
    const { result } = (await answer.json()) as { result: { content: [{ text: string }] } }
    return { status: answer.status, text: result.content[0].text }
  }
}

export interface AuthorityOptions {
  auth?: Partial<AuthorizationServerOptions>
  fastify?: FastifyServerOptions
  port?: number
  before?: (app: FastifyInstance) => unknown
}

/** Closed when the test ends. */
export async function authority(options: AuthorityOptions = {}): Promise<Authority> {
  const port = options.port ?? (await freePort())
  const origin = `http://127.0.0.1:${port}`
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const server = authorizationServer({
    resource: `${origin}/mcp`,
    scopes: { 'todo:read': 'Read your lists', 'todo:write': 'Change your lists' },
    authenticate: ({ username, password: typed }) =>
      typed === password ? { subject: username, name: `${username} Example` } : undefined,
    name: 'Acme',
    store: memoryStore(),
    ...options.auth
  })
  const app = Fastify({ logger: { level: 'trace', stream }, forceCloseConnections: true, ...options.fastify })
  await options.before?.(app)
  await app.register(handwire, { name: 'acme', version: '0', auth: server })
  app.mcp.tool('whoami', {}, (_, { principal }) => `${principal?.subject} ${principal?.scopes.join(' ')}`)
  await app.listen({ port, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return new Authority(app, origin, server, lines)
}

/** A port of loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
