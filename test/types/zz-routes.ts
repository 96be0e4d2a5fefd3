import type { FastifyInstance, FastifyContextConfig } from 'fastify'
import type { RouteMcp } from '../../src/http/routes.ts'
import '../../src/http/index.ts'
declare const app: FastifyInstance
const handler = () => ({})
export const a: RouteMcp = { tool: 'r', scop: [] }
export const b: FastifyContextConfig = { mcp: { tool: 'r', scop: [] } }
app.get('/a', { config: { mcp: { tool: 'r', scop: [] } } }, handler)
app.get('/a', { config: { mcp: { tool: 'r', title: 5 } } }, handler)
app.route({ method: 'GET', url: '/a', config: { mcp: { tool: 'r', scop: [] } }, handler })
app.get('/a', { config: { mcp: { tool: 'r', limits: { totl: 1 } } } }, handler)
