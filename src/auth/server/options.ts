/** What an authorization server is told, and what that comes to. */
import type { FastifyRequest } from 'fastify'
import { DeclarationError } from '../../protocol/errors.ts'
import { checkMembers, type Members } from '../../protocol/members.ts'
import type { Awaitable } from '../../protocol/ports.ts'
import { canonicalResource, secure } from '../resource.ts'
import type { RegistrationLimits } from './registration.ts'
import type { AuthorizationStore } from './store.ts'
import type { UpstreamLogin } from './upstream.ts'

/** Somebody who has logged in. */
export interface Account {
  /** Who it is, for ever: the subject of principals. */
  subject: string
  /** How the page calls them; the subject by default. */
  name?: string | undefined
  /** All that they can grant; everything that the server offers by default. */
  scopes?: readonly string[] | undefined
}

/** A name and a password that somebody typed. */
export interface Attempt {
  username: string
  password: string
  request: FastifyRequest
}

/** The people who can log in by a password. */
export interface Accounts {
  /** Who it is; undefined when the name or the password is wrong. */
  authenticate(attempt: Attempt): Awaitable<Account | undefined>
  /** Whom a subject stands for, asked before each new token; undefined when they may have none any more. */
  find?(subject: string): Awaitable<Account | undefined>
  /** Called once, before anybody logs in; what it throws ends the boot. */
  ready?(): Awaitable<void>
}

/** Options of `authorizationServer`. Only `resource` and `authenticate` have no default. */
export interface AuthorizationServerOptions {
  /** Public URL of the endpoint, as clients use it: the audience of tokens. */
  resource: string
  /** Who logs in: `passwordFile(path)`, `upstreamOpenId({ … })`, or a function of your own. */
  authenticate: Accounts | Accounts['authenticate'] | UpstreamLogin
  /** Public URL of this server, as it stands in tokens; the origin of `resource` with `/oauth` by default. Its path is where the routes are. */
  issuer?: string
  /** What clients may ask for, as a list or with a text for people each; the one scope `mcp` by default. */
  scopes?: readonly string[] | Readonly<Record<string, string>>
  /** Scopes without which the endpoint cannot be used at all; none by default. */
  required?: readonly string[]
  /** How the page calls the service; the host of `resource` by default. */
  name?: string
  /** Where clients, grants and keys are kept; `sqliteStore('handwire-auth.db')` by default. */
  store?: AuthorizationStore
  /** How much clients may register. */
  registration?: RegistrationLimits
  /** How long a client that does nothing stays logged in, in seconds; 2,592,000 (30 days) by default. Whatever it does, people are asked again after 90 days. */
  refreshSeconds?: number
  /**
   * How long a refresh token that was used is taken once more, in seconds; 10 by default. Clients that send several requests at
   * once refresh for each that is refused, and an answer may be lost: with 0 such clients are logged out. Used any later, a
   * token ends everything that goes with it.
   */
  reuseSeconds?: number
}

/** The options, checked and made whole. */
export interface Settings {
  resource: string
  issuer: string
  /** Path of the issuer, without a slash at the end. */
  mount: string
  /** Whether the issuer is https, so that cookies can be. */
  https: boolean
  /** Every scope, with a text for people. */
  scopes: ReadonlyMap<string, string>
  required: readonly string[]
  name: string
  accounts: Accounts
  /** Where people log in, when that is elsewhere. */
  upstream: UpstreamLogin | undefined
  refreshSeconds: number
  reuseSeconds: number
  registration: RegistrationLimits
}

/** Longest life of what somebody agreed to, in seconds: ninety days. */
export const grantSeconds = 90 * 86_400

const members: Members<AuthorizationServerOptions> = {
  resource: true,
  authenticate: true,
  issuer: true,
  scopes: true,
  required: 'texts',
  name: 'text',
  store: 'port',
  registration: 'object',
  refreshSeconds: true,
  reuseSeconds: 'number'
}

