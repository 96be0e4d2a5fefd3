/** What is found with a token, in a session, at registration and from a page: each server is broken in one way. */
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DoctorOptions } from '../../../src/conform/index.ts'
import handwire from '../../../src/http/index.ts'
import { type Break, head, instead, look, rewrite, type StandOptions, stand, wrong } from './stand.ts'

const now = (): number => Math.floor(Date.now() / 1000)

describe('a token', () => {
  test.each<[what: string, claims: Record<string, unknown>, found: string, mend: RegExp]>([
    ['that has ended', { exp: now() - 7000 }, 'problem token/end: The token ended 117 min ago', /refresh it/],
    [
      'for another server',
      { aud: 'https://other.example' },
      'problem token/audience: The token is not for this resource',
      /RFC 8707/
    ],
    [
      'without an audience',
      { aud: undefined },
      'problem token/audience: The token is not for this resource',
      /resource=/
    ],
    [
      'of another issuer',
      { iss: 'https://other.example' },
      'problem token/issuer: The token is of another issuer',
      /where the metadata says/
    ],
    ['that begins later', { nbf: now() + 7000 }, 'problem token/begin: The token is good in 117 min only', /clocks/],
    ['without an end', { exp: undefined }, 'problem token/end: The token has no end', /put an end/]
  ])('%s is told why it is refused', async (_, claims, found, mend) => {
    const { url, token } = await stand()
    const diagnosis = await look(url, { token: await token(claims) })
    expect(wrong(diagnosis)).toEqual([found, 'problem token/taken: The server refuses the token'])
    expect(diagnosis.first[0]).toMatch(mend)
    expect(diagnosis.first[1]).toMatch(/^get another token: /)
  })

  test('with a scope too few is told which', async () => {
    const { url, token } = await stand()
    const diagnosis = await look(url, { token: await token({ scope: 'other' }) })
    expect(wrong(diagnosis)).toEqual([
      'problem token/scope: The token lacks mcp',
      'problem token/taken: The server knows the token, and it is not enough'
    ])
  })

  test('signed with a shared secret is found', async () => {
    const { url, token } = await stand()
    expect(wrong(await look(url, { token: await token({}, { alg: 'HS256' }) }))).toEqual([
      'problem token/algorithm: The token is signed with a shared secret',
      'problem token/taken: The server refuses the token'
    ])
  })

  test('with a wrong signature and right claims leads to the keys', async () => {
    const { url, token } = await stand()
    const good = await token()
    const bad = `${good.slice(0, good.lastIndexOf('.') + 1)}${'A'.repeat(86)}`
    const diagnosis = await look(url, { token: bad })
    expect(wrong(diagnosis)).toEqual(['problem token/taken: The server refuses the token'])
    expect(diagnosis.first[0]).toMatch(/look at its signature/)
  })

  test('that is opaque and refused is said to be opaque', async () => {
    const { url } = await stand()
    const diagnosis = await look(url, { token: 'opaque-and-unknown' })
    expect(wrong(diagnosis)).toEqual(['problem token/taken: The server refuses the token'])
    expect(diagnosis.first[0]).toMatch(/the token is opaque/)
  })

  test('that ought to be refused and is taken is found', async () => {
    const { url, token } = await stand({
      plugin: { auth: ({ headers }) => (headers.authorization === undefined ? undefined : { subject: 'anybody' }) }
    })
    const found = wrong(await look(url, { token: await token({ exp: now() - 60 }) }))
    expect(found).toContain('problem token/taken: The server takes a token that it should refuse')
  })

  test('that cannot be verified now is not the one to blame', async () => {
    const { url, token } = await stand({ metadata: { jwks_uri: 'http://127.0.0.1:9/jwks' } })
    expect(wrong(await look(url, { token: await token() }))).toContain(
      'problem token/taken: The server cannot verify tokens now'
    )
  })

  test('is shown by its claims, and not by its subject or its text', async () => {
    const { url, token } = await stand()
    const secret = await token({ sub: 'ann-the-secret-one' })
    const { findings } = await look(url, { token: secret })
    const text = JSON.stringify(findings)
    expect(findings.find(({ check }) => check === 'token/audience')?.received).toBe(`"${url}"`)
    expect(text.includes('ann-the-secret-one') || text.includes(secret)).toBe(false)
  })
})

