/** Who a request was verified to come from, kept on Fastify's request while it is served. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Claims } from '../protocol/checks.ts'
import type { Principal } from '../protocol/principal.ts'
import type { Caller } from '../protocol/register.ts'
import { readClaims } from './headers.ts'

const principal = Symbol('handwire.principal')
type Kept = FastifyRequest & { [principal]?: Principal | undefined }

/** Gives the requests of a scope their place for it. */
export function keepPrincipals(scope: FastifyInstance): void {
  scope.decorateRequest(principal, undefined)
}

export function setPrincipal(request: FastifyRequest, verified: Principal): void {
  ;(request as Kept)[principal] = verified
}

/**
 * Who a request to an MCP endpoint was verified to come from, for hooks and plugins of the API that run after `onRequest`,
 * such as the key of a rate limit; undefined before that, elsewhere, and where nobody is verified.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire, { principalOf } from 'handwire'
 *
 * const app = Fastify()
 * const seen: (string | undefined)[] = []
 * app.addHook('preHandler', async (request) => void seen.push(principalOf(request)?.subject))
 * const auth = () => ({ subject: 'ann' }) // what the API knows of its callers
 * await app.register(handwire, { name: 'acme', version: '1.0.0', auth })
 *
 * const client = await app.mcp.test()
 * assert.equal(seen[0], 'ann')
 * await app.close()
 * ```
 */
export function principalOf(request: FastifyRequest): NonNullable<Caller> | undefined {
  // hooks of the API run for its other routes, too: nobody is there, whatever the application registered
  return (request as Kept)[principal] as NonNullable<Caller> | undefined
}

/** What a request says of its session and revision, and who sent it. */
export function claimsOf(request: FastifyRequest): Claims {
  return readClaims(request.headers, principalOf(request))
}