const registrationMembers: Members<RegistrationLimits> = { max: 'number', perMinute: 'number' }

/** Throws a DeclarationError for options that cannot be. */
export function readOptions(options: AuthorizationServerOptions): Settings {
  checkMembers('authorizationServer', options, members)
  const resource = canonicalResource(options.resource)
  const { issuer = `${new URL(resource).origin}/oauth`, required = [] } = options
  const { refreshSeconds = 30 * 86_400, reuseSeconds = 10, registration = {} } = options
  checkMembers('authorizationServer: registration', registration, registrationMembers)
  const { authenticate } = options
  const scopes = readScopes(options.scopes ?? {})
  const missing = required.find((scope) => !scopes.has(scope))
  if (missing !== undefined)
    throw new DeclarationError('auth-scope', `authorizationServer: the required scope "${missing}" is not among scopes`)
  const upstream = isUpstream(authenticate) ? authenticate : undefined
  const accounts = isUpstream(authenticate)
    ? nobody
    : typeof authenticate === 'function'
      ? { authenticate }
      : authenticate
  if (typeof accounts?.authenticate !== 'function')
    throw new DeclarationError(
      'auth-accounts',
      'authorizationServer: nobody could log in: give `authenticate`, such as passwordFile("people")'
    )
  if (!(Number.isSafeInteger(refreshSeconds) && refreshSeconds > 0 && refreshSeconds <= grantSeconds))
    throw new DeclarationError(
      'auth-refresh',
      `authorizationServer: refreshSeconds is a number of seconds up to ${grantSeconds}`
    )
  if (!(reuseSeconds >= 0 && reuseSeconds <= 300))
    throw new DeclarationError('auth-refresh', 'authorizationServer: reuseSeconds is a number of seconds from 0 to 300')
  return {
    resource,
    ...readIssuer(issuer),
    scopes,
    required,
    name: options.name ?? new URL(resource).host,
    accounts,
    upstream,
    refreshSeconds,
    reuseSeconds,
    registration
  }
}

/** Who logs in by a password, where people log in elsewhere. */
const nobody: Accounts = { authenticate: () => undefined }

function isUpstream(authenticate: AuthorizationServerOptions['authenticate']): authenticate is UpstreamLogin {
  return typeof authenticate === 'object' && authenticate !== null && 'begin' in authenticate
}

function readIssuer(issuer: string): Pick<Settings, 'issuer' | 'mount' | 'https'> {
  const wrong = (why: string): never => {
    throw new DeclarationError(
      'auth-issuer',
      `authorizationServer: issuer ${JSON.stringify(issuer)} ${why}: give the public URL of the server, such as "https://mcp.example/oauth"`
    )
  }
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) wrong('is no URL')
  const url = new URL(issuer)
  if (!secure(url)) wrong('is not https')
  const { origin, pathname, protocol } = url
  const mount = pathname === '/' ? '' : pathname
  if (issuer !== `${origin}${mount}` || mount.endsWith('/') || !/^[\w/.~-]*$/.test(mount))
    wrong('is not an origin and a plain path without a slash at the end')
  return { issuer, mount, https: protocol === 'https:' }
}

function readScopes(scopes: NonNullable<AuthorizationServerOptions['scopes']>): ReadonlyMap<string, string> {
  if (typeof scopes !== 'object')
    throw new DeclarationError(
      'auth-scope',
      'authorizationServer: scopes are a list, or an object with a text for each'
    )
  const entries = Array.isArray(scopes) ? scopes.map((scope) => [scope, ''] as const) : Object.entries(scopes)
  // an authorization without any scope is no authorization
  const offered = new Map<string, string>(
    entries.length === 0 ? [['mcp', 'Use everything that this service offers']] : entries
  )
  for (const scope of offered.keys())
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope) || scope === 'openid' || scope === 'offline_access')
      throw new DeclarationError('auth-scope', `authorizationServer: ${JSON.stringify(scope)} cannot be a scope`)
  return offered
}
