/** Access tokens that are JWTs of an issuer (RFC 9068), verified by its published keys. */
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, JWTVerifyResult } from 'jose'
import { DeclarationError } from '../protocol/errors.ts'
import { isObject } from '../protocol/frame.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import type { Principal } from '../protocol/principal.ts'
import { PrincipalCache } from './cache.ts'
import { fetchJson } from './fetch-json.ts'
import { Issuer } from './issuer.ts'
import { canonicalResource, namesResource, secure } from './resource.ts'
import { type Issued, TokenError, UnreachableError, type Verifier } from './verifier.ts'

/** Options of `jwt`. Only `issuer` and `resource` have no default. */
export interface JwtOptions {
  /** URL of the issuer, exactly as it stands in the tokens' `iss` and in the issuer's metadata. */
  issuer: string
  /** Public URL of the endpoint, as clients use it: the audience that every token has to name. */
  resource: string
  /** Scopes without which the endpoint cannot be used at all; clients are told to ask for them. None by default. */
  required?: readonly string[]
  /** Scopes that the metadata publishes, for clients to ask for; `required` by default. */
  scopes?: readonly string[]
  /** Where the keys are; found in the issuer's metadata by default. */
  jwksUri?: string
  /** Signatures that are taken; asymmetric ones alone can be. EdDSA, ES256, ES384, ES512, PS256, PS384, PS512, RS256, RS384 and RS512 by default. */
  algorithms?: readonly string[]
  /** Whether only tokens of type `at+jwt` are taken (RFC 9068 section 4); no by default, because few issuers set it. */
  strict?: boolean
  /** How far clocks may differ, in seconds; 5 by default. */
  toleranceSeconds?: number
  /** How long a verified token is taken again without looking, in milliseconds: the time in which a withdrawn key is still good. 300,000 by default, 0 for never. */
  cacheMs?: number
  /** How long the issuer may take to answer, in milliseconds; 5000 by default. */
  timeoutMs?: number
  /** Milliseconds since 1970; the time of this machine by default. */
  now?: () => number
}

const members: Members<JwtOptions> = {
  issuer: true,
  resource: true,
  required: true,
  scopes: 'texts',
  jwksUri: 'text',
  algorithms: 'texts',
  strict: 'boolean',
  toleranceSeconds: true,
  cacheMs: 'number',
  timeoutMs: 'number',
  now: 'function'
}

const asymmetric: readonly string[] = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']
]
/** Three parts; whether the second is a JSON object tells a JWT from other tokens with dots. */
const compact = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/

/**
 * Verifies the JWT access tokens of one issuer: signature, issuer, audience, end and subject, none of which can be left out
 * (AUTH-46, AUTH-47). The issuer is asked when the first token comes, and again when it has new keys; while it cannot be reached
 * tokens that were not verified a moment ago are answered 503. Needs the package `jose`.
 * Throws a DeclarationError for an issuer, a resource or an algorithm that cannot be trusted.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { jwt } from 'handwire/auth'
 *
 * const app = Fastify()
 * const auth = jwt({ issuer: 'https://login.example', resource: 'https://mcp.example/mcp', required: ['mcp'] })
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth })
 *
 * const { statusCode, headers } = await app.inject({ method: 'GET', url: '/mcp', headers: { host: 'mcp.example' } })
 * assert.equal(statusCode, 401)
 * assert.equal(
 *   headers['www-authenticate'],
 *   'Bearer scope="mcp", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"'
 * )
 * const metadata = await app.inject('/.well-known/oauth-protected-resource/mcp')
 * assert.deepEqual(metadata.json().authorization_servers, ['https://login.example'])
 * await app.close()
 * ```
 */
export function jwt(options: JwtOptions): Verifier {
  return new JwtVerifier(options)
}

class JwtVerifier implements Verifier {
  readonly issued: Issued
  readonly required: readonly string[]
  readonly #options: JwtOptions
  readonly #issuer: Issuer
  readonly #cache: PrincipalCache
  readonly #now: () => number
  readonly #verifyOptions: JWTVerifyOptions
  #keys: KeySet | undefined

