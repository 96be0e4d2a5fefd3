/** What an application tells the types of handwire, once for all handlers. */
import type { Principal } from './principal.ts'

/**
 * Filled in by declaration merging: `session` is what handlers keep for a session, `principal` what `auth` adds to a
 * principal. What is left out stays as it is without it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 *
 * declare module 'handwire' {
 *   interface Register {
 *     session: { cart: string[] }
 *   }
 * }
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('buy', {}, async (_, { session }) => {
 *   const cart = [...(session.data.cart ?? []), 'tea'] // string[], or undefined before the first
 *   await session.update({ cart })
 *   return cart.join()
 * })
 *
 * const client = await app.mcp.test()
 * await client.call('buy')
 * assert.equal(await client.text('buy'), 'tea,tea')
 * await app.close()
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications fill it
export interface Register {}

/** What handlers keep for a session: `context.session.data`. Nothing of it is there before somebody put it there. */
export type SessionData = SessionDataOf<Register>
export type SessionDataOf<R> = R extends { session: infer D extends object } ? D : Record<string, unknown>

/**
 * Who calls: `context.principal`. Undefined where an endpoint verifies nobody, and on stdio; an application that registers
 * `principal` says by it that all of its endpoints verify.
 */
export type Caller = CallerOf<Register>
export type CallerOf<R> = R extends { principal: infer P extends object }
  ? Principal & Readonly<P>
  : Principal | undefined

/** What the shell lends for an exchange: `context.request`. */
export type Lent = LentOf<Register>
export type LentOf<R> = R extends { request: infer L } ? L | undefined : unknown
