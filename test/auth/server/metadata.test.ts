/** What clients find, and from where; and that it is made of the configured issuer alone. */
import { request } from 'node:http'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { authorizationServer, memoryStore } from '../../../src/auth/server/index.ts'
import handwire from '../../../src/http/index.ts'
import { authority, native } from './authority.ts'
import { Browser } from './browser.ts'

const places = [
  '/.well-known/oauth-authorization-server/oauth',
  '/.well-known/openid-configuration/oauth',
  '/oauth/.well-known/openid-configuration',
  '/oauth/.well-known/oauth-authorization-server'
]

describe('the metadata', () => {
  test.each(places)('is at %s', async (place) => {
    const { origin, issuer } = await authority()
    const response = await fetch(`${origin}${place}`)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      revocation_endpoint: `${issuer}/revoke`,
      jwks_uri: `${issuer}/jwks`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none']),
      scopes_supported: ['openid', 'offline_access', 'todo:read', 'todo:write'],
      authorization_response_iss_parameter_supported: true
    })
  })

  test('promises nothing that is not there', async () => {
    const { origin } = await authority()
    const document = (await (await fetch(`${origin}${places[0]}`)).json()) as Record<string, unknown>
    const own = Object.entries(document).filter(([key]) => key.endsWith('_endpoint') || key.endsWith('_uri'))
    for (const [, url] of own) expect((await fetch(url as string, { method: 'OPTIONS' })).status).not.toBe(500)
    expect(own.map(([key]) => key).sort()).toEqual([
      'authorization_endpoint',
      'jwks_uri',
      'registration_endpoint',
      'revocation_endpoint',
      'token_endpoint'
    ])
    expect(document['grant_types_supported']).not.toContain('implicit')
  })

  test('is named by the metadata of the endpoint', async () => {
    const { origin, issuer } = await authority()
    const document = await (await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)).json()
    expect(document).toMatchObject({ authorization_servers: [issuer], scopes_supported: ['todo:read', 'todo:write'] })
  })
})

describe('programs in browsers of other origins', () => {
  test.each([...places, '/oauth/token', '/oauth/register', '/oauth/revoke', '/oauth/jwks'])(
    'may use %s',
    async (place) => {
      const { origin } = await authority()
      const headers = {
        origin: 'https://inspector.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, mcp-protocol-version'
      }
      const { status, headers: told } = await fetch(`${origin}${place}`, { method: 'OPTIONS', headers })
      expect(status).toBe(204)
      expect(told.get('access-control-allow-origin')).toBe('*')
      expect(told.get('access-control-allow-headers')).toContain('mcp-protocol-version')
      const answer = await fetch(`${origin}${place}`, { method: /known|jwks/.test(place) ? 'GET' : 'POST', headers })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    }
  )

  test('may not use the pages for people', async () => {
    const server = await authority()
    const { url } = server.begin(await server.client())
    const answer = await fetch(url, { redirect: 'manual', headers: { origin: 'https://evil.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const page = await new Browser(server.origin).go(url, { headers: { origin: 'https://evil.example' } })
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a request that says it is for somebody else', () => {
  const forged = {
    host: 'evil.example',
    forwarded: 'host=evil.example;proto=https',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '666'
  }
  const raw = (port: string, path: string) =>
    new Promise<{ headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, headers: forged }, (response) => {
        let text = ''
        response.on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve({ headers: response.headers, text }))
      })
      sent.on('error', reject)
      sent.end()
    })

  test.each(places)('gets the same metadata at %s', async (place) => {
    const { origin, issuer } = await authority()
    const { text } = await raw(new URL(origin).port, place)
    expect(text).not.toContain('evil.example')
    expect(JSON.parse(text)).toMatchObject({ issuer, token_endpoint: `${issuer}/token` })
  })

  test('is sent to no other place, and its cookies are for no other', async () => {
    const server = await authority()
    const { url } = server.begin(await server.client())
    const { pathname, search, port } = new URL(url)
    const { headers } = await raw(port, `${pathname}${search}`)
    expect(headers['location']).toMatch(/^\/oauth\/interaction\//)
    expect(JSON.stringify(headers)).not.toContain('evil.example')
  })

  test('finishes at the issuer all the same', async () => {
    const server = await authority()
    const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    const browser = new Browser(server.origin)
    const page = await browser.go(server.begin(await server.client()).url, { headers })
    const answer = await browser.open(page.url, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        token: /name="token" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
        action: 'deny'
      })
    })
    expect(answer.html).toContain(`content="0;url=${server.issuer}/authorize/`)
    expect(answer.html).not.toContain('evil.example')
  })
})