  constructor(options: JwtOptions) {
    checkMembers('jwt', options, members)
    const { issuer, required = [], scopes = required, algorithms = asymmetric, strict = false } = options
    const { cacheMs = 300_000, timeoutMs = 5000, toleranceSeconds = 5, now = Date.now } = options
    const symmetric = algorithms.find((name) => !asymmetric.includes(name))
    if (symmetric !== undefined || algorithms.length === 0)
      throw new DeclarationError(
        'auth-algorithm',
        `jwt: the algorithm "${symmetric ?? ''}" cannot be taken: choose among ${asymmetric.join(', ')}`
      )
    // a number that is none would be met by the first token, and look like an issuer that is away
    if (!(toleranceSeconds >= 0 && toleranceSeconds <= 600))
      throw new DeclarationError('auth-clock', 'jwt: toleranceSeconds is a number of seconds from 0 to 600')
    if (options.jwksUri !== undefined && !(URL.canParse(options.jwksUri) && secure(new URL(options.jwksUri))))
      throw new DeclarationError('auth-issuer', `jwt: jwksUri "${options.jwksUri}" is no https URL`)
    this.#options = { ...options, timeoutMs }
    this.#issuer = new Issuer(issuer, timeoutMs, now)
    this.#now = now
    this.#cache = new PrincipalCache(cacheMs, 1000, now)
    this.issued = { resource: canonicalResource(options.resource), issuers: [issuer], scopes }
    this.required = required
    this.#verifyOptions = {
      issuer,
      algorithms: [...algorithms],
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp', 'sub', 'aud'],
      ...(strict ? { typ: 'at+jwt' } : {})
    }
  }

  async ready(): Promise<void> {
    await loadJose()
  }

  verify(token: string, connection: object): Principal | undefined | Promise<Principal> {
    const payload = compact.exec(token)?.[1]
    if (payload === undefined) return undefined
    const kept = this.#cache.get(token, connection)
    if (kept !== undefined) return kept
    const claims = readClaims(payload)
    // a JWT of somebody else is somebody else's to verify; one without an issuer is nobody's, and fails below
    if (claims === undefined || (claims['iss'] !== undefined && claims['iss'] !== this.#issuer.url)) return undefined
    return this.#verify(token)
  }

  async #verify(token: string): Promise<Principal> {
    const jose = await loadJose()
    const uri = this.#options.jwksUri ?? (await this.#issuer.metadata()).jwksUri
    if (uri === undefined) throw new UnreachableError(`${this.#issuer.url} publishes no jwks_uri`)
    const { get, until } = this.#keySet(jose, uri)
    const options = { ...this.#verifyOptions, currentDate: new Date(this.#now()) }
    const { payload } = await verifyByAny(jose, token, get, options).catch((error: unknown) => {
      throw judge(error, this.#issuer.url)
    })
    const principal = principalOf(payload, this.issued.resource)
    this.#cache.keep(token, principal, until)
    return principal
  }

  /**
   * The issuer's keys, which jose fetches, and fetches again when a token has an unknown one. None is believed for longer
   * than `cacheMs`.
   */
  #keySet({ createRemoteJWKSet, customFetch }: typeof import('jose'), uri: string): KeySet {
    const now = this.#now()
    if (this.#keys?.uri === uri && now < this.#keys.until) return this.#keys
    const { cacheMs = 300_000, timeoutMs = 5000 } = this.#options
    const get = createRemoteJWKSet(new URL(uri), {
      cooldownDuration: 5000,
      cacheMaxAge: Number.POSITIVE_INFINITY,
      [customFetch]: async (url: string) => {
        const { status, value } = await fetchJson(url, timeoutMs)
        return value === undefined ? new Response(null, { status }) : Response.json(value)
      }
    })
    this.#keys = { uri, get, until: now + cacheMs }
    return this.#keys
  }
}

/** Keys that are to be fetched, or have been. */
interface KeySet {
  uri: string
  get: JWTVerifyGetKey
  /** When they are asked for anew, in milliseconds since 1970. */
  until: number
}

/** A token that names no key is tried with each that it could be signed by. */
async function verifyByAny(
  { jwtVerify, errors }: typeof import('jose'),
  token: string,
  get: JWTVerifyGetKey,
  options: JWTVerifyOptions
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, get, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options)
      } catch (wrong) {
        if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** What the claims say (RFC 9068 section 2.2). Throws a TokenError for a token that is not for this resource. */
function principalOf(payload: JWTPayload, resource: string): Principal {
  if (!namesResource(payload.aud, resource)) throw new TokenError('its audience is another')
  const { iss, sub, exp } = payload
  if (typeof sub !== 'string' || sub === '') throw new TokenError('its subject is none')
  const client = payload['client_id'] ?? payload['azp']
  return {
    issuer: iss as string,
    subject: sub,
    client: typeof client === 'string' ? client : undefined,
    scopes: readScopes(payload),
    expiresAt: exp,
    claims: payload
  }
}

/** `scope` is a text of OAuth's, `scp` what some issuers have in its place: a text or a list. */
export function readScopes(claims: Readonly<Record<string, unknown>>): string[] {
  const value = claims['scope'] ?? claims['scp']
  if (typeof value === 'string') return value.split(' ').filter((scope) => scope !== '')
  return Array.isArray(value) ? value.filter((scope) => typeof scope === 'string') : []
}

function readClaims(payload: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return isObject(claims) ? claims : undefined
  } catch {
    // a token with dots in it, and no JWT
    return undefined
  }
}

/** Whose fault a failed verification is: the token's, or that of whoever has the keys. */
function judge(error: unknown, issuer: string): Error {
  const { code } = error as { code?: unknown }
  const ours =
    typeof code !== 'string' ||
    code === 'ERR_JWKS_TIMEOUT' ||
    code === 'ERR_JWKS_INVALID' ||
    code === 'ERR_JOSE_GENERIC'
  if (error instanceof UnreachableError) return error
  if (ours) return new UnreachableError(`the keys of ${issuer} cannot be read`, { cause: error })
  // the only one of its messages that quotes the token
  if (code === 'ERR_JOSE_NOT_SUPPORTED') return new TokenError('its header asks for what is not supported')
  return new TokenError((error as Error).message)
}

function loadJose(): Promise<typeof import('jose')> {
  return import('jose').catch(() => {
    throw new DeclarationError('auth-jose', 'jwt: the package jose is not installed: npm install jose')
  })
}
