/** A chain of verifiers, and checks of the host's own: the first that recognises who calls decides, and whatever fails lets nobody in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Auth,
  type HostCheck,
  introspection,
  jwt,
  newToken,
  staticTokens,
  TokenError,
  UnreachableError,
  type Verifier
} from '../../src/auth/index.ts'
import { ProtocolError } from '../../src/http/index.ts'
import {
  type Bytes,
  bearer,
  type Guarded,
  guardedOnce,
  leak,
  opening,
  post,
  publicOrigin,
  type Reply
} from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const machine = newToken()
const opaque = 'opaque-7Qk2vXr9LmZt4Wc8'
const cookie = ['Cookie', 'session=of-eve'] as const

let issuer: FakeIssuer
let second: FakeIssuer

beforeAll(async () => {
  issuer = await FakeIssuer.start()
  second = await FakeIssuer.start()
  issuer.opaque.set(opaque, { active: true, sub: 'olga', aud: resource })
})

afterAll(async () => {
  await issuer.close()
  await second.close()
})

const links = {
  static: () => staticTokens([{ name: 'ci', sha256: machine.sha256 }]),
  jwt: () => jwt({ issuer: issuer.url, resource }),
  second: () => jwt({ issuer: second.url, resource }),
  check:
    (): HostCheck =>
    ({ headers }) =>
      headers.cookie === 'session=of-eve' ? { subject: 'eve' } : undefined,
  introspection: () => introspection({ issuer: issuer.url, resource, clientId: 'mcp', clientSecret: 'secret' })
}
type Link = keyof typeof links

/** An endpoint that tells who calls. */
const endpoint = (auth: Auth): Promise<Guarded> =>
  guardedOnce(auth, ({ mcp }) => {
    mcp.tool('whoami', {}, (_, { principal }) =>
      JSON.stringify([principal?.issuer, principal?.subject, principal?.scopes])
    )
  })

/** Who a request comes from, in the eyes of a handler. */
async function whois(api: Guarded, ...headers: (readonly [string, string])[]): Promise<unknown> {
  const { headers: opened } = await api.ask(opening('/mcp', ...headers))
  const id = ['Mcp-Session-Id', String(opened['mcp-session-id'])] as const
  const { body } = await api.ask(
    post('/mcp', { id: 1, method: 'tools/call', params: { name: 'whoami' } }, ...headers, id)
  )
  return JSON.parse(JSON.parse(body).result.content[0].text)
}

describe.each<readonly Link[]>([
  ['static', 'jwt', 'check', 'introspection'],
  ['static', 'check', 'jwt', 'introspection'],
  ['jwt', 'static', 'check', 'introspection'],
  ['jwt', 'check', 'static', 'introspection'],
  ['check', 'static', 'jwt', 'introspection'],
  ['check', 'jwt', 'static', 'introspection'],
  ['static', 'jwt', 'introspection', 'check'],
  ['jwt', 'second', 'static', 'introspection', 'check'],
  ['second', 'jwt', 'check', 'static', 'introspection']
])('in the order %s, %s, %s, %s', (...order) => {
  test('everybody is found by whom they are known to (static tokens and OAuth at once)', async () => {
    const api = await endpoint(order.map((link) => links[link]()))
    expect(await whois(api, bearer(machine.token))).toEqual(['static', 'ci', []])
    const token = await issuer.token(resource, { scope: 'read' })
    expect(await whois(api, bearer(token))).toEqual([issuer.url, 'ann', ['read']])
    expect(await whois(api, bearer(opaque))).toEqual([issuer.url, 'olga', []])
    expect(await whois(api, cookie)).toEqual(['host', 'eve', []])
    expect((await api.ask(opening('/mcp'))).status).toBe(401)
  })

  test('a token that one of them knows for bad is asked of no other', async () => {
    const api = await endpoint(order.map((link) => links[link]()))
    const before = issuer.introspected.length
    for (const token of [newToken().token, await issuer.token('https://other.example')])
      expect((await api.ask(opening('/mcp', bearer(token)))).status).toBe(401)
    expect(issuer.introspected).toHaveLength(before)
  })
})

