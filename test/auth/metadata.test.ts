/** Where clients find who issues tokens: one document for each endpoint at the root, open to browsers, and nothing else of the API touched. */
import cors from '@fastify/cors'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import handwire from '../../src/http/index.ts'
import { publicHost, publicOrigin } from '../support/guarded.ts'

const issuer = 'https://login.example'
const wellKnown = '/.well-known/oauth-protected-resource'
const of = (path: string, more: object = {}) => jwt({ issuer, resource: `${publicOrigin}${path}`, ...more })

/** An API with routes of its own around the endpoints. */
async function api(
  endpoints: (app: FastifyInstance) => unknown,
  options: FastifyServerOptions = {},
  before?: (app: FastifyInstance) => unknown
): Promise<FastifyInstance> {
  const app = Fastify(options)
  await before?.(app)
  app.get('/health', () => ({ ok: true }))
  app.post('/todos', () => ({ made: true }))
  await endpoints(app)
  app.get('/late', () => ({ ok: true }))
  onTestFinished(() => app.close())
  await app.ready()
  return app
}

/** Endpoints below the prefixes of their scopes. */
const twoVersions = async (app: FastifyInstance): Promise<void> => {
  await app.register(handwire)
  for (const version of ['v1', 'v2'])
    app.register(
      async (scope) => {
        const auth = of(`/mcp/${version}`, { scopes: [`${version}:read`] })
        scope.mcp.serve({ name: `acme ${version}`, version: '1', auth })
      },
      { prefix: `/mcp/${version}` }
    )
}
const single = (app: FastifyInstance): unknown =>
  app.register(handwire, { name: 'acme', version: '1', auth: of('/mcp') })
const headers = { host: publicHost }

