/** Opaque tokens, of which their issuer is asked: what it says decides, and what it cannot say is nobody's fault who calls. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type IntrospectionOptions, introspection } from '../../src/auth/index.ts'
import { bearer, type Guarded, guardedOnce, leak, opening, publicOrigin, type Reply } from '../support/guarded.ts'
import { FakeIssuer, faults, never } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const token = 'opaque-7Qk2vXr9LmZt4Wc8'
const seconds = (): number => Math.floor(Date.now() / 1000)

interface Scene {
  api: Guarded
  issuer: FakeIssuer
  /** What a request is answered when this is known of its token; undefined when nothing is. */
  ask(known?: object, sent?: string): Promise<Reply>
}

async function scene(options: Partial<IntrospectionOptions> = {}): Promise<Scene> {
  const issuer = await FakeIssuer.open()
  const own = { clientId: 'mcp server', clientSecret: 'p%s:w+rd é' }
  const api = await guardedOnce(introspection({ issuer: issuer.url, resource, ...own, ...options }))
  return {
    api,
    issuer,
    async ask(known, sent = token) {
      if (known !== undefined) issuer.opaque.set(sent, known)
      const reply = await api.ask(opening('/mcp', bearer(sent)))
      expect(leak(sent, api.log())).toBeUndefined()
      expect(leak(sent, JSON.stringify(reply))).toBeUndefined()
      return reply
    }
  }
}

const good = (): object => ({ active: true, sub: 'ann', aud: resource, client_id: 'editor', exp: seconds() + 300 })
const metadata = `resource_metadata="${publicOrigin}/.well-known/oauth-protected-resource/mcp"`
const refused = [
  401,
  `Bearer error="invalid_token", error_description="The access token is not valid here", ${metadata}`,
  '{"jsonrpc":"2.0","error":{"code":-32600,"message":"The access token is not valid here"}}'
]

describe('401 and no detail more earns a token', () => {
  test.each<readonly [string, () => object]>([
    ['that is not active, or was revoked', () => ({ ...good(), active: false })],
    ['of which "active" is not said', () => ({ ...good(), active: undefined })],
    ['whose "active" is a text', () => ({ ...good(), active: 'true' })],
    ['whose "active" is a number', () => ({ ...good(), active: 1 })],
    ['without an audience', () => ({ ...good(), aud: undefined })],
    ['of another audience', () => ({ ...good(), aud: 'https://other.example/mcp' })],
    ['of a list of other audiences', () => ({ ...good(), aud: [publicOrigin, `${resource}/more`] })],
    ['of another issuer', () => ({ ...good(), iss: 'https://evil.example' })],
    ['of an issuer that is a list', () => ({ ...good(), iss: ['https://login.example'] })],
    ['that has ended', () => ({ ...good(), exp: seconds() - 1 })],
    ['whose end is a text', () => ({ ...good(), exp: String(seconds() + 300) })],
    ['whose end is null', () => ({ ...good(), exp: null })],
    ['without a subject', () => ({ ...good(), sub: undefined })],
    ['of an empty subject', () => ({ ...good(), sub: '' })],
    ['of a subject that is a number', () => ({ ...good(), sub: 7 })]
  ])('%s', async (_, known) => {
    const { ask } = await scene()
    const { status, headers, body } = await ask(known())
    expect([status, headers['www-authenticate'], body]).toEqual(refused)
  })

  test('that nobody knows', async () => {
    const { ask } = await scene()
    const { status, headers, body } = await ask()
    expect([status, headers['www-authenticate'], body]).toEqual(refused)
  })
})

describe('good is a token', () => {
  test.each<readonly [string, () => object]>([
    ['with all that can be said', () => ({ ...good(), scope: 'read', username: 'ann', token_type: 'Bearer' })],
    ['without an end', () => ({ ...good(), exp: undefined })],
    ['without a client', () => ({ ...good(), client_id: undefined })],
    ['whose audience is in a list', () => ({ ...good(), aud: ['https://other.example', `${resource}/`] })]
  ])('%s', async (_, known) => {
    const { ask } = await scene()
    expect((await ask(known())).status).toBe(200)
  })

  test('that names its issuer', async () => {
    const { issuer, ask } = await scene()
    expect((await ask({ ...good(), iss: issuer.url })).status).toBe(200)
  })
})

test('the issuer is asked by POST, with the credentials of the server and not in the address', async () => {
  const { issuer, ask } = await scene()
  await ask(good())
  expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/introspection'])
  const basic = Buffer.from('mcp+server:p%25s%3Aw%2Brd+%C3%A9').toString('base64')
  expect(issuer.introspected).toEqual([
    { body: `token=${token}&token_type_hint=access_token`, authorization: `Basic ${basic}` }
  ])
})

