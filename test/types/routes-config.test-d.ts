/** What TypeScript knows of `config.mcp` of a route. */
import type { FastifyInstance } from 'fastify'
import { expectTypeOf, test } from 'vitest'
import type { RouteMcp } from '../../src/http/index.ts'

declare const app: FastifyInstance
const handler = (): object => ({})

test('a slip is an error in a RouteMcp, and in a route that says that its config is one', () => {
  // @ts-expect-error there is no such option
  const slip: RouteMcp = { tool: 'r', scop: [] }
  expectTypeOf(slip).toEqualTypeOf<RouteMcp>()
  // Fastify's own type of `config` takes every further member, at any depth
  // @ts-expect-error there is no such option
  app.get('/a', { config: { mcp: { tool: 'r', scop: [] } satisfies RouteMcp } }, handler)
  app.get('/a', { config: { mcp: { tool: 'r', scopes: [] } satisfies RouteMcp } }, handler)
})

test('a member of another kind is an error in every route', () => {
  // @ts-expect-error scopes are texts
  app.get('/a', { config: { mcp: { tool: 'r', scopes: [5] } } }, handler)
  // @ts-expect-error a header is a text
  app.get('/a', { config: { mcp: { tool: 'r', headers: { 'x-key': 5 } } } }, handler)
  // @ts-expect-error a response has a status
  app.get('/a', { config: { mcp: { tool: 'r', schema: { response: { type: 'object' } } } } }, handler)
  // @ts-expect-error one of both is there
  app.route({ method: 'GET', url: '/a', config: { mcp: { title: 'neither' } }, handler })
})
