/** Opaque access tokens, about which their issuer is asked (RFC 7662). */
import { DeclarationError } from '../protocol/errors.ts'
import { isObject } from '../protocol/frame.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Principal } from '../protocol/principal.ts'
import { PrincipalCache } from './cache.ts'
import { fetchJson } from './fetch-json.ts'
import { Issuer } from './issuer.ts'
import { readScopes } from './jwt.ts'
import { canonicalResource, namesResource, secure } from './resource.ts'
import { TokenError, UnreachableError, type Verifier } from './verifier.ts'

/** Options of `introspection`. The issuer, the resource and the server's own credentials have no default. */
export interface IntrospectionOptions {
  /** URL of the issuer. */
  issuer: string
  /** Public URL of the endpoint, as clients use it: the audience that every answer has to name. */
  resource: string
  /** What this server calls itself at the issuer, and its secret: introspection is not for everybody. */
  clientId: string
  clientSecret: string
  /** Where the issuer answers; found in its metadata by default. */
  endpoint?: string
  /** Scopes without which the endpoint cannot be used at all; clients are told to ask for them. None by default. */
  required?: readonly string[]
  /** Scopes that the metadata publishes, for clients to ask for; `required` by default. */
  scopes?: readonly string[]
  /** How long an answer is believed, in milliseconds: the time in which a revoked token is still good. 30,000 by default, 0 asks every time. */
  cacheMs?: number
  /** How long the issuer may take to answer, in milliseconds; 5000 by default. */
  timeoutMs?: number
  /** Milliseconds since 1970; the time of this machine by default. */
  now?: () => number
}

const members: Members<IntrospectionOptions> = {
  issuer: true,
  resource: true,
  clientId: true,
  clientSecret: true,
  endpoint: 'text',
  required: true,
  scopes: 'texts',
  cacheMs: 'number',
  timeoutMs: 'number',
  now: 'function'
}

/** About how many tokens an issuer is asked at one time. */
const mostAtOnce = 100

/**
 * Verifies tokens by asking their issuer, for those that say nothing by themselves or have to be revocable at once. It takes every
 * token for one of its issuer's, so in a chain it stands last.
 * Throws a DeclarationError for an issuer, an endpoint or a resource that cannot be trusted.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { introspection } from 'handwire/auth'
 *
 * const login = Fastify() // stands for an issuer
 * login.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
 * const answer = { active: true, sub: 'ann', aud: 'https://mcp.example/mcp', scope: 'read' }
 * login.post('/introspect', () => answer)
 * const issuer = await login.listen()
 *
 * const app = Fastify()
 * const own = { clientId: 'mcp', clientSecret: 'of the server' }
 * const auth = introspection({ issuer, endpoint: `${issuer}/introspect`, resource: 'https://mcp.example/mcp', ...own })
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth })
 * app.mcp.tool('whoami', { scopes: ['read'] }, (_, { principal }) => principal?.subject)
 *
 * const client = await app.mcp.test({ headers: { authorization: 'Bearer opaque' } })
 * assert.equal(await client.text('whoami'), 'ann')
 * await app.close()
 * await login.close()
 * ```
 */
export function introspection(options: IntrospectionOptions): Verifier {
  checkMembers('introspection', options, members)
  const { required = [], scopes = required, clientId, clientSecret } = options
  const { cacheMs = 30_000, timeoutMs = 5000, now = Date.now, endpoint } = options
  const issuer = new Issuer(options.issuer, timeoutMs, now)
  const resource = canonicalResource(options.resource)
  if (endpoint !== undefined && !(URL.canParse(endpoint) && secure(new URL(endpoint))))
    throw new DeclarationError('auth-issuer', `introspection: endpoint "${endpoint}" is no https URL`)
  if (typeof clientId !== 'string' || clientId === '' || typeof clientSecret !== 'string')
    throw new DeclarationError(
      'auth-client',
      'introspection: the issuer answers its clients alone: give clientId and clientSecret'
    )
  const cache = new PrincipalCache(cacheMs, 1000, now)
  const credentials = Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64')

  let asking = 0
  const ask = async (token: string): Promise<Principal> => {
    // anybody can send tokens that nobody knows: the issuer is not asked about all of them at once
    if (asking >= mostAtOnce) throw new UnreachableError(`${issuer.url} is asked about ${mostAtOnce} tokens already`)
    asking += 1
    try {
      return await answer(token)
    } finally {
      asking -= 1
    }
  }
  const answer = async (token: string): Promise<Principal> => {
    const url = endpoint ?? (await issuer.metadata()).introspectionEndpoint
    if (url === undefined) throw new UnreachableError(`${issuer.url} publishes no introspection_endpoint`)
    const { status, value } = await fetchJson(url, timeoutMs, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' })
    })
    // our own credentials are wrong: not the fault of whoever calls
    if (!isObject(value)) throw new UnreachableError(`${url} answered with status ${status}`)
    const principal = readAnswer(value, issuer.url, resource, now())
    cache.keep(token, principal)
    return principal
  }
  return {
    issued: { resource, issuers: [issuer.url], scopes },
    required,
    verify: (token, connection) => cache.get(token, connection) ?? ask(token)
  }
}

/** What the issuer says of a token (RFC 7662 section 2.2). Throws a TokenError for one that is not good here. */
function readAnswer(answer: Record<string, unknown>, issuer: string, resource: string, now: number): Principal {
  if (answer['active'] !== true) throw new TokenError('its issuer says that it is not active')
  if (!namesResource(answer['aud'], resource)) throw new TokenError('its audience is another')
  if (answer['iss'] !== undefined && answer['iss'] !== issuer) throw new TokenError('its issuer is another')
  const { sub, exp, client_id: client } = answer
  if (typeof sub !== 'string' || sub === '') throw new TokenError('its subject is none')
  if (exp !== undefined && !(typeof exp === 'number' && exp * 1000 > now)) throw new TokenError('it has ended')
  return {
    issuer,
    subject: sub,
    client: typeof client === 'string' ? client : undefined,
    scopes: readScopes(answer),
    expiresAt: exp,
    claims: answer
  }
}

/** As a name and a secret stand in Basic credentials of OAuth (RFC 6749 section 2.3.1). */
function formText(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