/** Answers messages with a method of JSON-RPC in place of the server. */
function onMessage(
  method: string,
  answer: Parameters<typeof instead>[1],
  more: (headers: object) => boolean = () => true
): Break {
  return (app) =>
    app.addHook('preHandler', async (request, reply) => {
      if (typeof request.body !== 'string' || !request.body.includes(`"method":"${method}"`)) return
      if (more(request.headers)) await answer(reply, request)
    })
}

const refuse =
  (status: number): Parameters<typeof instead>[1] =>
  (reply) =>
    reply.code(status).send({ error: 'no' })
const stream = ({ method, headers }: { method: string; headers: Record<string, unknown> }): boolean =>
  method === 'GET' && headers['mcp-session-id'] !== undefined

describe('a session', () => {
  test.each<[what: string, server: Break, found: string[], options?: DoctorOptions]>([
    [
      'notifications answered 200',
      onMessage('notifications/initialized', (reply) => reply.code(200).send({})),
      ['warning session/initialized: It does not answer a notification with 202']
    ],
    [
      'notifications refused',
      onMessage('notifications/initialized', refuse(404)),
      ['problem session/initialized: It refuses notifications/initialized']
    ],
    [
      'a list that another instance does not know',
      onMessage('tools/list', refuse(404)),
      ['problem session/list: tools/list is not answered in the session that was just opened']
    ],
    [
      'a header that not every client sends',
      onMessage('tools/list', refuse(400), (headers) => !('mcp-protocol-version' in headers)),
      ['problem session/version-header: Clients that send no MCP-Protocol-Version are refused']
    ],
    [
      'a revision that says nothing',
      rewriteResult((result) => ({ ...result, protocolVersion: 'latest' })),
      ['problem session/initialize: The server does not say which revision it speaks']
    ],
    [
      'no name',
      rewriteResult((result) => ({ ...result, serverInfo: {} })),
      ['problem session/initialize: The server does not say who it is']
    ],
    [
      'an unknown session answered 400',
      onMessage('ping', refuse(400), (headers) =>
        String(Object(headers)['mcp-session-id']).startsWith('handwire-doctor')
      ),
      ['problem session/unknown: A session that is not known is not answered 404']
    ],
    [
      'an unknown session that is served',
      onMessage(
        'ping',
        (reply) => reply.send({ jsonrpc: '2.0', id: 1, result: {} }),
        (headers) => String(Object(headers)['mcp-session-id']).startsWith('handwire-doctor')
      ),
      ['warning session/unknown: A session that is not known is served all the same']
    ],
    [
      'a session that cannot be ended',
      instead(({ method }) => method === 'DELETE', refuse(500)),
      ['warning session/end: A session cannot be ended']
    ],
    [
      'a session that lives on',
      instead(
        ({ method }) => method === 'DELETE',
        (reply) => reply.code(204).send()
      ),
      ['warning session/end: A session that was ended is served all the same']
    ],
    ['a short session id', sessionIds('12345'), ['warning session/id: The session id is short enough to be guessed']],
    [
      'newer clients stuck',
      onMessage('server/discover', refuse(500)),
      ['problem session/discover: Newer clients are stuck at their first question']
    ],
    [
      'newer clients answered by a page',
      onMessage('server/discover', (reply) => reply.code(404).type('text/html').send('<!doctype html>')),
      ['warning session/discover: The first question of newer clients is not answered in JSON-RPC']
    ],
    [
      'newer clients locked out',
      onMessage('initialize', refuse(400), (headers) => Object(headers)['mcp-protocol-version'] === '2025-11-25'),
      ['problem session/newest: Clients of a newer revision are locked out']
    ],
    [
      'a stream that a proxy holds back',
      instead(stream, () => new Promise(() => {})),
      ['problem session/stream: The stream does not open: not even its head came'],
      { timeoutMs: 400 }
    ],
    [
      'a stream that is a page',
      instead(stream, (reply) => reply.type('text/html').send('<!doctype html>')),
      ['problem session/stream: A GET is answered neither with a stream nor with 405']
    ],
    [
      'a stream that ends at once',
      instead(stream, (reply) => reply.type('text/event-stream').send('')),
      ['warning session/stream: The stream ends at once']
    ],
    [
      'a stream that is compressed',
      head(stream, (reply) => reply.header('content-encoding', 'gzip')),
      ['warning session/compression: The stream is compressed, though that was not asked for']
    ],
    [
      'a stream before there is a session',
      instead(
        ({ method, url, headers }) => method === 'GET' && url === '/mcp' && headers['mcp-session-id'] === undefined,
        (reply) => reply.type('text/event-stream').send(':\n\n')
      ),
      ['warning session/early-get: A stream without a session is not refused']
    ]
  ])('with %s is found', async (_, server, found, options) => {
    const { url } = await stand({ open: true, server })
    expect(wrong(await look(url, options))).toEqual(found)
  })

  test('that does without the token is found', async () => {
    const { url, token } = await stand({
      plugin: {
        auth: ({ headers }) => {
          const known =
            headers.authorization?.startsWith('Bearer ey') === true || headers['mcp-session-id'] !== undefined
          return known ? { subject: 'ann' } : undefined
        }
      }
    })
    expect(wrong(await look(url, { token: await token() }))).toEqual([
      'problem session/token: The session id does instead of the token'
    ])
  })

  test('without an id, streams and an end is no fault', async () => {
    const app = Fastify({ forceCloseConnections: true })
    onTestFinished(() => app.close())
    const results: Record<string, object> = {
      initialize: { protocolVersion: '2025-03-26', capabilities: {}, serverInfo: { name: 'plain', version: '1' } },
      ping: {}
    }
    app.post<{ Body: { id?: number; method: string } }>('/mcp', ({ headers, body: { id, method } }, reply) => {
      if (headers.origin !== undefined) return reply.code(403).send({ error: 'origin' })
      if (id === undefined) return reply.code(202).send()
      const error = { code: -32601, message: 'unknown' }
      return { jsonrpc: '2.0', id, ...(method in results ? { result: results[method] } : { error }) }
    })
    app.route({ method: ['GET', 'DELETE'], url: '/mcp', handler: (_request, reply) => reply.code(405).send() })
    const diagnosis = await look(`${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`)
    expect(wrong(diagnosis)).toEqual([])
    expect(diagnosis.findings.filter(({ level }) => level === 'note').map(({ check }) => check)).toEqual([
      'session/initialize',
      'session/id',
      'session/stream'
    ])
  })
})

