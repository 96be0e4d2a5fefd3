/** Which routes are exposed, under which names, how they are listed, and which are refused at boot. */
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { RouteMcp } from '../../src/http/routes.ts'
import { collecting, exposing, refusal } from '../support/routes.ts'

const handler = (): object => ({})

test('a route with config.mcp is a tool of an endpoint that asks for routes, and answers through it', async () => {
  const { call, tools } = await exposing((app) =>
    app.post(
      '/api/todos/:list',
      {
        config: { mcp: { tool: 'add_todo', description: 'Adds a todo' } },
        schema: {
          params: { type: 'object', properties: { list: { type: 'string' } }, required: ['list'] },
          body: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
          response: { 200: { type: 'object', properties: { id: { type: 'integer' }, where: { type: 'string' } } } }
        }
      },
      (request) => ({ id: 1, where: (request.params as { list: string }).list, secret: 'dropped by the schema' })
    )
  )
  expect(await tools()).toEqual([
    {
      name: 'add_todo',
      description: 'Adds a todo',
      inputSchema: {
        type: 'object',
        properties: { list: { type: 'string' }, text: { type: 'string' } },
        required: ['list', 'text']
      },
      outputSchema: { type: 'object', properties: { id: { type: 'integer' }, where: { type: 'string' } } }
    }
  ])
  expect(await call('add_todo', { list: 'home', text: 'wash up' })).toEqual({
    content: [{ type: 'text', text: '{"id":1,"where":"home"}' }],
    structuredContent: { id: 1, where: 'home' }
  })
})

describe('nothing is exposed unless it is asked for twice', () => {
  const two = (app: FastifyInstance): void => {
    app.get('/open', { config: { mcp: { tool: 'open' } } }, handler)
    app.get('/closed', handler)
  }

  test('an endpoint that does not ask for routes exposes none', async () => {
    const { ask, routes } = await exposing(two, { routes: false })
    expect((await ask('tools/list')).error.code).toBe(-32601)
    expect(routes()).toEqual([])
  })

  test('a route without config.mcp is not exposed', async () => {
    const { tools } = await exposing(two)
    expect((await tools()).map(({ name }) => name)).toEqual(['open'])
  })

  test('a filter of the endpoint leaves routes out', async () => {
    const { tools } = await exposing(
      (app) => {
        app.get('/a', { config: { mcp: { tool: 'a' } } }, handler)
        app.get('/admin/b', { config: { mcp: { tool: 'b' } } }, handler)
      },
      { routes: { filter: ({ url }) => !url.startsWith('/admin/') } }
    )
    expect((await tools()).map(({ name }) => name)).toEqual(['a'])
  })

  test('a route that a session may not see is not in its list', async () => {
    const { ask, call } = await exposing((app) =>
      app.get('/a', { config: { mcp: { tool: 'a', visible: ({ client }) => client.info.name !== 'test' } } }, handler)
    )
    expect((await ask('tools/list')).result.tools).toEqual([])
    expect((await call('a')).error.code).toBe(-32602)
  })
})

test('the list of what is exposed has method, URL with prefixes, names and credentials', async () => {
  const { routes } = await exposing((app) =>
    app.register(
      async (scope) => {
        scope.get('/', { config: { mcp: { tool: 'lists', resource: 'todo://lists' } } }, handler)
        scope.delete('/:list', { config: { mcp: { tool: 'remove', credentials: 'caller' } } }, handler)
      },
      { prefix: '/api/todos' }
    )
  )
  expect(routes()).toEqual([
    { method: 'GET', url: '/api/todos', tool: 'lists', resource: 'todo://lists', credentials: 'none' },
    { method: 'DELETE', url: '/api/todos/:list', tool: 'remove', credentials: 'caller' }
  ])
})

test('the list of what is exposed goes to the log when the API is ready', async () => {
  const { lines, routes } = await exposing((app) => app.get('/a', { config: { mcp: { tool: 'a' } } }, handler))
  expect(lines).toContainEqual(expect.objectContaining({ level: 30, msg: 'MCP: 1 route is exposed', routes: routes() }))
})

