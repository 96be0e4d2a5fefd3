/** Where the endpoint is mounted, and under which names it is reached. */
import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire, { type HandwireOptions } from '../../src/http/index.ts'
import { doorCheck } from '../../src/http/origin.ts'

const asked = (localPort: number, headers: Record<string, string>): IncomingMessage =>
  ({ socket: { localPort }, headers }) as unknown as IncomingMessage

async function mounted(
  options: Partial<HandwireOptions>,
  fastify: object = {}
): Promise<(url: string) => Promise<number>> {
  const app = Fastify(fastify)
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1.0.0', ...options })
  return async (url) => (await app.inject({ method: 'DELETE', url })).statusCode
}

test('a prefix goes before the path', async () => {
  const status = await mounted({ prefix: '/api' })
  expect(await status('/api/mcp')).toBe(400)
  expect(await status('/mcp')).toBe(404)
})

test.each([{ ignoreTrailingSlash: true }, { routerOptions: { ignoreTrailingSlash: true } }])(
  'an API that takes slashes off by itself is no obstacle: %j',
  async (fastify) => {
    const status = await mounted({}, fastify)
    expect(await status('/mcp/')).toBe(400)
  }
)

test.each([
  [443, 'localhost', 'https://localhost'],
  [80, 'localhost', 'http://localhost'],
  [3000, '[::1]:3000', 'http://[::1]:3000'],
  [3000, 'LOCALHOST:3000', 'http://localhost:3000']
])('on port %i the Host %s and the Origin %s are the server itself', (port, host, origin) => {
  expect(() => doorCheck({ hosts: [], origins: [] })(asked(port, { host, origin }))).not.toThrow()
})

test('names that are let in may be written as one likes', () => {
  const check = doorCheck({ hosts: ['MCP.Example'], origins: ['https://App.example/'] })
  expect(() => check(asked(3000, { host: 'mcp.example', origin: 'https://app.example' }))).not.toThrow()
})

test.each([
  ['localhost:3001', undefined],
  ['localhost.evil.example:3000', undefined],
  ['localhost:3000', 'http://localhost:3001'],
  ['localhost:3000', 'null'],
  ['localhost:3000', 'http://localhost:3000.evil.example']
])('Host %s with Origin %s is foreign', (host, origin) => {
  const headers: Record<string, string> = origin === undefined ? { host } : { host, origin }
  expect(() => doorCheck({ hosts: [], origins: [] })(asked(3000, headers))).toThrow()
})

test('a store that fails tells the peer nothing of it', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  const broken = (): never => {
    throw new Error('redis://user:secret@10.0.0.1 refused')
  }
  const sessions = {
    create: broken,
    read: broken,
    change: broken,
    remove: broken,
    touch: broken,
    onExpired() {},
    close() {}
  }
  await app.register(handwire, { name: 'acme', version: '1.0.0', ports: { sessions } })
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    const headers = { 'mcp-session-id': 'a', 'content-type': 'application/json' }
    const payload = method === 'POST' ? { payload: '{"jsonrpc":"2.0","id":1,"method":"ping"}' } : {}
    const { statusCode, body } = await app.inject({ method, url: '/mcp', headers, ...payload })
    expect(statusCode).toBe(500)
    expect(body).not.toContain('secret')
  }
})
