/** What cannot guard an endpoint ends the boot, or never begins: nobody finds out when it is served. */
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Auth, introspection, jwt, newToken, type StaticToken, staticTokens } from '../../src/auth/index.ts'
import handwire, { DeclarationError, type EndpointOptions } from '../../src/http/index.ts'

const issuer = 'https://login.example'
const resource = 'https://mcp.example/mcp'
const { sha256 } = newToken()
const own = { clientId: 'mcp', clientSecret: 'secret' }

/** The code of the DeclarationError that something throws. */
function codeOf(declare: () => unknown): string | undefined {
  try {
    declare()
    return undefined
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error
    expect(error.message).toContain(`[${error.code}]`)
    return error.code
  }
}

const wrongResources: readonly unknown[] = [
  undefined,
  null,
  '',
  '/mcp',
  'mcp.example/mcp',
  'mcp.example',
  '//mcp.example/mcp',
  'http://mcp.example/mcp',
  'http://127.0.0.1.example/mcp',
  'http://10.0.0.1/mcp',
  'ftp://mcp.example/mcp',
  'urn:mcp',
  'https://mcp.example/mcp?tenant=1',
  'https://mcp.example/mcp?',
  'https://mcp.example/mcp#here',
  'https://mcp.example/mcp#',
  'https://user@mcp.example/mcp',
  'https://:secret@mcp.example/mcp',
  ['https://mcp.example/mcp'],
  { href: resource }
]

const wrongIssuers: readonly unknown[] = [
  undefined,
  '',
  'login.example',
  '/login',
  'http://login.example',
  'http://10.0.0.1',
  'http://0.0.0.0',
  'file:///etc/issuer',
  'https://login.example?tenant=1',
  'https://login.example#a',
  ['https://login.example']
]

describe('a public URL', () => {
  test.each(wrongResources)('cannot be %j', (value) => {
    expect(codeOf(() => jwt({ issuer, resource: value as string }))).toBe('auth-resource')
    expect(codeOf(() => introspection({ issuer, resource: value as string, ...own }))).toBe('auth-resource')
  })

  test.each(['https://mcp.example/*', 'https://mcp.example/a/*/mcp'])(
    'that would be a pattern of routes is refused: %s',
    (value) => {
      expect(codeOf(() => jwt({ issuer, resource: value }))).toBe('auth-resource')
    }
  )
})

test.each(wrongIssuers)('an issuer cannot be %j', (value) => {
  expect(codeOf(() => jwt({ issuer: value as string, resource }))).toBe('auth-issuer')
  expect(codeOf(() => introspection({ issuer: value as string, resource, ...own }))).toBe('auth-issuer')
})

test.each(['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000', 'https://login.example/tenants/a'])(
  'an issuer may be %s',
  (value) => {
    expect(codeOf(() => jwt({ issuer: value, resource }))).toBeUndefined()
  }
)

test.each(['http://keys.example', 'keys', '', 'http://10.0.0.1/keys'])(
  'neither keys nor introspection are at "%s"',
  (value) => {
    expect(codeOf(() => jwt({ issuer, resource, jwksUri: value }))).toBe('auth-issuer')
    expect(codeOf(() => introspection({ issuer, resource, endpoint: value, ...own }))).toBe('auth-issuer')
  }
)

test.each<readonly [string[]]>([[['HS256']], [['RS256', 'HS512']], [['none']], [['dir']], [['rs256']], [['*']], [[]]])(
  'algorithms cannot be %j',
  (algorithms) => {
    expect(codeOf(() => jwt({ issuer, resource, algorithms }))).toBe('auth-algorithm')
  }
)

test.each<readonly [string, StaticToken[]]>([
  ['none at all', []],
  ['one without a name', [{ name: '', sha256 }]],
  ['one with the token in place of its hash', [{ name: 'ci', sha256: newToken().token }]],
  ['one with half a hash', [{ name: 'ci', sha256: sha256.slice(32) }]],
  ['one without a hash', [{ name: 'ci' } as StaticToken]],
  ['one that ends at no date', [{ name: 'ci', sha256, expires: 'soon' }]],
  ['one that ends at an empty date', [{ name: 'ci', sha256, expires: '' }]]
])('static tokens cannot be %s', (_, tokens) => {
  expect(codeOf(() => staticTokens(tokens))).toBe('auth-token')
})

test('a message about a static token does not repeat it', () => {
  const { token } = newToken()
  try {
    staticTokens([{ name: 'ci', sha256: token }])
    expect.unreachable()
  } catch (error) {
    expect(String(error)).not.toContain(token.slice(0, 16))
  }
})

/** How the boot of an API ends. */
async function boot(register: (app: FastifyInstance) => unknown): Promise<string | undefined> {
  const app = Fastify()
  onTestFinished(() => app.close())
  try {
    await register(app)
    await app.ready()
    return undefined
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error
    return error.code
  }
}

const serving = (options: Partial<EndpointOptions>) => (app: FastifyInstance) =>
  app.register(handwire, { name: 'acme', version: '1', ...options })

describe('the boot ends', () => {
  test('for a chain that lets nobody in', async () => {
    expect(await boot(serving({ auth: [] }))).toBe('auth-empty')
  })

  test('for a chain whose tokens are for different endpoints', async () => {
    const auth = [jwt({ issuer, resource }), jwt({ issuer: 'https://other.example', resource: `${resource}2` })]
    expect(await boot(serving({ auth }))).toBe('auth-resource')
  })

  test('not for a chain that spells one endpoint in two ways', async () => {
    const auth = [
      jwt({ issuer, resource }),
      jwt({ issuer: 'https://other.example', resource: 'HTTPS://MCP.example/mcp/' })
    ]
    expect(await boot(serving({ auth }))).toBeUndefined()
  })

  test('for two endpoints of one resource', async () => {
    const two = async (app: FastifyInstance): Promise<void> => {
      await app.register(handwire)
      for (const path of ['/one', '/two'])
        app.register(async (scope) =>
          scope.mcp.serve({ name: 'acme', version: '1', path, auth: jwt({ issuer, resource }) })
        )
    }
    expect(await boot(two)).toBe('auth-resource')
  })

  test.each(['read write', '', 'a"b', 'a\\b', 'é', 'a\nb'])('for a scope that is none: %j', async (scope) => {
    expect(await boot(serving({ auth: jwt({ issuer, resource, required: [scope] }) }))).toBe('scope')
    expect(await boot(serving({ auth: jwt({ issuer, resource, scopes: [scope] }) }))).toBe('scope')
  })
})

describe('what the plugin is told of auth', () => {
  const auth: Auth = staticTokens([{ name: 'ci', sha256 }])
  const status = async (own: object): Promise<number> => {
    const app = Fastify()
    onTestFinished(() => app.close())
    await app.register(handwire, { auth })
    app.register(async (scope) => scope.mcp.serve({ name: 'acme', version: '1', ...own }))
    return (await app.inject({ url: '/mcp', headers: { host: 'localhost' } })).statusCode
  }

  test('guards an endpoint that says nothing of it', async () => {
    expect(await status({})).toBe(401)
  })

  test('guards an endpoint whose own is undefined, as that of a configuration may be', async () => {
    expect(await status({ auth: undefined })).toBe(401)
  })

  test('does not guard an endpoint that is open by its own word', async () => {
    expect(await status({ auth: false })).toBe(400)
  })
})