describe('of two issuers', () => {
  test('each verifies its own tokens, and the metadata names both', async () => {
    const api = await endpoint([links.jwt(), links.second()])
    expect(await whois(api, bearer(await issuer.token(resource)))).toEqual([issuer.url, 'ann', []])
    expect(await whois(api, bearer(await second.token(resource)))).toEqual([second.url, 'ann', []])
    const { body } = await api.ask({ path: '/.well-known/oauth-protected-resource/mcp' })
    expect(JSON.parse(body).authorization_servers).toEqual([issuer.url, second.url])
  })

  test('neither takes a token of the other that says it is of the first', async () => {
    const api = await endpoint([links.jwt(), links.second()])
    const crossed = await second.token(resource, { iss: issuer.url })
    expect((await api.ask(opening('/mcp', bearer(crossed)))).status).toBe(401)
  })

  test('one that is away does not harm the tokens of the other', async () => {
    const gone = await FakeIssuer.open()
    const api = await endpoint([jwt({ issuer: gone.url, resource }), links.second()])
    const token = await gone.token(resource)
    await gone.close()
    expect((await api.ask(opening('/mcp', bearer(await second.token(resource))))).status).toBe(200)
    expect((await api.ask(opening('/mcp', bearer(token)))).status).toBe(503)
  })

  test('a scope that one of them needs is not asked of the other', async () => {
    const api = await endpoint([jwt({ issuer: issuer.url, resource, required: ['mcp'] }), links.second()])
    expect((await api.ask(opening('/mcp', bearer(await issuer.token(resource))))).status).toBe(403)
    expect((await api.ask(opening('/mcp', bearer(await second.token(resource))))).status).toBe(200)
  })
})

type Failing = readonly [string, () => never | Promise<never>, status: number, challenge: string | undefined]

const fail = (error: unknown) => (): never => {
  throw error
}
const invalid = 'Bearer realm="guarded", error="invalid_token", error_description="The access token is not valid here"'

describe("a verifier of one's own", () => {
  const rows: readonly Failing[] = [
    ['a TokenError', fail(new TokenError('it was revoked')), 401, invalid],
    ['an UnreachableError', fail(new UnreachableError('the shop is shut')), 503, undefined],
    ['an error of no kind', fail(new Error('the database is on fire')), 500, undefined],
    ['a text', fail('the database is on fire'), 500, undefined],
    ['nothing', fail(undefined), 500, undefined],
    ['an error with statusCode 401', fail(Object.assign(new Error('no'), { statusCode: 401 })), 401, invalid],
    ['a ProtocolError', fail(new ProtocolError('tooManyRequests')), 429, undefined]
  ]
  const throwing = rows.flatMap(([title, thrower, ...rest]): Failing[] => [
    [`throws ${title}`, thrower, ...rest],
    [`rejects with ${title}`, async () => thrower(), ...rest]
  ])
  test.each(throwing)('that %s lets nobody in, nor any other verifier', async (_, verify, status, challenge) => {
    const api = await endpoint([{ verify }, links.static()])
    const reply = await api.ask(opening('/mcp', bearer(machine.token)))
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([status, challenge])
    expect(reply.body).not.toMatch(/fire|shop|revoked/)
    if (status === 500) expect(reply.body).toBe('{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"}}')
    expect(leak(machine.token, api.log())).toBeUndefined()
  })

  test('the operator is told why', async () => {
    const api = await endpoint({ verify: fail(new TokenError('it was revoked')) })
    await api.ask(opening('/mcp', bearer(machine.token)))
    expect(api.log()).toContain('it was revoked')
    const other = await endpoint({ verify: fail(new Error('the database is on fire')) })
    await other.ask(opening('/mcp', bearer(machine.token)))
    expect(other.log()).toContain('the database is on fire')
  })

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['false', false],
    ['true', true],
    ['a text', 'ann'],
    ['an empty object', {}],
    ['an empty subject', { issuer: 'own', subject: '', scopes: [] }],
    ['a subject that is a number', { issuer: 'own', subject: 1, scopes: [] }]
  ])('that answers with %s lets nobody in', async (_, answer) => {
    for (const verify of [() => answer, async () => answer]) {
      const api = await endpoint({ verify } as Verifier)
      const { status, headers } = await api.ask(opening('/mcp', bearer(machine.token)))
      expect([401, 500]).toContain(status)
      expect(headers['mcp-session-id']).toBeUndefined()
    }
  })
})

