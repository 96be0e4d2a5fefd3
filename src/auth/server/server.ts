/** The authorization server of an API: issues tokens for its endpoint to the clients that people allow, and verifies them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Provider } from 'oidc-provider'
import { DeclarationError } from '../../protocol/errors.ts'
import { canonicalResource } from '../resource.ts'
import type { Issued, Verifier } from '../verifier.ts'
import { refuse, sendJson } from './answer.ts'
import { Bodies, readBody, replayed } from './body.ts'
import { Ceiling } from './ceiling.ts'
import { Consent } from './consent.ts'
import { keepJournal } from './journal.ts'
import { type Keys, readKeys, rotateKeys } from './keys.ts'
import { type AuthorizationServerOptions, readOptions, type Settings } from './options.ts'
import { messagePage, sendPage } from './page.ts'
import { People } from './people.ts'
import { buildProvider, loadProvider, type Package } from './provider.ts'
import { Registrations, readRegistration } from './registration.ts'
import { innerUrl, mountRoutes, type Route, routesOf } from './routes.ts'
import { sqliteStore } from './sqlite.ts'
import type { AuthorizationStore } from './store.ts'
import { Tokens } from './tokens.ts'

/** A server that issues tokens, which verifies those for its first endpoint. */
export interface AuthorizationServer extends Verifier {
  readonly issued: Issued
  mount(root: FastifyInstance): void
  ready(): Promise<void>
  close(): Promise<void>
  /** Verifies tokens for another endpoint of the same API. */
  for(resource: string, required?: readonly string[]): Verifier
  /** Signs with a new key from now on; tokens that others of the last three have signed stay good. */
  rotateKeys(): Promise<void>
}

/**
 * An OAuth 2.1 authorization server inside the API: clients register themselves (RFC 7591), people log in and agree on one
 * page, and clients get tokens of ten minutes for this endpoint (RFC 8707), which they refresh. Built on the packages
 * `oidc-provider` and `jose`, and `@libsql/client` for the store that is used when none is given.
 * Throws a DeclarationError for options that cannot be; so does the boot, when a package is missing.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { authorizationServer, memoryStore } from 'handwire/auth-server'
 *
 * const auth = authorizationServer({
 *   resource: 'https://mcp.example/mcp',
 *   scopes: { 'todo:read': 'Read your lists', 'todo:write': 'Change your lists' },
 *   authenticate: ({ username, password }) => (password === 'tulip' ? { subject: username } : undefined),
 *   store: memoryStore() // sqliteStore('auth.db') remembers who logged in
 * })
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth })
 *
 * const { authorization_servers } = (await app.inject('/.well-known/oauth-protected-resource/mcp')).json()
 * assert.deepEqual(authorization_servers, ['https://mcp.example/oauth'])
 * const metadata = (await app.inject('/.well-known/oauth-authorization-server/oauth')).json()
 * assert.equal(metadata.registration_endpoint, 'https://mcp.example/oauth/register')
 * await app.close()
 * ```
 */
export function authorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  return new EmbeddedServer(options)
}

/** What is there once the server is ready. */
interface Running {
  package: Package
  keys: Keys
  provider: Provider
  answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>
}

const tendMs = 600_000
const reloadMs = 5000
const longestRegistration = 16_384
/** How many requests are answered at once, and how many a minute where each leaves something in the store. */
const mostAtOnce = 100
const perMinute = { authorize: 600, token: 3000 }

