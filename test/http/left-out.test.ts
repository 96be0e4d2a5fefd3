/** Options that are `undefined`, as a configuration gives them for what it does not have: they say nothing. */
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import type { EndpointOptions } from '../../src/http/index.ts'
import { booted } from '../support/booted.ts'

const named = { name: 'acme', version: '1' }
const none = {
  ...{ title: undefined, instructions: undefined, path: undefined, origins: undefined, hosts: undefined },
  ...{ limits: undefined, calls: undefined, heartbeatMs: undefined, routes: undefined, health: undefined },
  ...{ teach: undefined, onFrame: undefined, observers: undefined, logLevel: undefined, config: undefined },
  ports: undefined
}

const serving = (own: object) => (app: FastifyInstance) => app.mcp.serve({ ...named, ...own } as EndpointOptions)

test('options of the plugin have their defaults', async () => {
  const app = await booted({ ...named, ...none, prefix: undefined })
  const { server } = await app.mcp.test()
  expect(server.serverInfo).toEqual(named)
  expect(app.mcp.url).toBe('/mcp')
})

test('limits have their defaults', async () => {
  const limits = { sessions: undefined, pageSize: undefined, bodyBytes: undefined }
  const app = await booted({ ...named, limits }, ({ mcp }) => mcp.tool('t', {}, () => 'done'))
  expect(app.mcp.host.limits).toMatchObject({ sessions: 10_000, pageSize: 50, bodyBytes: 1024 * 1024 })
  expect(await (await app.mcp.test()).text('t')).toBe('done')
})

test('ports have their defaults', async () => {
  const ports = { clock: undefined, ids: undefined, sessions: undefined, events: undefined }
  const app = await booted({ ...named, ports }, ({ mcp }) => mcp.tool('t', {}, () => 'done'))
  expect(await (await app.mcp.test()).text('t')).toBe('done')
})

test('for an endpoint holds what all share', async () => {
  const app = await booted({ hosts: ['mcp.example'], limits: { sessions: 1 } }, serving(none))
  const { statusCode } = await app.inject({ method: 'DELETE', url: '/mcp', headers: { host: 'mcp.example' } })
  expect(statusCode).toBe(400)
  expect(app.mcp.host.limits.sessions).toBe(1)
})

test('for a limit of an endpoint holds that which all share', async () => {
  const app = await booted({ limits: { sessions: 1 } }, serving({ limits: { sessions: undefined } }))
  expect(app.mcp.host.limits.sessions).toBe(1)
})

test('the plugin without a name may be told nothing of endpoints', async () => {
  const app = await booted({ ...none, name: undefined, version: undefined, prefix: undefined }, serving({}))
  expect((await app.mcp.test()).server.serverInfo).toEqual(named)
})

test('members of declarations say nothing', async () => {
  const left = { title: undefined, description: undefined, scopes: undefined, visible: undefined, _meta: undefined }
  const app = await booted(named, ({ mcp }) => {
    const tool: object = { ...left, input: undefined, output: undefined, limits: undefined, heartbeatMs: undefined }
    const resource: object = { ...left, mimeType: undefined, complete: undefined, annotations: undefined }
    const prompt: object = { ...left, arguments: undefined, complete: undefined }
    mcp.tool('t', tool, () => 'done')
    mcp.resource('a://b', resource, () => 'read')
    mcp.prompt('p', prompt, () => 'said')
  })
  const client = await app.mcp.test()
  expect(await client.text('t')).toBe('done')
  expect(await client.list('resources')).toEqual([{ name: 'a://b', uri: 'a://b' }])
  expect(await client.list('prompts')).toEqual([{ name: 'p' }])
})

test('limits of a tool have their defaults', async () => {
  const limits: object = { concurrency: undefined, rate: undefined, queue: undefined, timeoutMs: undefined }
  const app = await booted({ ...named, calls: limits }, ({ mcp }) => mcp.tool('t', { limits }, () => 'done'))
  expect(await (await app.mcp.test()).text('t')).toBe('done')
})
