/** What verifies tokens: the contract between an endpoint and the ways in which a token may be found good. */
import type { FastifyInstance } from 'fastify'
import type { Awaitable } from '../protocol/ports.ts'
import type { Principal } from '../protocol/principal.ts'
import type { Caller, Lent } from '../protocol/register.ts'

/** Where OAuth clients find who issues tokens for an endpoint (RFC 9728). */
export interface Issued {
  /** The endpoint's public URL, as clients use it: the audience of its tokens. */
  readonly resource: string
  /** URLs of the issuers. */
  readonly issuers: readonly string[]
  /** Scopes that a client may usefully ask for; none are published by default. */
  readonly scopes?: readonly string[] | undefined
}

/**
 * One way to verify tokens. An endpoint has a chain of them: the first that recognises a token decides.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { TokenError, type Verifier } from 'handwire/auth'
 *
 * const keys = new Map([['key-of-ann', 'ann']])
 * const apiKeys: Verifier = {
 *   verify(token) {
 *     if (!token.startsWith('key-')) return undefined // somebody else's
 *     const subject = keys.get(token)
 *     if (subject === undefined) throw new TokenError()
 *     return { issuer: 'api-keys', subject, scopes: [] }
 *   }
 * }
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth: apiKeys })
 * app.mcp.tool('whoami', {}, (_, { principal }) => principal?.subject)
 *
 * const client = await app.mcp.test({ headers: { authorization: 'Bearer key-of-ann' } })
 * assert.equal(await client.text('whoami'), 'ann')
 * await app.close()
 * ```
 */
export interface Verifier {
  /**
   * The principal of a token; undefined for a token of another kind, which the next verifier is asked about.
   * `connection` stands for the connection that the token came by: what was verified may be remembered with it.
   * Throws a TokenError for a token of its own kind that is not good, an UnreachableError when that cannot be found out now.
   */
  verify(token: string, connection: object): Awaitable<Principal | undefined>
  /** Where tokens come from, when OAuth clients can get one by themselves. */
  readonly issued?: Issued | undefined
  /** Scopes without which none of its principals may use the endpoint at all; none by default. */
  readonly required?: readonly string[] | undefined
  /** Adds routes of its own to the root of the API, as an authorization server does. */
  mount?(root: FastifyInstance): void
  /** Called once, when the API is ready; what it throws ends the boot. */
  ready?(): Awaitable<void>
  /** Called once, when the API closes. */
  close?(): Awaitable<void>
}

/** A principal as a check of the host's own tells it: `issuer` is `host` where it is left out, and scopes are none. */
export type HostPrincipal = Omit<NonNullable<Caller>, 'issuer' | 'scopes'> &
  Partial<Pick<NonNullable<Caller>, 'issuer' | 'scopes'>>

/**
 * The host's own way to tell who calls, such as a session cookie or `@fastify/jwt`: the principal, or undefined when the
 * request does not say. What it throws with `statusCode` 401 is answered with the challenge of the endpoint, any other error
 * with a `statusCode` in the way of the API.
 */
export type HostCheck = (request: NonNullable<Lent>) => Awaitable<HostPrincipal | undefined>

/**
 * A token that was recognised and is not good: answered 401. Its message is for the operator's log, and must not hold the
 * token; the peer learns only that the token is not valid.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { TokenError } from 'handwire/auth'
 *
 * assert.equal(new TokenError('it was revoked').message, 'it was revoked')
 * ```
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
}

/**
 * Whoever knows whether a token is good cannot be reached: answered 503 with `Retry-After`, because a 401 would send people
 * to log in again.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { UnreachableError } from 'handwire/auth'
 *
 * const error = new UnreachableError('https://login.example', { cause: new Error('connect ECONNREFUSED') })
 * assert.equal(error.message, 'https://login.example')
 * ```
 */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}
