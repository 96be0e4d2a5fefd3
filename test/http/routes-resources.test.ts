/** GET routes as resources. */
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { RouteMcp } from '../../src/http/routes.ts'
import { exposing, refusal } from '../support/routes.ts'

const todo = {
  params: {
    type: 'object',
    properties: { list: { type: 'string' }, id: { type: 'integer' } },
    required: ['list', 'id']
  },
  querystring: { type: 'object', properties: { lang: { type: 'string' } } }
}

const todos =
  (mcp: RouteMcp, schema: object = todo) =>
  (app: FastifyInstance): unknown =>
    app.get('/todos/:list/:id', { config: { mcp }, schema }, ({ params, query }) => {
      const { list, id } = params as { list: string; id: number }
      if (id === 0) throw Object.assign(new Error('gone'), { statusCode: 404 })
      if (id === 1) throw Object.assign(new Error('not yours'), { statusCode: 403 })
      return { list, id, query }
    })

test('a template of a resource reads through the route, with the types that the route reads', async () => {
  const { read, ask } = await exposing(
    todos({ resource: 'todo://{list}/{id}', title: 'A todo', description: 'One todo' })
  )
  expect((await ask('resources/templates/list')).result.resourceTemplates).toEqual([
    { uriTemplate: 'todo://{list}/{id}', name: 'get_todos_list_id', title: 'A todo', description: 'One todo' }
  ])
  expect(await read('todo://home%20work/7')).toEqual({
    contents: [{ uri: 'todo://home%20work/7', text: '{"list":"home work","id":7,"query":{}}' }]
  })
})

test('a variable may be of the query, and may be left out', async () => {
  const { read } = await exposing(todos({ resource: 'todo://{list}/{id}/text{?lang}' }))
  expect(JSON.parse((await read('todo://a/7/text?lang=de')).contents[0].text).query).toEqual({ lang: 'de' })
  expect(JSON.parse((await read('todo://a/7/text')).contents[0].text).query).toEqual({})
})

test('a route without parameters is one resource, with the media type of its response', async () => {
  const { read, ask } = await exposing((app) =>
    app.get(
      '/lists',
      {
        config: { mcp: { tool: 'lists', resource: 'todo://lists' } },
        schema: { response: { 200: { type: 'array', items: { type: 'string' } } } }
      },
      () => ['home']
    )
  )
  expect((await ask('resources/list')).result.resources).toEqual([
    { uri: 'todo://lists', name: 'lists', mimeType: 'application/json' }
  ])
  expect(await read('todo://lists')).toEqual({
    contents: [{ uri: 'todo://lists', mimeType: 'application/json', text: '["home"]' }]
  })
})

test('bytes are a blob, with the media type that config.mcp tells', async () => {
  const { read } = await exposing((app) =>
    app.get('/logo', { config: { mcp: { resource: 'logo://png', mimeType: 'image/png' } } }, (_, reply) =>
      reply.type('image/png').send(Buffer.from([1, 2, 3]))
    )
  )
  expect(await read('logo://png')).toEqual({ contents: [{ uri: 'logo://png', mimeType: 'image/png', blob: 'AQID' }] })
})

test('credentials of the caller go along only where the route says so', async () => {
  for (const credentials of ['none', 'caller'] as const) {
    const { read } = await exposing((app) =>
      app.get(
        '/me',
        { config: { mcp: { resource: 'me://me', credentials } } },
        ({ headers }) => `${headers.authorization}`
      )
    )
    const { contents } = await read('me://me', { authorization: 'Bearer x' })
    expect(contents[0].text).toBe(credentials === 'caller' ? 'Bearer x' : 'undefined')
  }
})

describe('failures', () => {
  const mcp: RouteMcp = { resource: 'todo://{list}/{id}' }

  test('404 is a missing resource, with its URI', async () => {
    const { read } = await exposing(todos(mcp))
    expect((await read('todo://a/0')).error).toEqual({
      code: -32002,
      message: 'Resource not found',
      data: { uri: 'todo://a/0' }
    })
  })

  test('what the route finds invalid is told with its words', async () => {
    const { read } = await exposing(todos(mcp))
    expect((await read('todo://a/x')).error).toMatchObject({
      code: -32602,
      message: 'Invalid params: HTTP 400 Bad Request: params/id must be integer'
    })
  })

  test('any other status is told in the data', async () => {
    const { read } = await exposing(todos(mcp))
    expect((await read('todo://a/1')).error).toEqual({
      code: -32603,
      message: 'Internal error',
      data: { status: 403, message: 'HTTP 403 Forbidden: not yours' }
    })
  })

  test('an answer that is too long is told in the data', async () => {
    const { read } = await exposing(todos({ ...mcp, answerBytes: 5 }))
    expect((await read('todo://a/7')).error).toEqual({
      code: -32603,
      message: 'Internal error',
      data: { message: "The route's answer is longer than the 5 bytes that are taken." }
    })
  })

  test('a URI that leads to another route is a missing resource', async () => {
    const { read } = await exposing((app) => {
      todos(mcp)(app)
      app.get('/todos/all/secret', () => 'another')
    })
    expect((await read('todo://all/secret')).error.code).toBe(-32002)
    expect((await read('todo://../7')).error.code).toBe(-32002)
  })
})

describe('declarations that cannot work end the boot', () => {
  test.each<[RouteMcp, object, string]>([
    [{ resource: 'todo://{list}/{id}/{x}' }, todo, 'has the variable x, which is no parameter of its path or query'],
    [{ resource: 'todo://{list}' }, todo, 'lacks id, which the route requires: add {id} to it'],
    [
      { resource: 'todo://{list}/{id}' },
      { ...todo, querystring: { ...todo.querystring, required: ['lang'] } },
      'lacks lang, which the route requires'
    ],
    [{ resource: 'no scheme/{list}/{id}' }, todo, 'route GET /todos/:list/:id: resource "no scheme']
  ])('%j', async (mcp, schema, why) => {
    expect(await refusal(todos(mcp, schema))).toContain(why)
  })
})