test('letters that mean something in a form reach the issuer as they are', async () => {
  const { issuer, ask } = await scene()
  const odd = 'a+b/c~d._-AbCdEfGh=='
  expect((await ask(good(), odd)).status).toBe(200)
  expect(issuer.introspected[0]?.body).toBe(`token=a%2Bb%2Fc%7Ed._-AbCdEfGh%3D%3D&token_type_hint=access_token`)
})

test('a token that is too long is not asked about', async () => {
  const { issuer, ask } = await scene()
  const long = 'abcdefgh'.repeat(1024)
  expect((await ask(good(), `${long}i`)).status).toBe(401)
  expect(issuer.asked).toEqual([])
  expect((await ask(good(), long)).status).toBe(200)
})

test('scopes that everything needs are looked for in the answer', async () => {
  const { ask } = await scene({ required: ['mcp:use'] })
  const short = await ask({ ...good(), scope: 'read' })
  expect([short.status, short.headers['www-authenticate']]).toEqual([
    403,
    `Bearer error="insufficient_scope", error_description="This needs the scope mcp:use", scope="mcp:use", ${metadata}`
  ])
  expect((await ask({ ...good(), scope: 'read mcp:use' }, `${token}2`)).status).toBe(200)
})

test('a token that is revoked is refused when cacheMs is over, and not asked about before', async () => {
  let time = Date.now()
  const { issuer, ask } = await scene({ cacheMs: 30_000, now: () => time })
  expect((await ask(good())).status).toBe(200)
  issuer.opaque.clear()
  time += 29_000
  expect((await ask()).status).toBe(200)
  expect(issuer.introspected).toHaveLength(1)
  time += 2000
  expect((await ask()).status).toBe(401)
})

test('a token that is revoked is refused at once where nothing is kept', async () => {
  const { issuer, ask } = await scene({ cacheMs: 0 })
  expect((await ask(good())).status).toBe(200)
  issuer.opaque.clear()
  expect((await ask()).status).toBe(401)
})

test('a token is kept no longer than it lasts', async () => {
  let time = Date.now()
  const { ask } = await scene({ now: () => time })
  expect((await ask({ ...good(), exp: Math.floor(time / 1000) + 5 })).status).toBe(200)
  time += 6000
  expect((await ask()).status).toBe(401)
})

test('a token that was refused is good when its issuer says so the next time', async () => {
  const { ask } = await scene()
  expect((await ask()).status).toBe(401)
  expect((await ask(good())).status).toBe(200)
})

describe('503 and no login earns a token while the issuer', () => {
  test.each(faults)('is a case of "%s"', async (fault) => {
    const { issuer, ask } = await scene(never.has(fault) ? { timeoutMs: 750 } : {})
    issuer.faults.set('introspection', fault)
    const { status, headers } = await ask(good())
    expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, '1', undefined])
    issuer.faults.clear()
    expect((await ask()).status).toBe(200)
  })

  test.each<readonly [string, (issuer: FakeIssuer) => unknown]>([
    ['publishes no address to ask at', (issuer) => delete issuer.metadata['introspection_endpoint']],
    [
      'publishes an address in a network nearby',
      (issuer) => Object.assign(issuer.metadata, { introspection_endpoint: 'http://10.0.0.1/' })
    ],
    ['is another than it should be', (issuer) => Object.assign(issuer.metadata, { issuer: 'https://evil.example' })]
  ])('%s, and the token goes nowhere', async (_, lie) => {
    const { issuer, ask } = await scene()
    lie(issuer)
    const fetched = vi.spyOn(globalThis, 'fetch')
    onTestFinished(() => fetched.mockRestore())
    expect((await ask(good())).status).toBe(503)
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([`${issuer.url}/.well-known/oauth-authorization-server`])
  })

  test('leads elsewhere, and the token does not go there', async () => {
    const other = await FakeIssuer.open()
    const { issuer, ask } = await scene()
    issuer.elsewhere = `${other.origin}/introspection`
    issuer.faults.set('introspection', 'redirect')
    expect((await ask(good())).status).toBe(503)
    expect(other.asked).toEqual([])
  })

  test('answers with something that is no object', async () => {
    const { issuer, api } = await scene()
    issuer.opaque.set(token, ['active'])
    expect((await api.ask(opening('/mcp', bearer(token)))).status).toBe(503)
  })
})