describe("a check of the host's", () => {
  const cookieOnly = (check: HostCheck): Promise<Guarded> => endpoint(check)
  const said = (reply: Reply): unknown[] => [reply.status, reply.headers['www-authenticate'], JSON.parse(reply.body)]
  const with401 = Object.assign(new Error('the cookie is stale'), { statusCode: 401 })

  test('may be all there is, and promises no OAuth', async () => {
    const api = await cookieOnly(links.check())
    expect(await whois(api, cookie)).toEqual(['host', 'eve', []])
    expect(said(await api.ask(opening('/mcp')))).toEqual([
      401,
      'Bearer realm="guarded"',
      { jsonrpc: '2.0', error: { code: -32600, message: 'Authorization is required' } }
    ])
    expect((await api.ask({ path: '/.well-known/oauth-protected-resource/mcp' })).status).toBe(404)
  })

  test('may be asynchronous, and tell scopes, client and issuer', async () => {
    const api = await cookieOnly(async () => ({ subject: 'eve', issuer: 'shop', scopes: ['buy'], client: 'till' }))
    expect(await whois(api)).toEqual(['shop', 'eve', ['buy']])
  })

  test('is given the request of Fastify with all that hooks before it did', async () => {
    const api = await guardedOnce(
      ({ headers, ip }) => ({ subject: `${headers['x-user']} at ${ip}` }),
      ({ mcp }) => {
        mcp.tool('whoami', {}, (_, { principal }) => JSON.stringify([principal?.subject]))
      }
    )
    expect(await whois(api, ['X-User', 'eve'])).toEqual(['eve at 127.0.0.1'])
  })

  test.each<readonly [string, HostCheck]>([
    ['throws', fail(with401)],
    ['rejects with', async () => Promise.reject(with401)]
  ])('that %s an error with statusCode 401 has it answered with the challenge', async (_, check) => {
    const api = await cookieOnly(check)
    expect(said(await api.ask(opening('/mcp', cookie)))).toEqual([
      401,
      'Bearer realm="guarded"',
      { jsonrpc: '2.0', error: { code: -32600, message: 'Authorization is required' } }
    ])
    expect(said(await api.ask(opening('/mcp', bearer('of-the-host'))))).toEqual([
      401,
      invalid,
      { jsonrpc: '2.0', error: { code: -32600, message: 'The access token is not valid here' } }
    ])
  })

  test.each([403, 402, 503])(
    'that throws an error with statusCode %i has it answered in the way of the API',
    async (statusCode) => {
      const api = await cookieOnly(fail(Object.assign(new Error('You are blocked'), { statusCode })))
      const [status, challenge, body] = said(await api.ask(opening('/mcp', cookie)))
      expect([status, challenge]).toEqual([statusCode, undefined])
      expect(body).toMatchObject({ statusCode, message: 'You are blocked' })
    }
  )

  test.each<readonly [string, HostCheck]>([
    ['throws', fail(new Error('the cookie jar is empty'))],
    ['rejects', async () => Promise.reject(new Error('the cookie jar is empty'))]
  ])('that %s for no reason is 500, and the reason is in the log alone', async (_, check) => {
    const api = await cookieOnly(check)
    expect(said(await api.ask(opening('/mcp', cookie)))).toEqual([
      500,
      undefined,
      { jsonrpc: '2.0', error: { code: -32603, message: 'Internal error' } }
    ])
    expect(api.log()).toContain('the cookie jar is empty')
  })

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['false', false],
    ['an empty object', {}],
    ['an empty subject', { subject: '' }],
    ['no subject, but scopes', { scopes: ['admin'] }],
    ['a subject that is undefined', { subject: undefined }]
  ])('that answers with %s lets nobody in', async (_, answer) => {
    for (const check of [() => answer, async () => answer]) {
      const api = await cookieOnly(check as HostCheck)
      const { status, headers } = await api.ask(opening('/mcp', cookie))
      expect([401, 500]).toContain(status)
      expect(headers['mcp-session-id']).toBeUndefined()
    }
  })

  test('that says who has ended lets them in no more', async () => {
    const api = await cookieOnly(() => ({ subject: 'eve', expiresAt: Date.now() / 1000 - 1 }))
    const refused = await api.ask(opening('/mcp', cookie))
    expect(said(refused)).toEqual(said(await (await cookieOnly(() => undefined)).ask(opening('/mcp'))))
    expect(api.log()).toContain('what the check of the API says of who calls has ended')
    const token = await api.ask(opening('/mcp', bearer(opaque)))
    expect([token.status, token.headers['www-authenticate']]).toEqual([401, invalid])
    const lasting = await cookieOnly(() => ({ subject: 'eve', expiresAt: Date.now() / 1000 + 60 }))
    expect(await whois(lasting, cookie)).toEqual(['host', 'eve', []])
  })

  test('that says an end that is no number of seconds lets nobody in', async () => {
    const api = await cookieOnly((() => ({ subject: 'eve', expiresAt: new Date() })) as unknown as HostCheck)
    expect((await api.ask(opening('/mcp', cookie))).status).toBe(500)
    expect(api.log()).toContain('expiresAt of a principal is in seconds since 1970')
  })

  test('that leaves scopes and issuer undefined tells none', async () => {
    const api = await cookieOnly((() => ({
      subject: 'eve',
      scopes: undefined,
      issuer: undefined
    })) as unknown as HostCheck)
    expect(await whois(api)).toEqual(['host', 'eve', []])
  })

  test('is asked although a token is malformed in no way but foreign', async () => {
    const api = await endpoint([links.static(), links.check()])
    expect(await whois(api, ['Authorization', 'Basic b3RoZXI='], cookie)).toEqual(['host', 'eve', []])
  })

  test('is not asked when the credentials contradict each other', async () => {
    const api = await endpoint([links.check(), links.static()])
    const twice: Bytes = opening('/mcp', cookie, bearer(machine.token), bearer(opaque))
    expect((await api.ask(twice)).status).toBe(400)
  })

  test('is followed by the next when it does not know who calls', async () => {
    const api = await endpoint([() => undefined, async () => undefined, links.check()])
    expect(await whois(api, cookie)).toEqual(['host', 'eve', []])
    expect((await api.ask(opening('/mcp'))).status).toBe(401)
  })
})