test('an endpoint that asks for routes and finds none warns, and tells that earlier routes are not seen', async () => {
  const { lines } = await exposing(() => undefined, {
    before: (app) => void app.get('/early', { config: { mcp: { tool: 'early' } } }, handler)
  })
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 40, msg: expect.stringContaining('registered before handwire are not seen') })
  )
})

test('routes of nested scopes and those registered after an await are collected', async () => {
  const { tools } = await exposing(async (app) => {
    await app.register(async (outer) => {
      await outer.register(async (inner) => void inner.get('/x', { config: { mcp: { tool: true } } }, handler), {
        prefix: '/inner'
      })
    })
    app.get('/late', { config: { mcp: { tool: true } } }, handler)
  })
  expect((await tools()).map(({ name }) => name)).toEqual(['get_inner_x', 'get_late'])
})

describe('names', () => {
  test.each<[string, object, string]>([
    ['/api/todos/:list', {}, 'get_api_todos_list'],
    ['/api/todos/:list', { operationId: 'listTodos' }, 'listTodos'],
    ['/files/*', {}, 'get_files'],
    ['/at/:hour(^\\d{2}$)h', {}, 'get_at_hour_h'],
    ['/', {}, 'get']
  ])('tool: true of %s with %j is %s', async (url, schema, name) => {
    const { tools } = await exposing((app) => app.get(url, { config: { mcp: { tool: true } }, schema }, handler))
    expect((await tools())[0].name).toBe(name)
  })

  test('two routes of one name are refused', async () => {
    const said = await refusal((app) => {
      app.get('/a', { config: { mcp: { tool: 'same' } } }, handler)
      app.get('/b', { config: { mcp: { tool: 'same' } } }, handler)
    })
    expect(said).toBe(
      'DeclarationError: route GET /b: tools: "same" is registered already; remove it first or choose another name [taken]'
    )
  })

  test('a name that a tool cannot have is refused', async () => {
    const said = await refusal((app) => app.get('/a', { config: { mcp: { tool: 'not a name' } } }, handler))
    expect(said).toContain('route GET /a: tool "not a name"')
  })
})

describe('what a list shows', () => {
  const listed = async (mcp: RouteMcp, schema: object = {}): Promise<Record<string, unknown>> => {
    const { tools } = await exposing((app) => app.get('/a', { config: { mcp }, schema }, handler))
    return (await tools())[0]
  }

  test('title and description come from the schema of the route', async () => {
    expect(await listed({ tool: 'a' }, { summary: 'Short', description: 'Long' })).toMatchObject({
      title: 'Short',
      description: 'Long'
    })
    expect(await listed({ tool: 'a' }, { summary: 'Short' })).toMatchObject({ description: 'Short' })
  })

  test('config.mcp says title, description and _meta better', async () => {
    const own = { title: 'T', description: 'D', _meta: { 'example.com/x': 1 } }
    expect(await listed({ tool: 'a', ...own }, { summary: 'Short', description: 'Long' })).toMatchObject(own)
  })

  test.each([
    ['GET', { readOnlyHint: true }],
    ['PUT', { idempotentHint: true }],
    ['DELETE', { destructiveHint: true, idempotentHint: true }],
    ['POST', {}],
    ['PATCH', {}]
  ])('the annotations of %s are %j', async (method, annotations) => {
    const { tools } = await exposing((app) => app.route({ method, url: '/a', config: { mcp: { tool: 'a' } }, handler }))
    expect((await tools())[0].annotations ?? {}).toEqual(annotations)
  })

  test('annotations of the route go over those of its method', async () => {
    expect(await listed({ tool: 'a', annotations: { readOnlyHint: false, openWorldHint: true } })).toMatchObject({
      annotations: { readOnlyHint: false, openWorldHint: true }
    })
  })
})

