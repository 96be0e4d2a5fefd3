/** An issuer that is slow, away, led elsewhere or lying is no fault of the caller's: 503, and no login. Its keys come and go. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type JwtOptions, jwt } from '../../src/auth/index.ts'
import { bearer, type Guarded, guardedOnce, leak, opening, publicOrigin, type Reply } from '../support/guarded.ts'
import { FakeIssuer, faults, forge, makeKey, never, type Place } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
/** Longer than an issuer that was away, or that had just published its keys, is left alone. */
const cooldownMs = 5001

interface Scene {
  api: Guarded
  issuer: FakeIssuer
  ask(token: string): Promise<Reply>
  /** The answers to a fresh token of the issuer's. */
  fresh(): Promise<Reply>
}

/** An endpoint for the tokens of one issuer. The time is that of `vi.setSystemTime`. */
async function scene(options: Partial<JwtOptions> = {}, issuer?: FakeIssuer): Promise<Scene> {
  const of = issuer ?? (await FakeIssuer.open())
  const api = await guardedOnce(jwt({ issuer: of.url, resource, ...options }))
  const ask = (token: string): Promise<Reply> => api.ask(opening('/mcp', bearer(token)))
  let fresh = 0
  return {
    api,
    issuer: of,
    ask,
    fresh: async () => {
      fresh += 1
      return ask(await of.token(resource, { jti: `fresh-${fresh}` }))
    }
  }
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

/** Nobody is sent to log in: the answer says to come again. */
function expectLater(reply: Reply): void {
  expect([reply.status, reply.headers['retry-after'], reply.headers['www-authenticate'], reply.body]).toEqual([
    503,
    '1',
    undefined,
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Access tokens cannot be verified at the moment"}}'
  ])
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe.each<Place>(['oauth', 'keys'])('while the answer for "%s" is', (place) => {
  test.each(faults)('a case of "%s": 503, and good again when it is over', async (fault) => {
    const { api, issuer, ask, fresh } = await scene(never.has(fault) ? { timeoutMs: 750 } : {})
    issuer.faults.set(place, fault)
    const token = await issuer.token(resource)
    expectLater(await ask(token))
    expect(api.log()).toContain('access tokens cannot be verified')
    expect(leak(token, api.log())).toBeUndefined()
    issuer.faults.clear()
    pass(cooldownMs)
    expect((await ask(token)).status).toBe(200)
    expect((await fresh()).status).toBe(200)
  })
})

describe('an issuer that is away', () => {
  test('is 503 for a token that looks bad, too, as long as nobody can tell', async () => {
    const { issuer, ask } = await scene()
    const stranger = await makeKey('ES256', 'stranger')
    const token = await issuer.token(resource, {}, stranger)
    await issuer.close()
    expectLater(await ask(token))
  })

  test('is found when it comes back at the same address', async () => {
    const { issuer, ask } = await scene()
    const token = await issuer.token(resource)
    const [key] = issuer.keys
    const port = Number(new URL(issuer.url).port)
    await issuer.close()
    expectLater(await ask(token))
    const back = await FakeIssuer.open({ port })
    back.keys = key === undefined ? [] : [key]
    pass(cooldownMs)
    expect((await ask(token)).status).toBe(200)
  })

  test('is not asked again by every request', async () => {
    const { issuer, fresh } = await scene()
    issuer.faults.set('oauth', 'failure')
    for (let round = 0; round < 5; round += 1) expectLater(await fresh())
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])
  })

  test('is asked once by many requests at one time', async () => {
    const { issuer, fresh } = await scene()
    const replies = await Promise.all(Array.from({ length: 10 }, () => fresh()))
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/keys'])
  })

  test('does not harm whoever was verified a moment ago', async () => {
    const { issuer, ask, fresh } = await scene()
    const token = await issuer.token(resource)
    expect((await ask(token)).status).toBe(200)
    await issuer.close()
    expect((await ask(token)).status).toBe(200)
    // nor anybody with a key that is known
    expect((await fresh()).status).toBe(200)
  })

  test('does not keep a token good that has ended', async () => {
    const { issuer, ask } = await scene()
    const token = await issuer.token(resource, { exp: Math.floor(Date.now() / 1000) + 60 })
    expect((await ask(token)).status).toBe(200)
    await issuer.close()
    pass(70_000)
    expect((await ask(token)).status).toBe(401)
  })

  test('that stays away for long is 503, with metadata and keys that are old', async () => {
    const { issuer, fresh } = await scene()
    expect((await fresh()).status).toBe(200)
    await issuer.close()
    pass(2 * 3_600_000)
    expectLater(await fresh())
  })
})