class EmbeddedServer implements AuthorizationServer {
  readonly issued: Issued
  readonly required: readonly string[]
  readonly #settings: Settings
  readonly #store: AuthorizationStore
  readonly #resources: Set<string>
  readonly #people: People
  readonly #tokens: Tokens
  readonly #registrations: Registrations
  readonly #ids = new WeakMap<IncomingMessage, string>()
  readonly #ceilings: Partial<Record<Route['name'], Ceiling>> = {
    authorize: new Ceiling(perMinute.authorize),
    token: new Ceiling(perMinute.token)
  }
  #consent: Consent | undefined
  #log: FastifyBaseLogger | undefined
  #running: Promise<Running> | undefined
  #readAt = 0
  #tending: NodeJS.Timeout | undefined
  // people who agree do not wait for the bodies of programs
  readonly #bodies = { programs: new Bodies(), people: new Bodies() }
  #atOnce = 0

  constructor(options: AuthorizationServerOptions) {
    const settings = readOptions(options)
    const { resource, issuer, scopes, required, accounts, registration } = settings
    this.#settings = settings
    this.#store = options.store ?? sqliteStore('handwire-auth.db')
    this.#resources = new Set([resource])
    this.#people = new People(accounts, this.#store)
    this.#registrations = new Registrations(this.#store, registration)
    this.#tokens = new Tokens({ issuer, store: this.#store, keys: (again) => this.#keys(again) })
    this.issued = { resource, issuers: [issuer], scopes: [...scopes.keys()] }
    this.required = required
  }

  verify(token: string, connection: object) {
    return this.#tokens.verify(token, connection, this.#settings.resource)
  }

  for(resource: string, required: readonly string[] = []): Verifier {
    const other = canonicalResource(resource)
    this.#resources.add(other)
    return {
      verify: (token, connection) => this.#tokens.verify(token, connection, other),
      issued: { ...this.issued, resource: other },
      required
    }
  }

  mount(root: FastifyInstance): void {
    if (this.#log !== undefined)
      throw new DeclarationError(
        'auth-mounted',
        'authorizationServer: one server is for one endpoint: give others what its `for(resource)` returns'
      )
    this.#log = root.log
    this.#consent = new Consent(this.#settings, this.#people, this.#store, root.log)
    const { mount, upstream } = this.#settings
    const routes = routesOf(mount, upstream !== undefined)
    mountRoutes(root, routes, (route, request, reply) => this.#serve(route, request, reply))
  }

  async ready(): Promise<void> {
    await this.#start()
    this.#tending = setInterval(() => void this.#tend(), tendMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#tending)
    await this.#running?.catch(() => undefined)
    await this.#store.close?.()
  }

  async rotateKeys(): Promise<void> {
    await this.#start()
    await rotateKeys(this.#store)
    await this.#reload()
  }

  /** Opens the store and sets everything up, once. */
  #start(): Promise<Running> {
    this.#running ??= (async () => {
      const loaded = await loadProvider(this.#logger)
      await this.#store.open?.()
      await this.#settings.accounts.ready?.()
      return this.#build(loaded, await readKeys(this.#store))
    })()
    return this.#running
  }

  #build(loaded: Package, keys: Keys): Running {
    const provider = buildProvider(loaded, {
      settings: this.#settings,
      resources: this.#resources,
      keys,
      store: this.#store,
      people: this.#people,
      log: this.#logger,
      ids: this.#ids,
      asked: (ctx, uid) => this.#consent?.begin(ctx, uid)
    })
    keepJournal(provider, this.#logger, {
      revoked: (grant) => this.#tokens.revoked(grant),
      used: (client) => this.#registrations.used(client)
    })
    return { package: loaded, keys, provider, answer: provider.callback() }
  }

  /** Takes over keys that have come since: of another process, or of `rotateKeys`. */
  async #reload(): Promise<void> {
    const { package: loaded, keys } = await this.#start()
    this.#readAt = Date.now()
    const kept = await readKeys(this.#store)
    if (kept.signing[0]?.kid !== keys.signing[0]?.kid) this.#running = Promise.resolve(this.#build(loaded, kept))
  }

  async #keys(again: boolean): Promise<Keys> {
    if (again && this.#readAt + reloadMs < Date.now()) await this.#reload()
    return (await this.#start()).keys
  }

  get #logger(): FastifyBaseLogger {
    if (this.#log === undefined) throw new Error('the authorization server is not mounted')
    return this.#log
  }

  /** Drops what has ended, and takes over keys of other processes. */
  async #tend(): Promise<void> {
    try {
      await this.#store.purge?.()
      await this.#reload()
    } catch (error) {
      this.#logger.warn({ err: error }, 'the store of the authorization server cannot be reached')
    }
  }

  async #serve(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const res = reply.raw
    const req = await this.#bodies[route.shared ? 'programs' : 'people'].whole(request.raw, res)
    if (req === undefined) return
    if (this.#atOnce >= mostAtOnce) return refuse(res, 503, 'temporarily_unavailable', 1)
    this.#atOnce += 1
    try {
      await this.#answer(await this.#start(), route, request, req, res)
    } catch (error) {
      this.#logger.error({ err: error, route: route.name }, 'authorization server failed')
      if (res.headersSent) res.destroy()
      else if (route.shared) refuse(res, 500, 'server_error')
      else sendPage(res, 500, messagePage('This cannot go on', ['The service has failed. Try again later.']))
    } finally {
      this.#atOnce -= 1
    }
  }

  async #answer(
    running: Running,
    route: Route,
    request: FastifyRequest,
    req: IncomingMessage,
    res: ServerResponse
  ): Promise<void> {
    const { uid = '' } = request.params as { uid?: string }
    if (route.name === 'consent') return this.#consent?.serve(running.provider, request, req, res, uid)
    if (route.name === 'callback') return this.#consent?.back(running.provider, request, res)
    const wait = this.#ceilings[route.name]?.take()
    if (wait !== undefined) return refuse(res, 429, 'temporarily_unavailable', wait)
    req.url = innerUrl(route, req, uid, this.#settings.scopes)
    if (route.name === 'register') return this.#register(running, req, res)
    await running.answer(req, res)
  }

  async #register({ answer }: Running, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await readBody(req, longestRegistration)
    if (body === undefined) return refuse(res, 413, 'invalid_client_metadata')
    const metadata = readRegistration(body)
    // what is no metadata is refused there, with the words for it
    if (metadata === undefined || !/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
      return answer(replayed(req, body), res)
    const found = await this.#registrations.consider(metadata)
    if ('retryAfter' in found) {
      this.#logger.warn({}, 'too many clients are being registered')
      return refuse(res, 429, 'temporarily_unavailable', found.retryAfter)
    }
    if ('error' in found) return sendJson(res, 400, { error: found.error, error_description: found.description })
    if ('known' in found) {
      const { used: _used, ...client } = found.known
      return sendJson(res, 201, client)
    }
    const again = replayed(req, Buffer.from(JSON.stringify(found.metadata)))
    if (found.id !== undefined) this.#ids.set(again, found.id)
    await answer(again, res)
  }
}
