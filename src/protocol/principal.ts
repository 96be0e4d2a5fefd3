/** Who calls, as far as the protocol cares: what sessions belong to and scopes are held by. How it was found out is auth's. */

/**
 * Who a request was verified to come from. Issuer, subject and client together are its identity: a session belongs to
 * them, so that a refreshed token keeps its session and somebody else's token finds none (SECBP-31, SECBP-34).
 */
export interface Principal {
  /** Who vouches for it: the URL of an issuer, or a name of the server's own, such as `static`. */
  readonly issuer: string
  /** Who it is at that issuer. */
  readonly subject: string
  /** The client that acts for it, where that is known. */
  readonly client?: string | undefined
  /** What it may do. */
  readonly scopes: readonly string[]
  /** When its token ends, in seconds since 1970; undefined when it does not. */
  readonly expiresAt?: number | undefined
  /** What else was said of it, such as the claims of its token. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The identity of a principal as one text; undefined of nobody.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ownerOf } from 'handwire/protocol'
 *
 * const token = { issuer: 'https://login.example', subject: 'ann', client: 'editor', scopes: ['read'] }
 * const refreshed = { ...token, scopes: ['read', 'write'] }
 * assert.equal(ownerOf(token), ownerOf(refreshed))
 * assert.notEqual(ownerOf(token), ownerOf({ ...token, client: 'other' }))
 * ```
 */
export function ownerOf(principal: Principal | undefined): string | undefined {
  if (principal === undefined) return undefined
  // a token is verified once and its principal met again with every request
  let owner = owners.get(principal)
  if (owner === undefined) {
    owner = JSON.stringify([principal.issuer, principal.subject, principal.client ?? null])
    owners.set(principal, owner)
  }
  return owner
}

const owners = new WeakMap<Principal, string>()

/**
 * The scopes that a principal lacks, in the order in which they are asked for. Where nobody is verified there is no
 * principal, and none is lacking.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lackingScopes } from 'handwire/protocol'
 *
 * const ann = { issuer: 'https://login.example', subject: 'ann', scopes: ['read'] }
 * assert.deepEqual(lackingScopes(ann, ['read', 'write']), ['write'])
 * assert.deepEqual(lackingScopes(undefined, ['write']), [])
 * ```
 */
export function lackingScopes(principal: Principal | undefined, scopes: readonly string[]): readonly string[] {
  if (principal === undefined || scopes.length === 0) return none
  return scopes.filter((scope) => !principal.scopes.includes(scope))
}

const none: readonly string[] = []

/** A scope as OAuth spells one (RFC 6749 section 3.3). */
export const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/
