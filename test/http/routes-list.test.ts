/** What is exposed, told at boot; and what config.mcp passes on to the tool: limits, heartbeat, scopes. */
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { gate } from '../support/gate.ts'
import { exposing, refusal } from '../support/routes.ts'

const handler = (): object => ({})

/** The messages of the log that tell of routes. */
const told = (lines: Record<string, unknown>[]): unknown[] =>
  lines.map(({ msg }) => msg).filter((text) => String(text).startsWith('MCP: '))

const offer = (app: FastifyInstance): void => {
  app.get('/todos', { config: { mcp: { tool: 'list_todos', resource: 'todo://all' } } }, handler)
  app.delete('/todos/:id', { config: { mcp: { tool: true, credentials: 'caller' } } }, handler)
  app.get('/status', { config: { mcp: { resource: 'app://status' } } }, handler)
  app.get('/internal', handler)
}

test('routes.list gives each exposed route a line of its own at info, with all that is known of it', async () => {
  const { lines, routes } = await exposing(offer, { routes: { list: true } })
  expect(told(lines)).toEqual([
    'MCP: GET /todos is the tool list_todos and the resource todo://all',
    'MCP: DELETE /todos/:id is the tool delete_todos_id, called with the credentials of the caller',
    'MCP: GET /status is the resource app://status'
  ])
  expect(lines.filter(({ route }) => route !== undefined).map(({ level, route }) => ({ level, route }))).toEqual(
    routes().map((route) => ({ level: 30, route }))
  )
})

test('without routes.list one line has them all', async () => {
  const { lines, routes } = await exposing(offer, { routes: { list: false } })
  expect(told(lines)).toEqual(['MCP: 3 routes are exposed'])
  expect(lines).toContainEqual(expect.objectContaining({ routes: routes() }))
})

test('routes.list leaves out what the filter leaves out', async () => {
  const { lines } = await exposing(offer, { routes: { list: true, filter: ({ tool }) => tool === 'list_todos' } })
  expect(told(lines)).toEqual(['MCP: GET /todos is the tool list_todos and the resource todo://all'])
})

test('routes.list says that earlier routes are not seen, once', async () => {
  const before = (app: FastifyInstance): void => void app.get('/early', handler)
  const { lines } = await exposing(offer, { routes: { list: true }, before })
  expect(told(lines).filter((text) => String(text).includes('not seen'))).toEqual([
    'MCP: routes registered before handwire are not seen'
  ])
})

test('limits of a route bound the calls of its tool', async () => {
  const limits = { total: 1, queue: 0 }
  const hold = gate()
  const begun = gate()
  const { call } = await exposing((app) =>
    app.get('/slow', { config: { mcp: { tool: 'slow', limits } } }, async () => {
      begun.open()
      await hold.passed
      return { done: true }
    })
  )
  const first = call('slow')
  await begun.passed
  expect(await call('slow')).toMatchObject({ isError: true })
  hold.open()
  expect(await first).toMatchObject({ content: [{ text: '{"done":true}' }] })
})

test('limits of a route leave its own clients alone', async () => {
  const limits = { rate: '1/d', queue: 0 }
  const { app, call } = await exposing((scope) => scope.get('/a', { config: { mcp: { tool: 'a', limits } } }, handler))
  expect(await call('a')).not.toHaveProperty('isError')
  expect(await call('a')).toMatchObject({ isError: true })
  expect((await app.inject('/a')).statusCode).toBe(200)
})

test('heartbeatMs of a route tells a client that asked for progress that the call still runs', async () => {
  const hold = gate()
  const { app } = await exposing((scope) =>
    scope.get('/slow', { config: { mcp: { tool: 'slow', heartbeatMs: 5 } } }, async () => {
      await hold.passed
      return {}
    })
  )
  const beats: unknown[] = []
  const client = await app.mcp.test()
  await client.call(
    'slow',
    {},
    {
      onProgress(progress) {
        beats.push(progress)
        hold.open()
      }
    }
  )
  expect(beats.length).toBeGreaterThan(0)
})

test('scopes of a route keep its tool and its resource from callers that do not hold them', async () => {
  let scopes: string[] = []
  const plugin = { auth: () => ({ subject: 'ann', scopes }) }
  const { ask, tools } = await exposing(
    (app) => {
      app.get('/a', { config: { mcp: { tool: 'a', resource: 'x://a', scopes: ['todo:read'] } } }, handler)
      app.get('/b', { config: { mcp: { tool: 'b' } } }, handler)
    },
    { plugin }
  )
  const names = async (): Promise<string[]> => (await tools()).map(({ name }) => name)
  expect(await names()).toEqual(['b'])
  expect((await ask('resources/list')).result.resources).toEqual([])
  scopes = ['todo:read']
  expect(await names()).toEqual(['a', 'b'])
  expect((await ask('resources/list')).result.resources).toHaveLength(1)
})

test.each<[string, object, string]>([
  ['limits without a tool', { resource: 'x://a', limits: { total: 1 } }, 'are for a tool'],
  ['a heartbeat without a tool', { resource: 'x://a', heartbeatMs: 5 }, 'are for a tool'],
  ['limits that cannot work', { tool: 'a', limits: { total: 0 } }, 'limits.total'],
  ['a heartbeat that cannot work', { tool: 'a', heartbeatMs: 0 }, 'heartbeatMs'],
  ['scopes where nobody is verified', { tool: 'a', scopes: ['todo:read'] }, 'scope']
])('%s are refused at boot, with the route', async (_, mcp, reason) => {
  const said = await refusal((app) => app.get('/a', { config: { mcp: mcp as never } }, handler))
  expect(said).toMatch(/^DeclarationError: route GET \/a: /)
  expect(said).toContain(reason)
})