describe('metadata', () => {
  const lying: readonly (readonly [string, (issuer: FakeIssuer, other: FakeIssuer) => void])[] = [
    ['of another issuer', (issuer, other) => Object.assign(issuer.metadata, other.metadata)],
    ['that says it is of another', (issuer) => Object.assign(issuer.metadata, { issuer: 'https://evil.example' })],
    ['whose issuer has a slash more', (issuer) => Object.assign(issuer.metadata, { issuer: `${issuer.url}/` })],
    ['without an issuer', (issuer) => delete issuer.metadata['issuer']],
    ['whose issuer is a list', (issuer) => Object.assign(issuer.metadata, { issuer: [issuer.url] })],
    ['without keys', (issuer) => delete issuer.metadata['jwks_uri']],
    ['whose keys are no URL', (issuer) => Object.assign(issuer.metadata, { jwks_uri: '/keys' })],
    ['whose keys are a number', (issuer) => Object.assign(issuer.metadata, { jwks_uri: 1 })]
  ]
  test.each(lying)('%s is not believed: 503, and no keys are fetched', async (_, lie) => {
    const other = await FakeIssuer.open()
    const { issuer, fresh } = await scene()
    lie(issuer, other)
    expectLater(await fresh())
    expect([...issuer.asked, ...other.asked]).toEqual(['/.well-known/oauth-authorization-server'])
  })

  const elsewhere = [
    'http://10.0.0.1/keys',
    'http://169.254.169.254/latest/meta-data',
    'http://192.168.0.1/keys',
    'http://[fe80::1]/keys',
    'http://0.0.0.0/keys',
    'http://keys.example/keys',
    'http://127.0.0.1.evil.example/keys',
    'http://localhost.evil.example/keys',
    'http://127.0.0.1@evil.example/keys',
    'file:///etc/passwd',
    'ftp://127.0.0.1/keys',
    'data:application/json,{"keys":[]}'
  ]
  test.each(elsewhere)('that names %s does not have it fetched', async (uri) => {
    const { issuer, fresh } = await scene()
    Object.assign(issuer.metadata, { jwks_uri: uri })
    const fetched = vi.spyOn(globalThis, 'fetch')
    onTestFinished(() => fetched.mockRestore())
    expectLater(await fresh())
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([`${issuer.url}/.well-known/oauth-authorization-server`])
  })

  test('of an issuer in the web leads to nothing on this machine', async () => {
    const local = await FakeIssuer.open()
    const url = 'https://login.example'
    const real = fetch
    const fetched = vi.spyOn(globalThis, 'fetch')
    fetched.mockImplementation(async (asked, init) =>
      String(asked).startsWith(url)
        ? Response.json({ issuer: url, jwks_uri: `${local.origin}/keys` })
        : real(asked, init)
    )
    onTestFinished(() => fetched.mockRestore())
    const { ask } = await scene({ issuer: url })
    expectLater(await ask(await local.token(resource, { iss: url })))
    expect(local.asked).toEqual([])
  })

  test.each<Place>(['oauth', 'keys'])('a redirect of "%s" is not followed', async (place) => {
    const other = await FakeIssuer.open()
    const { issuer, fresh } = await scene()
    Object.assign(other.metadata, issuer.metadata)
    issuer.elsewhere = `${other.origin}${place === 'keys' ? '/keys' : '/.well-known/oauth-authorization-server'}`
    other.keys = issuer.keys
    issuer.faults.set(place, 'redirect')
    expectLater(await fresh())
    expect(other.asked).toEqual([])
  })

  const path = '/tenants/acme'
  const places = [
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/openid-configuration`,
    `/.well-known/openid-configuration${path}`
  ]
  test.each<readonly [string, Place, number]>([
    ['as RFC 8414 inserts it', 'oauth', 1],
    ['as OpenID appends it', 'openid', 2],
    ['as RFC 8414 inserts it for OpenID', 'inserted', 3]
  ])('of an issuer with a path is found %s', async (_, place, count) => {
    const issuer = await FakeIssuer.open({ path, places: [place] })
    const { fresh } = await scene({}, issuer)
    expect((await fresh()).status).toBe(200)
    expect(issuer.asked).toEqual([...places.slice(0, count), '/keys'])
  })

  test('of an issuer without a path is found by OpenID', async () => {
    const issuer = await FakeIssuer.open({ places: ['openid'] })
    const { fresh } = await scene({}, issuer)
    expect((await fresh()).status).toBe(200)
    expect(issuer.asked).toEqual([
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/keys'
    ])
  })

  test('is not asked where the keys are known', async () => {
    const issuer = await FakeIssuer.open({ places: [] })
    const { fresh } = await scene({ jwksUri: `${issuer.origin}/keys` }, issuer)
    expect((await fresh()).status).toBe(200)
    expect(issuer.asked).toEqual(['/keys'])
  })

  test('that moves the keys is heard an hour later', async () => {
    const { issuer, fresh } = await scene()
    expect((await fresh()).status).toBe(200)
    const moved = await FakeIssuer.open()
    Object.assign(issuer.metadata, { jwks_uri: `${moved.origin}/keys` })
    issuer.keys = moved.keys
    pass(3_600_001)
    expect((await fresh()).status).toBe(200)
    expect(moved.asked).toEqual(['/keys'])
  })
})

describe('keys', () => {
  test.each<readonly [string, unknown]>([
    ['no set', []],
    ['a set without keys', {}],
    ['keys that are no list', { keys: {} }],
    ['keys that are no objects', { keys: ['key'] }],
    ['null', null]
  ])('that are %s are the fault of the issuer: 503', async (_, value) => {
    const { issuer, fresh } = await scene()
    const real = fetch
    const fetched = vi.spyOn(globalThis, 'fetch')
    fetched.mockImplementation(async (url, init) =>
      String(url).endsWith('/keys') ? Response.json(value) : real(url, init)
    )
    onTestFinished(() => fetched.mockRestore())
    expectLater(await fresh())
    expect(issuer.asked).toHaveLength(1)
  })

  test('of a broken point are the fault of the issuer: 503', async () => {
    const { issuer, fresh } = await scene()
    const [key] = issuer.keys
    if (key !== undefined) issuer.keys = [{ ...key, jwk: { ...key.jwk, x: 'AAAA' } }]
    const { status } = await fresh()
    expect(status).toBe(503)
  })

  test('that are secrets verify nothing', async () => {
    const { issuer, ask } = await scene()
    const [key] = issuer.keys
    if (key === undefined) throw new Error('no key')
    issuer.keys = [{ ...key, jwk: { kty: 'oct', k: 'c2VjcmV0', kid: 'shared', alg: 'HS256' } }]
    expect((await ask(forge({ alg: 'ES256', kid: 'shared' }, { iss: issuer.url }, key))).status).toBe(401)
    expect((await ask(forge({ alg: 'HS256', kid: 'shared' }, { iss: issuer.url }, key))).status).toBe(401)
  })

  test('that are new are found when a token has one', async () => {
    const { issuer, ask, fresh } = await scene()
    expect((await fresh()).status).toBe(200)
    const added = await issuer.addKey('ES256')
    const token = await issuer.token(resource, {}, added)
    pass(cooldownMs)
    expect((await ask(token)).status).toBe(200)
    expect(issuer.asked.filter((path) => path === '/keys')).toHaveLength(2)
  })

  test('are not fetched for every token that names one that is not there', async () => {
    const { issuer, ask } = await scene()
    const stranger = await makeKey('ES256', 'stranger')
    const keysAsked = (): number => issuer.asked.filter((path) => path === '/keys').length
    for (let round = 0; round < 5; round += 1)
      expect((await ask(await issuer.token(resource, { jti: `${round}` }, stranger))).status).toBe(401)
    expect(keysAsked()).toBe(1)
    pass(cooldownMs)
    for (let round = 5; round < 10; round += 1)
      expect((await ask(await issuer.token(resource, { jti: `${round}` }, stranger))).status).toBe(401)
    expect(keysAsked()).toBe(2)
  })

  test('that are withdrawn are good no longer than cacheMs, for tokens that were verified and for others', async () => {
    let time = Date.now()
    const { issuer, ask } = await scene({ cacheMs: 60_000, now: () => time })
    const withdrawn = issuer.key()
    await issuer.addKey('ES256')
    const exp = Math.floor(time / 1000) + 3600
    const early = await issuer.token(resource, { exp }, withdrawn)
    const late = await issuer.token(resource, { exp, jti: 'late' }, withdrawn)
    expect((await ask(early)).status).toBe(200)
    issuer.keys = issuer.keys.filter((key) => key !== withdrawn)
    time += 59_000
    pass(59_000)
    expect((await ask(late)).status).toBe(200)
    time += 2000
    pass(2000)
    expect((await ask(early)).status).toBe(401)
    expect((await ask(late)).status).toBe(401)
  })

  test('that are withdrawn stop at once where nothing is kept', async () => {
    const { issuer, ask } = await scene({ cacheMs: 0 })
    const withdrawn = issuer.key()
    await issuer.addKey('ES256')
    const token = await issuer.token(resource, {}, withdrawn)
    expect((await ask(token)).status).toBe(200)
    issuer.keys = issuer.keys.filter((key) => key !== withdrawn)
    expect((await ask(token)).status).toBe(401)
  })

  test('a token is verified once in cacheMs', async () => {
    const { issuer, ask } = await scene()
    const token = await issuer.token(resource)
    for (let round = 0; round < 3; round += 1) expect((await ask(token)).status).toBe(200)
    expect(issuer.asked).toEqual(['/.well-known/oauth-authorization-server', '/keys'])
  })

  test('a token that was verified ends when it says so, also while it is kept', async () => {
    const { issuer, ask } = await scene({ toleranceSeconds: 0 })
    const token = await issuer.token(resource, { exp: Math.floor(Date.now() / 1000) + 10 })
    expect((await ask(token)).status).toBe(200)
    pass(11_000)
    expect((await ask(token)).status).toBe(401)
  })
})
