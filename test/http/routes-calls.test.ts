/** Calls of routes: what runs, what the route is told of the caller, and what becomes of its answer. */
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { request } from '../../src/http/routes/request.ts'
import type { RouteMcp } from '../../src/http/routes.ts'
import { ProtocolError } from '../../src/protocol/errors.ts'
import type { Context } from '../../src/protocol/handler.ts'
import { gate, until } from '../support/gate.ts'
import { type Exposing, exposing, refusal } from '../support/routes.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

/** An API with one GET route that is the tool t. */
const route = (handler: Handler, about: object = {}, mcp: Partial<RouteMcp> = {}) => {
  return (app: FastifyInstance): unknown =>
    app.route({
      method: 'GET',
      url: '/a',
      config: { mcp: { tool: 't', ...mcp } as RouteMcp },
      handler,
      ...about
    } as never)
}
const answering = (handler: Handler, options?: Exposing): ReturnType<typeof exposing> =>
  exposing(route(handler), options)
const failure = (text: string): object => ({ content: [{ type: 'text', text }], isError: true })
const said = (text: string): object => ({ content: [{ type: 'text', text }] })

describe('the route runs as for any client', () => {
  test('with the hooks, decorations and error handler of its scope', async () => {
    const ran: string[] = []
    const { call } = await exposing((app) =>
      app.register(
        async (scope) => {
          scope.decorateRequest('user', '')
          for (const hook of [
            'onRequest',
            'preParsing',
            'preValidation',
            'preHandler',
            'preSerialization',
            'onSend'
          ] as const)
            scope.addHook(hook as 'preHandler', async () => void ran.push(hook))
          scope.addHook('preHandler', async (request) => void Object.assign(request, { user: 'ada' }))
          scope.setErrorHandler((error: Error, _request, reply) =>
            reply.code(418).send({ message: `theirs: ${error.message}` })
          )
          scope.get('/user', { config: { mcp: { tool: 'user' } } }, (request) => ({
            user: (request as { user?: string }).user
          }))
          scope.get('/fail', { config: { mcp: { tool: 'fail' } } }, () => Promise.reject(new Error('no')))
        },
        { prefix: '/scoped' }
      )
    )
    expect(await call('user')).toEqual(said('{"user":"ada"}'))
    expect(ran).toEqual(['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend'])
    expect(await call('fail')).toEqual(failure("HTTP 418 I'm a Teapot: theirs: no"))
  })

  test('with its own validation, whose refusal the model reads', async () => {
    const { call } = await exposing((app) => {
      app.setValidatorCompiler(() => (value) => ({ error: new Error(`not ${JSON.stringify(value)}`) }))
      const body = { type: 'object', properties: { x: { type: 'integer' } } }
      app.post('/a', { config: { mcp: { tool: 't' } }, schema: { body } }, () => 'never')
    })
    expect((await call('t', { x: 1 })).content[0].text).toContain('HTTP 400 Bad Request')
  })

  test('with a reply that is sent by hand', async () => {
    const { call } = await answering((_, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/plain' }).end('by hand')
    })
    expect(await call('t')).toEqual(said('by hand'))
  })
})

describe('credentials', () => {
  const guarded = (credentials?: 'caller' | 'none') => (app: FastifyInstance) =>
    app.register(async (scope) => {
      scope.addHook('onRequest', async ({ headers }, reply) => {
        if (headers.authorization !== 'Bearer t0ken') return reply.code(401).send({ message: 'a token, please' })
      })
      const mcp = credentials === undefined ? { tool: 't' } : { tool: 't', credentials }
      scope.get('/a', { config: { mcp } }, ({ headers }) => `${headers.cookie ?? 'no cookie'}`)
    })
  const mine = { authorization: 'Bearer t0ken', cookie: 'sid=1', 'x-user': 'ada' }

  test.each([undefined, 'none'] as const)('of the caller are not passed on: %s', async (credentials) => {
    const { call } = await exposing(guarded(credentials))
    expect(await call('t', {}, mine)).toEqual(failure('HTTP 401 Unauthorized: a token, please'))
  })

  test('of the caller are passed on where the route says so', async () => {
    const { call } = await exposing(guarded('caller'))
    expect(await call('t', {}, mine)).toEqual(said('sid=1'))
    expect(await call('t')).toEqual(failure('HTTP 401 Unauthorized: a token, please'))
  })

  test.each(['none', 'caller'] as const)('no other header of the caller is passed on: %s', async (credentials) => {
    const { call } = await exposing(route(({ headers }) => Object.keys(headers), {}, { credentials }))
    const names: string[] = JSON.parse((await call('t', {}, mine)).content[0].text)
    const own = ['accept', 'accept-encoding', 'user-agent', 'x-request-id', 'host']
    expect(new Set(names)).toEqual(new Set(credentials === 'none' ? own : [...own, 'authorization', 'cookie']))
  })

  test('headers of config.mcp go with every call', async () => {
    const { call } = await exposing(route(({ headers }) => `${headers['x-key']}`, {}, { headers: { 'X-Key': 'k' } }))
    expect(await call('t')).toEqual(said('k'))
  })
})