/** Changes the result of initialize. */
function rewriteResult(change: (result: Record<string, unknown>) => object): Break {
  return rewrite(/^\/mcp$/, (message) => {
    const result = message['result'] as Record<string, unknown> | undefined
    return result?.['serverInfo'] === undefined ? message : { ...message, result: change(result) }
  })
}

/** Gives another id to the outside, and the server its own. */
function sessionIds(outside: string): Break {
  let inside: string | undefined
  return (app) => {
    app.addHook('onRequest', async ({ raw }) => {
      if (raw.headers['mcp-session-id'] === outside) raw.headers['mcp-session-id'] = inside
    })
    head(
      (_, reply) => reply.hasHeader('mcp-session-id') && inside === undefined,
      (reply) => {
        inside = String(reply.getHeader('mcp-session-id'))
        reply.header('mcp-session-id', outside)
      }
    )(app)
  }
}

describe('registration', () => {
  const at =
    (method: string, path: string) =>
    (request: { method: string; url: string }): boolean =>
      request.method === method && request.url.startsWith(path)
  const withBody =
    (text: string, answer: Parameters<typeof instead>[1]): Break =>
    (app) =>
      app.addHook('preHandler', async (request, reply) => {
        if (JSON.stringify(request.body ?? null).includes(text)) await answer(reply, request)
      })

  test.each<[what: string, issuer: Break, found: string[]]>([
    [
      'that is closed',
      instead(at('POST', '/register'), refuse(401)),
      ['problem registration/loopback: Registration is published, and closed']
    ],
    [
      'that takes no loopback',
      withBody('http://127.0.0.1', (reply) => reply.code(400).send({ error: 'invalid_redirect_uri' })),
      ['problem registration/loopback: A client on this machine cannot register']
    ],
    [
      'that takes no scheme of its own',
      withBody('handwire-doctor://', (reply) => reply.code(400).send({ error: 'invalid_redirect_uri' })),
      ['warning registration/custom-scheme: A client with a scheme of its own cannot register']
    ],
    [
      'whose login refuses resource',
      instead(
        ({ url }) => url.startsWith('/authorize') && url.includes('resource='),
        (reply, { url }) => {
          const back = new URLSearchParams(url.slice(url.indexOf('?'))).get('redirect_uri')
          return reply.redirect(`${back}?error=invalid_target&error_description=who+is+that`)
        }
      ),
      ['problem registration/resource: The authorization endpoint refuses the parameter resource']
    ],
    [
      'whose login refuses all',
      instead(at('GET', '/authorize'), (reply) =>
        reply.code(400).type('text/html').send('<!doctype html><title>Oops</title>')
      ),
      ['problem registration/authorize: The authorization endpoint refuses a correct request']
    ],
    [
      'whose login compares ports',
      instead(({ url }) => url.startsWith('/authorize') && url.includes('52817'), refuse(400)),
      ['warning registration/port: A client may not come back on another port of its machine']
    ],
    [
      'whose tokens need a secret',
      instead(at('POST', '/token'), (reply) => reply.code(401).send({ error: 'invalid_client' })),
      ['problem registration/token: The token endpoint does not take the client that was just registered']
    ],
    [
      'whose tokens come from a website',
      instead(at('POST', '/token'), (reply) => reply.type('text/html').send('<!doctype html>')),
      ['problem registration/token: The token endpoint does not answer as OAuth does']
    ]
  ])('%s is found', async (_, issuer, found) => {
    const { url } = await stand({ issuer })
    expect(wrong(await look(url, { register: true }))).toEqual(found)
  })

  test('that leaves clients behind is said to', async () => {
    const { url, clients } = await stand({ issuer: instead(({ method }) => method === 'DELETE', refuse(405)) })
    const { findings } = await look(url, { register: true })
    expect(findings.find(({ check }) => check === 'registration/left')).toMatchObject({
      level: 'note',
      received: [...clients].join(', ')
    })
    expect(clients.size).toBe(2)
  })
})

describe('a page', () => {
  const origin = 'https://app.example'

  async function served(options: StandOptions): Promise<string[]> {
    const { url } = await stand({ open: true, ...options })
    return wrong(await look(url, { origin }))
  }

  test('whose origin is refused is told which option lets it in', async () => {
    expect(await served({})).toEqual(['problem browser/origin: The server refuses the origin'])
  })

  test('that a browser keeps out is told', async () => {
    expect(await served({ plugin: { origins: [origin] } })).toEqual([
      'problem browser/preflight: A browser does not let the page send its requests',
      'problem browser/read: A browser does not let the page read the answers'
    ])
  })

  test('that cannot see its session id is told', async () => {
    const { default: cors } = await import('@fastify/cors')
    const app = Fastify({ forceCloseConnections: true })
    onTestFinished(() => app.close())
    await app.register(cors, { origin })
    await app.register(handwire, { name: 'acme', version: '1', origins: [origin] })
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
    expect(wrong(await look(url, { origin }))).toEqual(['problem browser/expose: The page cannot see its session id'])
  })
})
