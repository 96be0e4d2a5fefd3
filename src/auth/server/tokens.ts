/** Verifies the access tokens that this server has issued, by its own keys: nobody is asked over the network. */
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { isObject } from '../../protocol/frame.ts'
import type { Principal } from '../../protocol/principal.ts'
import { PrincipalCache } from '../cache.ts'
import { readScopes } from '../jwt.ts'
import { TokenError, UnreachableError } from '../verifier.ts'
import { algorithm, type Keys, publicKey } from './keys.ts'
import type { AuthorizationStore } from './store.ts'

/** What a token is verified by. */
export interface TokenParts {
  issuer: string
  store: AuthorizationStore
  /** The keys of the server; `again` reads them once more. */
  keys(again: boolean): Promise<Keys>
}

/** How long a verified token is taken again without looking, in milliseconds. */
const cacheMs = 30_000
const shape = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/

export class Tokens {
  readonly #parts: TokenParts
  readonly #cache = new PrincipalCache(cacheMs, 1000, Date.now)
  readonly #sets = new WeakMap<Keys, JWTVerifyGetKey>()
  /** Grants that were revoked here, while tokens of them may be in the cache. */
  readonly #revoked = new Map<string, number>()

  constructor(parts: TokenParts) {
    this.#parts = parts
  }

  /** The principal of a token for a resource; undefined of a token that somebody else has issued. */
  verify(token: string, connection: object, resource: string): Principal | undefined | Promise<Principal> {
    const kept = this.#cache.get(token, connection)
    if (kept === undefined) {
      const payload = shape.exec(token)?.[1]
      if (payload === undefined || issuerOf(payload) !== this.#parts.issuer) return undefined
      return this.#verify(token, resource)
    }
    if (kept.claims?.['aud'] !== resource) throw new TokenError('its audience is another')
    if (this.#revoked.has(kept.claims['grant'] as string)) throw new TokenError('its grant was revoked')
    return kept
  }

  /** Called when a grant is revoked: its tokens are not taken any more. */
  revoked(grant: string): void {
    const now = Date.now()
    for (const [old, at] of this.#revoked) if (at + cacheMs < now) this.#revoked.delete(old)
    this.#revoked.set(grant, now)
  }

  async #verify(token: string, resource: string): Promise<Principal> {
    const { issuer } = this.#parts
    const payload = await this.#claims(token, {
      issuer,
      audience: resource,
      algorithms: [algorithm],
      typ: 'at+jwt',
      clockTolerance: 5,
      requiredClaims: ['exp', 'sub', 'client_id', 'grant']
    })
    const grant = await this.#parts.store.find('Grant', payload['grant'] as string).catch((error: unknown) => {
      throw new UnreachableError('the store of the authorization server cannot be read', { cause: error })
    })
    if (grant === undefined) throw new TokenError('its grant was revoked')
    // a key that was stolen must not make of one person's consent a token for another
    if (grant['accountId'] !== payload.sub || grant['clientId'] !== payload['client_id'])
      throw new TokenError('its grant is of somebody else')
    const principal = {
      issuer,
      subject: payload.sub as string,
      client: payload['client_id'] as string,
      scopes: readScopes(payload),
      expiresAt: payload.exp,
      claims: payload
    }
    this.#cache.keep(token, principal)
    return principal
  }

  async #claims(token: string, options: JWTVerifyOptions, again = false): Promise<JWTPayload> {
    const { createLocalJWKSet, jwtVerify } = await import('jose')
    const keys = await this.#parts.keys(again).catch((error: unknown) => {
      throw new UnreachableError('the keys of the authorization server cannot be read', { cause: error })
    })
    const set = this.#sets.get(keys) ?? createLocalJWKSet({ keys: keys.signing.map(publicKey) })
    this.#sets.set(keys, set)
    try {
      return (await jwtVerify(token, set, options)).payload
    } catch (error) {
      // another process may have a new key
      if ((error as { code?: unknown }).code === 'ERR_JWKS_NO_MATCHING_KEY' && !again)
        return this.#claims(token, options, true)
      // the only one of its messages that quotes the token
      if ((error as { code?: unknown }).code === 'ERR_JOSE_NOT_SUPPORTED')
        throw new TokenError('its header asks for what is not supported')
      throw new TokenError((error as Error).message)
    }
  }
}

function issuerOf(payload: string): unknown {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return isObject(claims) ? claims['iss'] : undefined
  } catch {
    // three parts, and no JWT
    return undefined
  }
}
