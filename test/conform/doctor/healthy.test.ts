/** Servers that are as they should be: nothing is found at them, and nothing of a secret is told. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { newToken, staticTokens } from '../../../src/auth/index.ts'
import handwire from '../../../src/http/index.ts'
import { listening } from '../../support/listening.ts'
import { listeningReference } from '../../support/reference.ts'
import { type Break, look, stand, wrong } from './stand.ts'

test('an open server on this machine is healthy', async () => {
  const { url } = await listening({ realTime: true, offer: ({ mcp }) => mcp.tool('greet', {}, () => 'hello') })
  const diagnosis = await look(url)
  expect(wrong(diagnosis)).toEqual([])
  expect(diagnosis).toMatchObject({
    conclusion: 'healthy',
    server: { name: 'test', version: '0', revision: '2025-06-18' },
    first: []
  })
})

test('the reference server is healthy', async () => {
  const { app, url } = await listeningReference()
  onTestFinished(() => app.close())
  expect(wrong(await look(url))).toEqual([])
})

test('a server with static tokens is healthy, with a token and without', async () => {
  const { token, sha256 } = newToken()
  const plugin = { auth: staticTokens([{ name: 'ci', sha256 }]) }
  const { url } = await listening({ realTime: true, plugin })
  const outside = await look(url)
  const inside = await look(url, { token })
  expect([wrong(outside), wrong(inside)]).toEqual([[], []])
  expect(outside.findings.find(({ check }) => check === 'metadata/place')?.says).toContain('promises no OAuth')
  expect(inside.server?.name).toBe('test')
})

test('a server with an issuer is healthy, and the whole way is gone', async () => {
  const { url, token } = await stand()
  const diagnosis = await look(url, { token: await token() })
  expect(wrong(diagnosis)).toEqual([])
  expect(new Set(diagnosis.findings.map(({ area }) => area))).toEqual(
    new Set(['reach', 'entrance', 'challenge', 'metadata', 'issuer', 'token', 'session'])
  )
  expect(diagnosis.findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['metadata/resource', 'issuer/pkce', 'token/audience', 'session/token', 'session/end'])
  )
})

test('without a token the doctor goes as far as the login, and says so', async () => {
  const { url } = await stand()
  const { conclusion, findings, server } = await look(url)
  expect({ conclusion, server }).toEqual({ conclusion: 'healthy', server: undefined })
  expect(findings.find(({ check }) => check === 'token/given')?.mend).toContain('--token')
})

test('a token in a header is one, too', async () => {
  const { url, token } = await stand()
  const { findings } = await look(url, { headers: { Authorization: `Bearer ${await token()}` } })
  expect(findings.find(({ check }) => check === 'token/taken')?.level).toBe('ok')
})

test('registration goes up to the login page, and takes its clients away again', async () => {
  const { url, clients } = await stand()
  const diagnosis = await look(url, { register: true })
  expect(wrong(diagnosis)).toEqual([])
  const checks = diagnosis.findings.filter(({ area }) => area === 'registration').map(({ check }) => check)
  expect(checks.map((check) => check.slice('registration/'.length))).toEqual([
    'loopback',
    'authorize',
    'port',
    'token',
    'custom-scheme',
    'left'
  ])
  expect(clients.size).toBe(0)
})

test('nothing is registered unless it is asked for', async () => {
  const posts: string[] = []
  const { url } = await stand({
    issuer: (app) => app.addHook('onRequest', async ({ method, url }) => void posts.push(`${method} ${url}`))
  })
  await look(url)
  expect(posts.filter((post) => !post.startsWith('GET /.well-known/'))).toEqual([])
})

test('no session is left behind', async () => {
  const sessions = { opened: 0, ended: 0 }
  const before = (app: FastifyInstance): unknown =>
    app.addHook('onSend', async ({ method }, reply) => {
      if (reply.hasHeader('mcp-session-id')) sessions.opened += 1
      if (method === 'DELETE' && reply.statusCode < 300) sessions.ended += 1
    })
  const { url } = await listening({ realTime: true, before })
  await look(url, { origin: url.replace('/mcp', '') })
  expect(sessions.opened).toBeGreaterThan(2)
  expect(sessions.ended).toBe(sessions.opened)
})

test('a page that may use the server can', async () => {
  const origin = 'https://app.example'
  const { default: cors } = await import('@fastify/cors')
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  await app.register(cors, { origin, exposedHeaders: ['Mcp-Session-Id'] })
  await app.register(handwire, { name: 'acme', version: '1', origins: [origin] })
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
  const diagnosis = await look(url, { origin })
  expect(wrong(diagnosis)).toEqual([])
  expect(diagnosis.findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['browser/origin', 'browser/preflight'])
  )
})

/** A server that answers with all that it was sent, and with its session ids, wherever it fails. */
function telling(sessions: string[], fails: (request: FastifyRequest) => boolean): Break {
  return (app) =>
    app.addHook('onSend', async (request, reply, payload) => {
      const session = reply.getHeader('mcp-session-id')
      if (typeof session === 'string') sessions.push(session)
      if (reply.statusCode === 401 || typeof payload !== 'string' || !fails(request)) return payload
      reply.code(500).header('content-length', undefined)
      const { authorization, ...others } = request.headers
      return `${authorization} ${sessions.join(' ')} ${JSON.stringify(others)}`
    })
}

test.each<[when: string, fails: (request: FastifyRequest) => boolean]>([
  ['that it opens', () => true],
  ['that was opened', ({ headers }) => headers['mcp-session-id'] !== undefined]
])(
  'no token, header or session id is in the diagnosis of a server that repeats them in a session %s',
  async (_, fails) => {
    const sessions: string[] = []
    const { url, token } = await stand({ server: telling(sessions, fails) })
    // long enough that what is shown of an answer ends within it
    const secret = await token({ groups: Array.from({ length: 60 }, (_each, index) => `group-${index}`) })
    const given = { 'x-api-key': 'key-of-the-proxy', cookie: 'sid=cookie-of-ann' }
    const diagnosis = await look(url, { token: secret, headers: given, register: true })
    const text = JSON.stringify(diagnosis)
    expect(diagnosis.conclusion).toBe('wrong')
    expect(text).toContain('[secret]')
    expect(sessions.length).toBeGreaterThan(0)
    const hidden = [secret, ...secret.split('.'), ...Object.values(given), ...sessions, 'manage-client']
    expect(hidden.filter((one) => text.includes(one) || text.includes(one.slice(0, 30)))).toEqual([])
  }
)

test('the token goes to the endpoint alone', async () => {
  const seen: string[] = []
  const watch = { seen: (headers: object) => void seen.push(JSON.stringify(headers)) }
  const { url, token } = await stand({
    issuer: (app) => app.addHook('onRequest', async ({ headers }) => watch.seen(headers)),
    server: (app) =>
      app.addHook('onRequest', async ({ url, headers }) => {
        if (!url.startsWith('/mcp')) watch.seen(headers)
      })
  })
  const secret = await token()
  await look(url, { token: secret, headers: { 'x-api-key': 'key-of-the-proxy' }, register: true })
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.filter((headers) => headers.includes(secret))).toEqual([])
  // the metadata of the resource is behind the same proxy
  expect(seen.filter((headers) => headers.includes('key-of-the-proxy')).length).toBeLessThanOrEqual(4)
})