describe('what the route sees of the caller', () => {
  test('is the address, so that limits by address hold', async () => {
    const { call } = await answering((request) => request.ip, { fastify: { trustProxy: true } })
    expect(await call('t', {}, { 'x-forwarded-for': '203.0.113.7' })).toEqual(said('203.0.113.7'))
  })

  test('is the request id, as a header', async () => {
    const { call } = await answering(({ headers }) => `${headers['x-request-id']}`, {
      fastify: { genReqId: () => 'id-1' }
    })
    expect(await call('t')).toEqual(said('id-1'))
  })

  test('is the request id as its own, where the API takes ids from a header', async () => {
    const { call } = await answering((request) => request.id, { fastify: { requestIdHeader: 'X-Trace' } })
    expect(await call('t', {}, { 'x-trace': 'trace-7' })).toEqual(said('trace-7'))
  })
})

describe('constraints of the route', () => {
  test('by version and host are met', async () => {
    const { call } = await exposing((app) => {
      for (const version of ['1.0.0', '2.0.0'])
        app.get(
          '/a',
          { constraints: { version, host: 'api.example' }, config: { mcp: { tool: `v${version}` } } },
          () => version
        )
      app.get('/a', () => 'neither')
    })
    expect(await call('v1.0.0')).toEqual(said('1.0.0'))
    expect(await call('v2.0.0')).toEqual(said('2.0.0'))
  })

  test('that one header cannot be made from are refused, unless a header is given', async () => {
    const constraints = { host: /^api\./ }
    expect(await refusal(route(() => '', { constraints }))).toContain('its constraint "host" cannot be met by itself')
    const { call } = await exposing(route(({ host }) => host, { constraints }, { headers: { host: 'api.example' } }))
    expect(await call('t')).toEqual(said('api.example'))
  })

  test('of the API itself need a header', async () => {
    const strategy = {
      name: 'tenant',
      storage: () => {
        const stored = new Map()
        return {
          get: (key: unknown) => stored.get(key) ?? null,
          set: (key: unknown, value: unknown) => void stored.set(key, value)
        }
      },
      deriveConstraint: (request: { headers: Record<string, unknown> }) => request.headers['x-tenant']
    }
    const fastify = { routerOptions: { constraints: { tenant: strategy } } } as never
    const constraints = { tenant: 'acme' }
    expect(
      await refusal(
        route(() => '', { constraints }),
        { fastify }
      )
    ).toContain('"tenant" cannot be met by itself')
    const { call } = await exposing(
      route(() => 'met', { constraints }, { headers: { 'x-tenant': 'acme' } }),
      { fastify }
    )
    expect(await call('t')).toEqual(said('met'))
  })
})