describe('behind a proxy that speaks https', () => {
  const https = async () => {
    const server = authorizationServer({
      resource: 'https://mcp.example/mcp',
      authenticate: () => ({ subject: 'ann' }),
      store: memoryStore()
    })
    const app = Fastify()
    await app.register(handwire, { name: 'acme', version: '0', auth: server })
    onTestFinished(() => app.close())
    return app
  }
  const authorize = (client: string) =>
    `/oauth/authorize?${new URLSearchParams({
      client_id: client,
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1/callback',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256'
    })}`

  test('addresses are those of the issuer, though requests come by http', async () => {
    const app = await https()
    const { token_endpoint: token } = (await app.inject(places[0] as string)).json()
    expect(token).toBe('https://mcp.example/oauth/token')
  })

  test('cookies are secure, for this host alone, and not for scripts', async () => {
    const app = await https()
    const { client_id: client } = (await app.inject({ method: 'POST', url: '/oauth/register', payload: native })).json()
    const { headers, statusCode } = await app.inject(authorize(client))
    expect(statusCode).toBe(303)
    const cookies = [headers['set-cookie']].flat() as string[]
    const consent = cookies.filter((cookie) => cookie.startsWith('__Host-'))
    expect(consent.length).toBeGreaterThan(0)
    for (const cookie of consent) expect(cookie).toMatch(/path=\/; (.*)secure; httponly/i)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__(Host|Secure)-/)
      expect(cookie).toMatch(/secure/i)
      expect(cookie).toMatch(/httponly/i)
      expect(cookie).toMatch(/samesite=lax/i)
      expect(cookie).not.toMatch(/domain=/i)
    }
  })
})

test('an issuer without a path has its routes at the root, and leaves the others alone', async () => {
  const app = Fastify()
  app.get('/', () => 'home')
  app.post('/form', (request) => request.body)
  const server = authorizationServer({
    resource: 'https://mcp.example/mcp',
    issuer: 'https://mcp.example',
    authenticate: () => undefined,
    store: memoryStore()
  })
  await app.register(handwire, { name: 'acme', version: '0', auth: server })
  onTestFinished(() => app.close())
  const { registration_endpoint: url } = (await app.inject('/.well-known/oauth-authorization-server')).json()
  expect(url).toBe('https://mcp.example/register')
  expect((await app.inject('/')).body).toBe('home')
  expect((await app.inject({ method: 'POST', url: '/form', payload: { a: 1 } })).json()).toEqual({ a: 1 })
  expect((await app.inject('/nothing')).json()).toMatchObject({ statusCode: 404 })
  expect(
    (
      await app.inject({
        method: 'POST',
        url: '/form',
        payload: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' }
      })
    ).statusCode
  ).toBe(415)
})

test('hooks, parsers and headers of the API do not get in the way', async () => {
  const server = await authority({
    async before(app) {
      await app.register(helmet)
      await app.register(rateLimit, { max: 1000 })
      app.addContentTypeParser('*', (_request, _payload, done) => done(null, 'eaten'))
    }
  })
  const { tokens } = await server.logIn()
  expect(await server.call(tokens.access_token)).toMatchObject({ status: 200 })
  const page = await new Browser(server.origin).go(server.begin(await server.client()).url)
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
})

test('too many requests for consent are refused for a while', async () => {
  const server = await authority()
  const { url } = server.begin(await server.client())
  const statuses = new Set<number>()
  for (let round = 0; round < 13; round += 1) {
    const asked = Array.from({ length: 50 }, () => fetch(url, { redirect: 'manual' }))
    for (const { status } of await Promise.all(asked)) statuses.add(status)
  }
  expect([...statuses].sort()).toEqual([303, 429])
})
