/** The routes of that API: JSON, streams, errors, limits, other compilers, other versions, and who may call. */
import { Readable } from 'node:stream'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'

interface Todo {
  id?: number
  text: string
  owner?: { name: string; secret?: string }
}

/** Registers all of them. */
export async function hostRoutes(app: FastifyInstance): Promise<void> {
  todoRoutes(app)
  bodyRoutes(app)
  streamRoutes(app)
  errorRoutes(app)
  await app.register(privateRoutes, { prefix: '/private' })
  await app.register(otherWays, { prefix: '/other' })
  await app.register(limitedRoutes, { prefix: '/limited' })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/versioned', { constraints: { version: '2.1.0' } }, () => 'two')
  app.get('/versioned', () => 'one')
  app.get('/files/*', (request) => ({ file: (request.params as Record<string, string>)['*'] }))
  app.get('/:page', (request) => ({ page: request.params, user: request.user, clock: app.clock() }))
}

const secondTodo: Todo = { id: 2, text: 'mop', owner: { name: 'ada', secret: 'left out by the serializer' } }

function todoRoutes(app: FastifyInstance): void {
  const list = { type: 'array', items: { $ref: 'todo#' } }
  const querystring = {
    type: 'object',
    properties: { limit: { type: 'integer', default: 2 }, done: { type: 'boolean' } }
  }
  const params = { type: 'object', properties: { id: { type: 'integer' } } }
  app.get(
    '/todos',
    { config: { mcp: { tool: 'list_todos' } }, schema: { querystring, response: { 200: list } } },
    (request, reply) => {
      const { limit, done } = request.query as { limit: number; done?: boolean }
      reply.header('x-done', `${typeof done} ${done}`)
      return [{ id: 1, text: 'sweep' }, secondTodo].slice(0, limit)
    }
  )
  app.post(
    '/todos',
    {
      config: { mcp: { tool: 'add_todo' } },
      schema: { body: { $ref: 'todo#' }, response: { 201: { $ref: 'todo#' } } }
    },
    (request, reply) =>
      reply
        .code(201)
        .header('location', '/todos/3')
        .stamp()
        .send({ id: 3, ...(request.body as Todo) })
  )
  app.get('/todos/:id', { schema: { params, response: { 200: { $ref: 'todo#' } } } }, async (request) => {
    const { id } = request.params as { id: number }
    if (id !== 2) throw Object.assign(new Error(`no todo ${id}`), { statusCode: 404, code: 'NO_TODO' })
    return secondTodo
  })
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/todos/:id',
    schema: { params, body: { $ref: 'todo#' } },
    handler: (request) => ({ put: request.body, by: request.method })
  })
  app.delete('/todos/:id', (_request, reply) => reply.code(204).send())
}

function bodyRoutes(app: FastifyInstance): void {
  app.post('/echo', (request) => ({ type: request.headers['content-type'], got: request.body ?? null }))
  app.all('/any', (request) => ({ method: request.method }))
  app.get('/large', () => ({ rows: Array.from({ length: 2000 }, (_, row) => ({ row, text: `row ${row}` })) }))
  app.get('/plain', { compress: false }, () => 'x'.repeat(2000))
  app.get('/bytes', () => Buffer.from([0, 255, 10, 13]))
  app.get('/nothing', (_request, reply) => reply.send())
  app.get('/elsewhere', (_request, reply) => reply.redirect('/todos', 303))
  app.get('/cookies', (_request, reply) =>
    reply.header('set-cookie', ['a=1', 'b=2; HttpOnly']).type('text/html').send('<p>hi</p>')
  )
}

function streamRoutes(app: FastifyInstance): void {
  const pieces = (): string[] => Array.from({ length: 50 }, (_, index) => `piece ${index}\n`)
  app.get('/stream', (_request, reply) => reply.type('text/plain').send(Readable.from(pieces())))
  app.get('/events', (_request, reply) =>
    reply.type('text/event-stream').send(Readable.from(['data: 1\n\n', 'data: 2\n\n']))
  )
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'x-raw': 'yes' }).end('raw')
  })
  app.get('/web', () => new Response('from the web', { status: 202, headers: { 'x-web': 'yes' } }))
}

function errorRoutes(app: FastifyInstance): void {
  app.get('/boom', () => {
    throw new TypeError('boom')
  })
  app.get('/teapot', async (_request, reply) => {
    reply.code(418)
    throw Object.assign(new Error('short and stout'), { statusCode: 418 })
  })
  app.get(
    '/own-error',
    { errorHandler: (error, _request, reply) => reply.code(409).send({ own: (error as Error).message }) },
    () => Promise.reject(new Error('mine'))
  )
  app.get('/lost', (_request, reply) => reply.callNotFound())
}

/** Behind a key, with answers of its own to what is wrong and unknown. */
async function privateRoutes(app: FastifyInstance): Promise<void> {
  const check = async (request: FastifyRequest): Promise<void> => {
    if (request.headers.authorization !== 'Bearer sesame') throw Object.assign(new Error('no key'), { statusCode: 401 })
  }
  app.addHook('onRequest', check)
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply
      .code(error.statusCode ?? 500)
      .header('www-authenticate', 'Bearer realm="todos"')
      .send({ private: error.message })
  )
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('nothing private here'))
  app.get('/diary', (request) => ({ diary: request.user }))
  app.get('/broken', () => {
    throw new Error('spilt')
  })
}

/** A scope with a validator, a serializer and a parser of another kind. */
async function otherWays(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler(({ schema, httpPart }) => (data: unknown) => {
    const { word } = schema as unknown as { word: string }
    return JSON.stringify(data).includes(word) ? { value: data } : { error: new Error(`${httpPart} lacks ${word}`) }
  })
  app.setSerializerCompiler(() => (data) => JSON.stringify({ wrapped: data }))
  app.setReplySerializer((payload, status) => JSON.stringify({ status, payload }))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, { raw: body }))
  const schema = { body: { word: 'please' }, response: { 200: { type: 'object' } } }
  app.post('/ask', { schema }, (request) => request.body)
  app.get('/tell', () => ({ told: true }))
}

/** A scope with a limit of its own beside that of the whole API. */
async function limitedRoutes(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    max: 2,
    timeWindow: '1 hour',
    keyGenerator: ({ headers }) => String(headers['x-user'])
  })
  app.get('/scope', () => 'within')
  app.get('/route', { config: { rateLimit: { max: 1, timeWindow: '1 hour' } } }, () => 'within')
}