describe('failures are read by the model, with the status and the words of the route', () => {
  const json = (status: number, body: unknown, headers: object = {}): Handler => {
    return (_, reply) => reply.code(status).headers(headers).send(body)
  }
  test.each<[string, Handler, string]>([
    [
      'a message',
      json(404, { statusCode: 404, error: 'Not Found', message: 'no such list' }),
      'HTTP 404 Not Found: no such list'
    ],
    [
      'a problem of RFC 9457',
      json(409, { type: 'about:blank', title: 'Conflict', detail: 'taken' }),
      'HTTP 409 Conflict: taken'
    ],
    ['an error as a text', json(403, { error: 'not yours' }), 'HTTP 403 Forbidden: not yours'],
    ['an error as an object', json(400, { error: { code: 7, message: 'bad x' } }), 'HTTP 400 Bad Request: bad x'],
    [
      'faulty fields',
      json(422, { message: 'invalid', fields: ['x'] }),
      'HTTP 422 Unprocessable Entity: invalid\n{"message":"invalid","fields":["x"]}'
    ],
    ['some other JSON', json(400, { why: 'x' }), 'HTTP 400 Bad Request: {"why":"x"}'],
    ['plain text', json(503, 'later'), 'HTTP 503 Service Unavailable: later'],
    ['no words', json(500, undefined), 'HTTP 500 Internal Server Error'],
    ['a page', json(502, '<h1>Bad</h1>', { 'content-type': 'text/html' }), 'HTTP 502 Bad Gateway'],
    [
      'JSON that is none',
      json(500, '{oops', { 'content-type': 'application/json' }),
      'HTTP 500 Internal Server Error: {oops'
    ],
    [
      'a time to wait',
      json(429, { message: 'slow down' }, { 'retry-after': '30' }),
      'HTTP 429 Too Many Requests (Retry-After: 30): slow down'
    ],
    ['a status without a name', json(499, { message: 'odd' }), 'HTTP 499: odd'],
    [
      'a thrown error',
      () => Promise.reject(new Error('what the API itself tells')),
      'HTTP 500 Internal Server Error: what the API itself tells'
    ]
  ])('%s', async (_, handler, words) => {
    const { call } = await answering(handler)
    expect(await call('t')).toEqual(failure(words))
  })

  test('long words are shortened', async () => {
    const { call } = await answering((_, reply) => reply.code(400).send('x'.repeat(5000)))
    expect((await call('t')).content[0].text).toHaveLength('HTTP 400 Bad Request: '.length + 2001)
  })

  test('a redirect is told and not followed', async () => {
    let followed = false
    const { call } = await exposing((app) => {
      route((_, reply) => reply.redirect('/b'))(app)
      app.get('/b', () => {
        followed = true
      })
    })
    expect(await call('t')).toEqual(failure('HTTP 302 Found: the route redirects to /b, which was not followed'))
    expect(followed).toBe(false)
  })

  test('an answer that breaks off', async () => {
    const { call } = await answering((_, reply) => {
      reply.hijack()
      reply.raw.destroy()
    })
    expect(await call('t')).toEqual(failure('The route broke off its answer.'))
  })
})

describe('good answers', () => {
  const bytes = Buffer.from([1, 2, 255])
  const typed =
    (type: string, body: unknown): Handler =>
    (_, reply) =>
      reply.type(type).send(body)
  const blob = bytes.toString('base64')

  test.each<[string, Handler, object[]]>([
    ['a list as its JSON', () => [1, 'a'], [{ type: 'text', text: '[1,"a"]' }]],
    ['text as text', () => 'plain', [{ type: 'text', text: 'plain' }]],
    [
      'text of another charset as text',
      typed('text/plain; charset=latin1', Buffer.from('ü', 'latin1')),
      [{ type: 'text', text: 'ü' }]
    ],
    [
      'text of a charset that nobody knows as text',
      typed('text/plain; charset=klingon', 'x'),
      [{ type: 'text', text: 'x' }]
    ],
    ['XML as text', typed('application/xml', Buffer.from('<a/>')), [{ type: 'text', text: '<a/>' }]],
    ['a picture as an image', typed('image/png', bytes), [{ type: 'image', data: blob, mimeType: 'image/png' }]],
    ['a drawing as its text', typed('image/svg+xml', Buffer.from('<svg/>')), [{ type: 'text', text: '<svg/>' }]],
    ['a sound as audio', typed('audio/mpeg', bytes), [{ type: 'audio', data: blob, mimeType: 'audio/mpeg' }]],
    [
      'other bytes as a resource',
      typed('application/pdf', bytes),
      [{ type: 'resource', resource: { uri: 'route:/a', mimeType: 'application/pdf', blob } }]
    ],
    [
      'packed text as a resource',
      (_, reply) => reply.type('text/plain').header('content-encoding', 'gzip').send(bytes),
      [{ type: 'resource', resource: { uri: 'route:/a', mimeType: 'text/plain', blob } }]
    ],
    ['nothing as nothing', (_, reply) => reply.code(204).send(), []],
    ['an empty body as nothing', (_, reply) => reply.code(200).send(), []],
    ['a stream that ends as its text', typed('text/plain', Readable.from(['a', 'b'])), [{ type: 'text', text: 'ab' }]]
  ])('%s', async (_, handler, content) => {
    const { call } = await answering(handler)
    expect(await call('t')).toEqual({ content })
  })

  const promised = { schema: { response: { 200: { type: 'object', properties: { n: { type: 'integer' } } } } } }

  test('without the object that the schema promises are a failure', async () => {
    const { call } = await exposing(route((_, reply) => reply.code(204).send(), promised))
    expect(await call('t')).toEqual(
      failure('HTTP 204 No Content: the route answered without the object that its schema promises')
    )
  })

  test('of another shape than the schema are not sent, and logged', async () => {
    const { call, lines } = await exposing(route((_, reply) => reply.code(201).send({ n: 'no number' }), promised))
    expect((await call('t')).error).toEqual({ code: -32603, message: 'Internal error' })
    expect(lines).toContainEqual(expect.objectContaining({ level: 50, msg: 'handler failed' }))
  })

  test('that look like a result of a tool are what they are: data', async () => {
    const schema = { type: 'object', properties: { content: { type: 'array' }, isError: { type: 'boolean' } } }
    const { call } = await exposing(
      route(() => ({ content: [], isError: true }), { schema: { response: { 200: schema } } })
    )
    const value = { content: [], isError: true }
    expect(await call('t')).toEqual({ ...said(JSON.stringify(value)), structuredContent: value })
  })
})

