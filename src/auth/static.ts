/** Tokens that stand in the configuration by their hash: for machines, such as CI and service accounts. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DeclarationError } from '../protocol/errors.ts'
import { checkMembers, type Members } from '../protocol/members.ts'
import { type Principal, scopeToken } from '../protocol/principal.ts'
import { TokenError, type Verifier } from './verifier.ts'

/** One token, by its hash. Several may have one name: while a new one is brought in, the old one stays good. */
export interface StaticToken {
  /** Who uses it: the subject of its principal. */
  name: string
  /** SHA-256 of the token, in 64 hexadecimal digits. */
  sha256: string
  /** What it may be used for; nothing that asks for scopes by default. */
  scopes?: readonly string[]
  /** When it ends: a date, or what `new Date()` reads; never by default. */
  expires?: Date | string
}

const members: Members<StaticToken> = { name: true, sha256: true, scopes: true, expires: true }

interface Entry {
  digest: Buffer
  principal: Principal
  name: string
}

/** How the tokens of `newToken` begin: what looks like one and is none of ours goes to no other verifier. */
const shape = /^hw_[A-Za-z0-9_-]{43}$/

/**
 * Verifies tokens by their hashes. Every one is compared in constant time, so that answers tell nothing of the others. Clients
 * are not told to log in anywhere: there is nowhere to. A chain has one of these, with all tokens.
 * Throws a DeclarationError for a hash or a date that is none, and for no tokens at all.
 *
 * @param now milliseconds since 1970; the time of this machine by default
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 * import { newToken, staticTokens } from 'handwire/auth'
 *
 * const { token, sha256 } = newToken() // `handwire token new` prints one: keep the hash, hand out the token
 * const app = Fastify()
 * const auth = staticTokens([{ name: 'ci', sha256, scopes: ['deploy'] }])
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth })
 * app.mcp.tool('deploy', { scopes: ['deploy'] }, (_, { principal }) => `deployed by ${principal?.subject}`)
 *
 * const client = await app.mcp.test({ headers: { authorization: `Bearer ${token}` } })
 * assert.equal(await client.text('deploy'), 'deployed by ci')
 * await app.close()
 * ```
 */
export function staticTokens(tokens: readonly StaticToken[], now: () => number = Date.now): Verifier {
  if (!Array.isArray(tokens) || tokens.length === 0)
    throw new DeclarationError('auth-token', 'staticTokens: there is no token: give at least one, in a list')
  const entries = tokens.map(entryOf)
  const verifier: Verifier = {
    verify(token) {
      const digest = createHash('sha256').update(token).digest()
      let found: Entry | undefined
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry
      if (found === undefined) {
        if (shape.test(token)) throw new TokenError('a static token that is not configured')
        return undefined
      }
      const { expiresAt } = found.principal
      if (expiresAt !== undefined && now() >= expiresAt * 1000)
        throw new TokenError(`the static token "${found.name}" has ended`)
      return found.principal
    }
  }
  made.add(verifier)
  return verifier
}

const made = new WeakSet<object>()

/** Whether something verifies by the hashes of tokens: it takes what looks like one of them for its own. */
export function isStatic(entry: object): boolean {
  return made.has(entry)
}

/**
 * Makes a token of 256 random bits, and the hash to configure.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { newToken } from 'handwire/auth'
 *
 * const { token, sha256 } = newToken()
 * assert.match(token, /^hw_/)
 * assert.equal(sha256.length, 64)
 * ```
 */
export function newToken(): { token: string; sha256: string } {
  const token = `hw_${randomBytes(32).toString('base64url')}`
  return { token, sha256: createHash('sha256').update(token).digest('hex') }
}

function entryOf(token: StaticToken): Entry {
  // a misspelled end would be a token that never ends
  checkMembers('staticTokens: a token', token, members)
  const { name, sha256, scopes = [], expires } = token
  if (typeof name !== 'string' || name === '')
    throw new DeclarationError('auth-token', 'staticTokens: a token has a name, by which logs and tools know it')
  if (!/^[0-9a-f]{64}$/i.test(sha256))
    throw new DeclarationError(
      'auth-token',
      `staticTokens: "${name}" needs the SHA-256 of its token in 64 hexadecimal digits: handwire token new prints one`
    )
  if (!Array.isArray(scopes) || scopes.some((scope) => typeof scope !== 'string' || !scopeToken.test(scope)))
    throw new DeclarationError(
      'auth-token',
      `staticTokens: the scopes of "${name}" are a list, such as ['read', 'write']`
    )
  const expiresAt = expires === undefined ? undefined : new Date(expires).getTime() / 1000
  if (Number.isNaN(expiresAt)) throw new DeclarationError('auth-token', `staticTokens: "${name}" ends at no date`)
  return {
    digest: Buffer.from(sha256, 'hex'),
    principal: { issuer: 'static', subject: name, scopes: [...scopes], expiresAt },
    name
  }
}