describe('the document', () => {
  test('is one for each endpoint, at the root whatever the prefix is, and each names its own', async () => {
    const app = await api(twoVersions)
    for (const version of ['v1', 'v2']) {
      const { statusCode, headers: answered, json } = await app.inject(`${wellKnown}/mcp/${version}`)
      expect([statusCode, answered['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
      expect(json()).toEqual({
        resource: `${publicOrigin}/mcp/${version}`,
        authorization_servers: [issuer],
        scopes_supported: [`${version}:read`],
        bearer_methods_supported: ['header'],
        resource_name: `acme ${version}`
      })
    }
  })

  test.each(['', '/mcp', '/mcp/v1/.well-known/oauth-protected-resource', '/mcp/v3', '/mcp/v1/more'])(
    'is at no other place: %s',
    async (path) => {
      const app = await api(twoVersions)
      const url = path.includes('.well-known') ? path : `${wellKnown}${path}`
      expect((await app.inject(url)).statusCode).toBe(404)
    }
  )

  test('is found by the challenge, and names the address that the client asked', async () => {
    const app = await api(twoVersions)
    for (const path of ['/mcp/v1', '/mcp/v2'])
      for (const method of ['POST', 'GET', 'DELETE'] as const) {
        const refusal = await app.inject({ method, url: path, headers })
        const [, found = ''] = /resource_metadata="([^"]*)"/.exec(String(refusal.headers['www-authenticate'])) ?? []
        const { origin, pathname } = new URL(found)
        expect(origin).toBe(publicOrigin)
        expect((await app.inject(pathname)).json().resource).toBe(`${publicOrigin}${path}`)
      }
  })

  test.each<readonly [string, string, string]>([
    ['https://mcp.example', 'https://mcp.example', wellKnown],
    ['https://mcp.example/', 'https://mcp.example', wellKnown],
    ['HTTPS://MCP.Example/Api/MCP/', 'https://mcp.example/Api/MCP', `${wellKnown}/Api/MCP`],
    ['https://mcp.example:443/mcp', 'https://mcp.example/mcp', `${wellKnown}/mcp`],
    ['https://mcp.example:8443/mcp', 'https://mcp.example:8443/mcp', `${wellKnown}/mcp`],
    ['https://mcp.example/a%20b/mcp', 'https://mcp.example/a%20b/mcp', `${wellKnown}/a%20b/mcp`],
    [
      'https://mcp.example/tenants/:acme/mcp',
      'https://mcp.example/tenants/:acme/mcp',
      `${wellKnown}/tenants/:acme/mcp`
    ],
    ['http://localhost:3000/mcp', 'http://localhost:3000/mcp', `${wellKnown}/mcp`],
    ['http://127.0.0.1:3000/mcp', 'http://127.0.0.1:3000/mcp', `${wellKnown}/mcp`],
    ['http://[::1]:3000/mcp', 'http://[::1]:3000/mcp', `${wellKnown}/mcp`]
  ])('of the resource %s names %s, and is at %s', async (resource, canonical, path) => {
    const app = await api((scope) =>
      scope.register(handwire, { name: 'acme', version: '1', auth: jwt({ issuer, resource }) })
    )
    const { statusCode, json } = await app.inject(path)
    expect([statusCode, json().resource]).toEqual([200, canonical])
    const refusal = await app.inject({ url: '/mcp', headers: { host: new URL(canonical).host } })
    expect(refusal.headers['www-authenticate']).toBe(`Bearer resource_metadata="${new URL(canonical).origin}${path}"`)
  })

  test('of one tenant is not that of another whose name is a parameter to nobody', async () => {
    const app = await api((scope) =>
      scope.register(handwire, { name: 'acme', version: '1', auth: of('/tenants/:acme/mcp') })
    )
    expect((await app.inject(`${wellKnown}/tenants/other/mcp`)).statusCode).toBe(404)
  })

  test('names no scope where none is told, and none that a tool needs', async () => {
    const app = await api(async (scope) => {
      await single(scope)
      scope.mcp.tool('purge', { scopes: ['admin'] }, () => 'gone')
    })
    expect((await app.inject(`${wellKnown}/mcp`)).json()).not.toHaveProperty('scopes_supported')
  })

  test('names the scopes that everything needs, as the challenge does', async () => {
    const app = await api((scope) =>
      scope.register(handwire, { name: 'acme', version: '1', auth: of('/mcp', { required: ['mcp'] }) })
    )
    expect((await app.inject(`${wellKnown}/mcp`)).json().scopes_supported).toEqual(['mcp'])
    expect((await app.inject({ url: '/mcp', headers })).headers['www-authenticate']).toContain('scope="mcp"')
  })

  test('is there for HEAD', async () => {
    const app = await api(single)
    const { statusCode, headers: answered, body } = await app.inject({ method: 'HEAD', url: `${wellKnown}/mcp` })
    expect([statusCode, answered['content-type'], body]).toEqual([200, 'application/json; charset=utf-8', ''])
  })

  test('may be read by the pages of every origin, whatever headers they send', async () => {
    const app = await api(single)
    const read = await app.inject({ url: `${wellKnown}/mcp`, headers: { origin: 'https://inspector.example' } })
    expect([read.statusCode, read.headers['access-control-allow-origin']]).toEqual([200, '*'])
    expect(read.headers).not.toHaveProperty('access-control-allow-credentials')
    const asked = await app.inject({
      method: 'OPTIONS',
      url: `${wellKnown}/mcp`,
      headers: {
        origin: 'https://inspector.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version'
      }
    })
    expect([asked.statusCode, asked.body]).toEqual([204, ''])
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'mcp-protocol-version'
    })
  })

  test.each(['POST', 'PUT', 'DELETE'] as const)('is not there for %s', async (method) => {
    const app = await api(single)
    expect((await app.inject({ method, url: `${wellKnown}/mcp` })).statusCode).toBe(404)
  })

  test('is not there where nobody issues tokens', async () => {
    const auth = staticTokens([{ name: 'ci', sha256: newToken().sha256 }])
    const app = await api((scope) => scope.register(handwire, { name: 'acme', version: '1', auth }))
    for (const url of [wellKnown, `${wellKnown}/mcp`]) expect((await app.inject(url)).statusCode).toBe(404)
    const { headers: answered } = await app.inject({ url: '/mcp', headers: { host: 'localhost' } })
    expect(answered['www-authenticate']).toBe('Bearer realm="acme"')
  })

  test.each<readonly [string, Record<string, string>, FastifyServerOptions]>([
    ['Host', { host: 'evil.example' }, {}],
    [
      'X-Forwarded-Host behind a trusted proxy',
      { host: publicHost, 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
      { trustProxy: true }
    ],
    ['Forwarded', { host: publicHost, forwarded: 'host=evil.example' }, { trustProxy: true }]
  ])('and the challenge do not change for a forged %s', async (_, forged, options) => {
    const app = await api(single, options)
    expect((await app.inject({ url: `${wellKnown}/mcp`, headers: forged })).json().resource).toBe(`${publicOrigin}/mcp`)
    const refusal = await app.inject({ url: '/mcp', headers: forged })
    expect(JSON.stringify(refusal.headers) + refusal.body).not.toContain('evil')
    if (refusal.statusCode === 401)
      expect(refusal.headers['www-authenticate']).toBe(`Bearer resource_metadata="${publicOrigin}${wellKnown}/mcp"`)
    else expect(refusal.statusCode).toBe(403)
  })
})