describe('routes that cannot be exposed are refused when they are registered', () => {
  const route = (about: object): ((app: FastifyInstance) => unknown) => {
    return (app) => app.route({ method: 'GET', url: '/a', handler, ...about } as never)
  }
  const tool = { mcp: { tool: 'a' } }

  test.each<[string, object, string]>([
    ['HEAD', { method: 'HEAD', config: tool }, 'HEAD and OPTIONS answer nothing'],
    ['OPTIONS', { method: 'OPTIONS', config: tool }, 'HEAD and OPTIONS answer nothing'],
    ['several methods', { method: ['PUT', 'PATCH'], config: tool }, 'route PUT,PATCH /a: it takes several methods'],
    ['a WebSocket', { websocket: true, config: tool }, 'a WebSocket or SSE route has no answer that ends'],
    ['server-sent events', { sse: true, config: tool }, 'a WebSocket or SSE route has no answer that ends'],
    [
      'a POST resource',
      { method: 'POST', config: { mcp: { resource: 'a://b' } } },
      'only a GET route can be a resource'
    ],
    ['neither tool nor resource', { config: { mcp: {} } }, 'must have tool or resource'],
    ['no object', { config: { mcp: true } }, 'must be an object'],
    ['a slip', { config: { mcp: { tool: 'a', credential: 'caller' } } }, 'has no option credential; it takes tool,'],
    ['a tool that is no name', { config: { mcp: { tool: 5 } } }, 'must be a name or true'],
    ['a resource that is no URI', { config: { mcp: { resource: 5 } } }, 'must be a URI'],
    ['unknown credentials', { config: { mcp: { tool: 'a', credentials: 'all' } } }, "must be 'caller' or 'none'"],
    ['a bound that is none', { config: { mcp: { tool: 'a', answerBytes: 0 } } }, 'must be a positive integer']
  ])('%s', async (_, about, why) => {
    await expect(collecting(route(about))).rejects.toThrow(why)
  })

  test('a stream of events in the response schema ends the boot', async () => {
    const response = { 200: { content: { 'text/event-stream': { schema: { type: 'string' } } } } }
    for (const schema of [{ response }, { produces: ['text/event-stream'] }])
      expect(await refusal(route({ config: tool, schema }))).toContain('answers with a stream of events')
  })

  test('a header that the route requires and no call carries ends the boot', async () => {
    const headers = { type: 'object', properties: { 'X-Key': { type: 'string' } }, required: ['X-Key'] }
    expect(await refusal(route({ config: tool, schema: { headers } }))).toContain('it requires X-Key')
    const met = { mcp: { tool: 'a', headers: { 'x-key': 'k' } } }
    expect(await refusal(route({ config: met, schema: { headers } }))).toBe('no refusal')
  })
})

test('the HEAD routes that Fastify adds to GET routes are no second tool', async () => {
  const { tools } = await exposing(
    (app) =>
      app.register(async (scope) => void scope.get('/', { config: { mcp: { tool: 'a' } } }, handler), { prefix: '/p' }),
    { fastify: { exposeHeadRoutes: true } }
  )
  expect(await tools()).toHaveLength(1)
})

test('a route of GET and HEAD is called by GET', async () => {
  const { call } = await exposing((app) =>
    app.route({ method: ['HEAD', 'GET'], url: '/a', config: { mcp: { tool: 'a' } }, handler: ({ method }) => method })
  )
  expect((await call('a')).content[0].text).toBe('GET')
})

test('config.mcp is typed', () => {
  expectTypeOf<FastifyContextConfig['mcp']>().toEqualTypeOf<RouteMcp | undefined>()
  const wrong = (app: FastifyInstance): void => {
    // @ts-expect-error: a name or true
    app.get('/a', { config: { mcp: { tool: 5 } } }, handler)
    // @ts-expect-error: one of both is there
    app.get('/b', { config: { mcp: { title: 'neither' } } }, handler)
    // @ts-expect-error: one of two
    app.get('/c', { config: { mcp: { tool: 'c', credentials: 'all' } } }, handler)
    app.get(
      '/d',
      { config: { mcp: { resource: 'a://b', visible: ({ client }) => client.info.name === 'x' } } },
      handler
    )
  }
  expectTypeOf(wrong).toBeFunction()
})