describe('an answer is bounded', () => {
  /** A body without end, and whether somebody took it away. */
  const endless = (): Readable =>
    new Readable({
      read() {
        this.push('x'.repeat(1000))
      }
    })

  test('what is longer is cut off, and the route stops writing', async () => {
    const body = endless()
    const { call } = await answering((_, reply) => reply.type('text/plain').send(body), {
      routes: { answerBytes: 5000 }
    })
    expect(await call('t')).toEqual(failure("The route's answer is longer than the 5000 bytes that are taken."))
    await until(() => body.destroyed, true)
  })

  test('a route may allow more', async () => {
    const { call } = await exposing(
      route(() => 'x'.repeat(100), {}, { answerBytes: 100 }),
      { routes: { answerBytes: 10 } }
    )
    expect((await call('t')).isError).toBeUndefined()
  })

  test('a stream of events is not waited for', async () => {
    const body = new Readable({ read() {} })
    body.push('data: 1\n\n')
    const { call } = await answering((_, reply) => reply.type('text/event-stream').send(body))
    expect(await call('t')).toEqual(failure('The route answers with a stream of events, which a call cannot wait for.'))
    await until(() => body.destroyed, true)
  })
})

describe('a call that is cancelled', () => {
  const waiting = async (method: string, handler: Handler): Promise<Awaited<ReturnType<typeof exposing>>> =>
    exposing(route(handler, { method }))

  test.each(['GET', 'POST'])('fires the signal of the request and may still answer: %s', async (method) => {
    const began = gate()
    const answered = gate()
    const { ask, tell } = await waiting(method, async ({ signal, body }) => {
      began.open()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      setImmediate(() => answered.open())
      return { late: body ?? null }
    })
    const reply = ask('tools/call', { name: 't', arguments: {} })
    await began.passed
    await tell('notifications/cancelled', { requestId: 1 })
    await answered.passed
    expect(await reply).toEqual({})
    expect((await ask('ping')).result).toEqual({})
  })

  test('takes the source away from a body that is being written', async () => {
    const body = new Readable({ read() {} })
    const began = gate()
    const { ask, tell } = await waiting('GET', (_, reply) => {
      body.push('a')
      setImmediate(() => began.open())
      return reply.type('text/plain').send(body)
    })
    const reply = ask('tools/call', { name: 't', arguments: {} })
    await began.passed
    await tell('notifications/cancelled', { requestId: 1 })
    await until(() => body.destroyed, true)
    expect(await reply).toEqual({})
  })
})