describe('beside a guarded endpoint', () => {
  const own = [
    { method: 'GET', url: '/health' },
    { method: 'POST', url: '/todos' },
    { method: 'GET', url: '/late' },
    { method: 'GET', url: '/nowhere' },
    { method: 'OPTIONS', url: '/health' },
    { method: 'GET', url: '/mcpx' }
  ] as const

  test('the routes of the API need no token, and answer as they did before', async () => {
    const [before, after] = [await api(() => undefined), await api(twoVersions)]
    for (const request of own)
      for (const authorization of [undefined, 'Bearer of-another-kind', 'Basic dXNlcjpwYXNz']) {
        const asked = { ...request, headers: authorization === undefined ? {} : { authorization } }
        const [one, two] = [await before.inject(asked), await after.inject(asked)]
        expect([two.statusCode, two.body]).toEqual([one.statusCode, one.body])
        expect(two.headers).not.toHaveProperty('www-authenticate')
      }
  })

  test('the routes of the API, and the endpoint itself, get no header of CORS', async () => {
    const app = await api(twoVersions)
    for (const request of [...own, { method: 'OPTIONS', url: '/mcp/v1' }, { method: 'GET', url: '/mcp/v1' }] as const) {
      const { headers: answered } = await app.inject({ ...request, headers: { ...headers, origin: publicOrigin } })
      expect(Object.keys(answered).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test.each(['before', 'after'])(
    'an API that has CORS of its own, registered %s the endpoint, keeps it',
    async (order) => {
      const allow = (app: FastifyInstance): unknown =>
        app.register(cors, { origin: 'https://app.example', methods: ['GET', 'POST'] })
      const app = await api(async (scope) => {
        if (order === 'before') await allow(scope)
        await twoVersions(scope)
        if (order === 'after') await allow(scope)
      })
      const origin = 'https://evil.example'
      const route = await app.inject({ url: '/late', headers: { origin } })
      expect(route.headers['access-control-allow-origin']).toBe('https://app.example')
      const document = await app.inject({ url: `${wellKnown}/mcp/v1`, headers: { origin } })
      expect([document.statusCode, document.headers['access-control-allow-origin']]).toEqual([200, '*'])
    }
  )

  test('an endpoint without auth in the same API is open', async () => {
    const app = await api(async (scope) => {
      await twoVersions(scope)
      scope.register(async (inner) => inner.mcp.serve({ name: 'open', version: '1', path: '/open' }))
    })
    const asked = { method: 'GET', headers: { host: 'localhost' } } as const
    expect((await app.inject({ ...asked, url: '/open' })).json().error.message).toBe('Mcp-Session-Id is missing')
    expect((await app.inject({ ...asked, url: '/mcp/v1' })).statusCode).toBe(401)
  })
})

test('the name of the public URL is a name of the server, and its origin may use it', async () => {
  const app = await api(single)
  const asked = (more: object): Promise<number> =>
    app.inject({ url: '/mcp', headers: { ...headers, ...more } }).then(({ statusCode }) => statusCode)
  expect(await asked({})).toBe(401)
  expect(await asked({ origin: publicOrigin })).toBe(401)
  expect(await asked({ origin: 'https://evil.example' })).toBe(403)
  expect(await asked({ host: 'evil.example' })).toBe(403)
})

test('a hook of the API that asks everybody who they are can tell the endpoint and its document by their config', async () => {
  const app = await api(
    (scope) =>
      scope.register(handwire, { name: 'acme', version: '1', auth: of('/mcp'), config: { open: true } as object }),
    {},
    (before) =>
      before.addHook('onRequest', async (request, reply) => {
        if ((request.routeOptions.config as { open?: boolean }).open !== true) return reply.code(401).send('the API')
      })
  )
  expect((await app.inject({ url: '/health', headers })).body).toBe('the API')
  expect((await app.inject({ url: `${wellKnown}/mcp`, headers })).json().resource).toBe(`${publicOrigin}/mcp`)
  expect((await app.inject({ url: '/mcp', headers })).headers['www-authenticate']).toContain('resource_metadata=')
})

/** What is warned of at boot by an endpoint at `path` whose tokens are for `resource`. */
async function warnings(path: string, resource: string): Promise<string[]> {
  const lines: string[] = []
  const logger = { level: 'warn', stream: { write: (line: string) => void lines.push(line) } }
  await api((app) => app.register(handwire, { name: 'acme', version: '1', path, auth: of(resource) }), { logger })
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
}

describe('the path of an endpoint', () => {
  test.each([
    ['/mcp', '/mcp'],
    ['/mcp', '/api/mcp'],
    ['/api/mcp', '/mcp'],
    ['/mcp', ''],
    ['/', '/mcp'],
    ['/mcp', '/mcp/']
  ])('%s fits tokens for %j, which a proxy may make of it', async (path, resource) => {
    expect(await warnings(path, resource)).toEqual([])
  })

  test('that is another than that of its tokens is warned of', async () => {
    expect(await warnings('/api/mcp', '/tools')).toEqual([
      `MCP: tokens are for ${publicOrigin}/tools, and the endpoint is at /api/mcp: clients compare the two before they log in`
    ])
  })

  test('that has parameters is warned of: tokens are good for all of their values', async () => {
    expect(await warnings('/tenants/:tenant/mcp', '/mcp')).toEqual([
      `MCP: the path /tenants/:tenant/mcp has parameters, and tokens for ${publicOrigin}/mcp are good for all of their values`
    ])
  })
})