describe('a call gets to no route but its own', () => {
  /** What the routes ran, by URL. */
  const users =
    (ran: string[]) =>
    (app: FastifyInstance): void => {
      const run: Handler = (request) => {
        ran.push(request.routeOptions.url as string)
        return 'ran'
      }
      app.delete('/users/:id', { config: { mcp: { tool: 't' } } }, run)
      app.delete('/users/all', run)
      app.delete('/users/:id(^\\d+$)', run)
      app.delete('/users/:id/*', run)
      app.delete('/admin', run)
      app.delete('/*', run)
      app.get('/users/get', run)
    }

  test.each<[string, string]>([
    ['all', '/users/all is the path of another route'],
    ['42', '/users/42 is the path of another route'],
    ['..', '".." cannot stand in a path'],
    ['.', '"." cannot stand in a path'],
    ['', '/id must not be empty'],
    ['\ud800', '/id is no well-formed text'],
    ['x'.repeat(3000), '/id must have at most 2048 characters']
  ])('the value %j is refused', async (id, why) => {
    const ran: string[] = []
    const { call } = await exposing(users(ran))
    expect((await call('t', { id })).error).toMatchObject({ code: -32602, message: expect.stringContaining(why) })
    expect(ran).toEqual([])
  })

  test.each(['ada', 'ALL', 'a/b', '../admin', '%2e%2e', 'x?y#z', ':id', '*', 'ü ;=', 'get', "o'neil(1)!"])(
    'the value %j is passed on as it is',
    async (id) => {
      const { call } = await exposing((app) => {
        app.delete('/users/all', () => 'another')
        app.delete('/*', () => 'another')
        app.delete('/users/:id', { config: { mcp: { tool: 't' } } }, ({ params }) => (params as { id: string }).id)
      })
      expect(await call('t', { id })).toEqual(said(id))
    }
  )

  test('also where letters of either case are one', async () => {
    const { call } = await exposing(users([]), { fastify: { routerOptions: { caseSensitive: false } } })
    expect((await call('t', { id: 'ALL' })).error.code).toBe(-32602)
  })

  test('also beside a fixed path that was registered before the plugin', async () => {
    const { call } = await exposing((app) => app.get('/users/:id', { config: { mcp: { tool: 't' } } }, () => 'own'), {
      before: (app) => void app.get('/users/me and you', () => 'another')
    })
    expect((await call('t', { id: 'me and you' })).error.message).toContain('is the path of another route')
    expect(await call('t', { id: 'me' })).toEqual(said('own'))
  })

  test('also with a wildcard', async () => {
    const { call } = await exposing((app) => {
      app.get('/files/*', { config: { mcp: { tool: 't' } } }, ({ params }) => (params as { '*': string })['*'])
      app.get('/files/:name/secret', () => 'another')
    })
    expect((await call('t', { path: 'a/secret' })).error.message).toContain('is the path of another route')
    expect((await call('t', { path: 'a/../b' })).error.message).toContain('".." cannot stand in a path')
    expect(await call('t', { path: 'a/b/secret' })).toEqual(said('a/b/secret'))
  })
})

describe('a request', () => {
  const target = { method: 'GET', credentials: 'none', headers: {}, answerBytes: 100 } as const
  const context = (caller?: object): Context => ({ signal: new AbortController().signal, request: caller }) as Context
  const api = (): FastifyInstance => {
    const app = Fastify()
    onTestFinished(() => app.close())
    app.get('/ip', ({ ip }) => ip)
    return app
  }

  test('of an API that closes is refused as such', async () => {
    const app = api()
    await app.close()
    await expect(request(app, target, '/ip', undefined, context())).rejects.toThrow(new ProtocolError('closing'))
  })

  test('of a caller whose address nobody knows does not come from this machine', async () => {
    const app = api()
    const gone = { ip: undefined, id: '1', headers: {} }
    expect((await request(app, target, '/ip', undefined, context(gone))).body.toString()).toBe('0.0.0.0')
    expect((await request(app, target, '/ip', undefined, context())).body.toString()).toBe('127.0.0.1')
  })

  test('whose call is over already is not made', async () => {
    const app = api()
    let ran = false
    app.addHook('onRequest', async () => {
      ran = true
    })
    const signal = AbortSignal.abort(new Error('over'))
    await expect(request(app, target, '/ip', undefined, { ...context(), signal })).rejects.toThrow('over')
    expect(ran).toBe(false)
  })
})
