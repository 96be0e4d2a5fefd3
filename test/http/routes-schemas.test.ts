/** The schemas of a route, made those of a tool. */
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { RouteMcp } from '../../src/http/routes.ts'
import { type Exposing, exposing, refusal } from '../support/routes.ts'

const object = (properties: object, required: string[] = [], rest: object = {}): object => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...rest
})
const string = { type: 'string' }
const integer = { type: 'integer' }

/** What a handler was given, as its answer. */
const echo = ({ params, query, body }: { params: unknown; query: unknown; body: unknown }): object => ({
  params,
  query,
  body
})

const route = (method: string, url: string, schema: object, mcp: Partial<RouteMcp> = {}) => {
  return (app: FastifyInstance): unknown =>
    app.route({ method, url, schema, config: { mcp: { tool: 't', ...mcp } as RouteMcp }, handler: echo as never })
}

async function inputOf(offer: (app: FastifyInstance) => unknown, options: Exposing = {}): Promise<unknown> {
  const { tools } = await exposing(offer, options)
  return (await tools())[0].inputSchema
}

async function outputOf(response: unknown, before?: (app: FastifyInstance) => void): Promise<unknown> {
  const { tools } = await exposing((app) => {
    before?.(app)
    app.get('/a', { schema: { response }, config: { mcp: { tool: 't' } } }, () => ({}))
  })
  return (await tools())[0].outputSchema
}

describe('the input is one flat object', () => {
  test('of path, query and body; each argument gets to its part', async () => {
    const { tools, call } = await exposing(
      route('POST', '/lists/:list/todos', {
        params: object({ list: string }, ['list']),
        querystring: object({ notify: { type: 'boolean' }, tags: { type: 'array', items: string } }),
        body: object({ text: string, priority: integer }, ['text'])
      })
    )
    expect((await tools())[0].inputSchema).toEqual(
      object(
        {
          list: string,
          notify: { type: 'boolean' },
          tags: { type: 'array', items: string },
          text: string,
          priority: integer
        },
        ['list', 'text']
      )
    )
    const values = { list: 'a b/ü%', notify: true, tags: ['x', 'y&z'], text: 'T', priority: 2 }
    expect(JSON.parse((await call('t', values)).content[0].text)).toEqual({
      params: { list: 'a b/ü%' },
      query: { notify: true, tags: ['x', 'y&z'] },
      body: { text: 'T', priority: 2 }
    })
  })

  test('of the texts in the path and any object as the body, where the route has no schema', async () => {
    const { tools, call } = await exposing(route('POST', '/a/:id', {}))
    expect((await tools())[0].inputSchema).toEqual(object({ id: string }, ['id']))
    expect(JSON.parse((await call('t', { id: '7', any: { thing: 1 } })).content[0].text)).toEqual({
      params: { id: '7' },
      query: {},
      body: { any: { thing: 1 } }
    })
  })

  test('without a body for methods that have none, and then closed', async () => {
    const { tools, call } = await exposing(route('DELETE', '/a/:id', {}))
    expect((await tools())[0].inputSchema).toEqual(object({ id: string }, ['id'], { additionalProperties: false }))
    expect((await call('t', { id: '7', x: 1 })).error.message).toBe('Invalid arguments: /x is not allowed')
  })

  test('a DELETE with a body schema has a body', async () => {
    const { call } = await exposing(route('DELETE', '/a', { body: object({ why: string }) }))
    expect(JSON.parse((await call('t', { why: 'x' })).content[0].text).body).toEqual({ why: 'x' })
  })

  test('a query that lists its names takes no others, unless it says so', async () => {
    const closed = object({ q: string }, [], { additionalProperties: false })
    expect(await inputOf(route('GET', '/a', { querystring: object({ q: string }) }))).toEqual(closed)
    const open = route('GET', '/a', { querystring: object({ q: string }, [], { additionalProperties: true }) })
    const { call } = await exposing(open)
    expect(JSON.parse((await call('t', { q: '1', r: '2' })).content[0].text).query).toEqual({ q: '1', r: '2' })
  })

  test('a body that is closed stays closed, one with typed others keeps their type', async () => {
    const closed = route('POST', '/a', { body: object({ x: string }, [], { additionalProperties: false }) })
    expect(await inputOf(closed)).toEqual(object({ x: string }, [], { additionalProperties: false }))
    const typed = route('POST', '/a', { body: object({ x: string }, [], { additionalProperties: integer }) })
    expect(await inputOf(typed)).toEqual(object({ x: string }, [], { additionalProperties: integer }))
  })

  test('the old name of the query schema is understood', async () => {
    expect(await inputOf(route('GET', '/a', { query: object({ q: string }) }))).toMatchObject({
      properties: { q: string }
    })
  })

  test('a wildcard is called path, and its slashes stay', async () => {
    const { tools, call } = await exposing(route('GET', '/files/*', {}))
    expect((await tools())[0].inputSchema).toMatchObject({ properties: { path: string } })
    expect(JSON.parse((await call('t', { path: 'a/b c.txt' })).content[0].text).params).toEqual({ '*': 'a/b c.txt' })
  })

  test('an optional parameter may be left out', async () => {
    const { tools, call } = await exposing(route('GET', '/a/:id?', {}))
    expect((await tools())[0].inputSchema.required).toBeUndefined()
    expect(JSON.parse((await call('t', { id: '1' })).content[0].text).params).toEqual({ id: '1' })
    expect(JSON.parse((await call('t')).content[0].text).params).toEqual({})
  })

  test('several parameters in one segment, with regular expressions, are told apart', async () => {
    const { call } = await exposing(route('GET', '/at/:hour(^\\d{2})h:minute(^\\d{2})m/:a-:b.png', {}))
    const values = { hour: '08', minute: '15', a: 'x', b: 'y' }
    expect(JSON.parse((await call('t', values)).content[0].text).params).toEqual(values)
  })
})

describe('names that occur in two parts', () => {
  const both = (body: object): object => ({ params: object({ id: string }, ['id']), body: object({ id: body }) })

  test('with one schema are one argument, which goes to both', async () => {
    const { call } = await exposing(route('PUT', '/a/:id', both(string)))
    expect(JSON.parse((await call('t', { id: '7' })).content[0].text)).toMatchObject({
      params: { id: '7' },
      body: { id: '7' }
    })
  })

  test('with different schemas are refused with the mend', async () => {
    expect(await refusal(route('PUT', '/a/:id', both(integer)))).toBe(
      'DeclarationError: route PUT /a/:id: "id" stands in its params and in its body, with different schemas: rename one, or set nest in config.mcp [route-names]'
    )
  })

  test('a parameter that no schema speaks of takes the schema of the other part', async () => {
    const { tools, call } = await exposing(route('PUT', '/a/:id', { body: object({ id: integer }) }))
    expect((await tools())[0].inputSchema).toEqual(object({ id: integer }, ['id']))
    expect(JSON.parse((await call('t', { id: 7 })).content[0].text)).toMatchObject({
      params: { id: '7' },
      body: { id: 7 }
    })
  })

  test('nest keeps the parts apart', async () => {
    const { tools, call } = await exposing(route('PUT', '/a/:id', both(integer), { nest: true }))
    expect((await tools())[0].inputSchema).toEqual(
      object(
        {
          params: object({ id: string }, ['id'], { additionalProperties: false }),
          body: object({ id: integer })
        },
        ['params'],
        { additionalProperties: false }
      )
    )
    expect(JSON.parse((await call('t', { params: { id: 'x' }, body: { id: 1 } })).content[0].text)).toMatchObject({
      params: { id: 'x' },
      body: { id: 1 }
    })
  })
})

describe('a part that is more than a list of properties', () => {
  test.each<[string, object, unknown]>([
    ['an array', { type: 'array', items: integer }, [1, 2]],
    ['a text', { type: 'string' }, 'hello'],
    ['a union', { anyOf: [object({ a: string }, ['a']), object({ b: string }, ['b'])] }, { b: 'x' }],
    ['an object of patterns', object({}, [], { patternProperties: { '^x-': integer } }), { 'x-1': 1 }]
  ])('stands under its own name: %s', async (_, body, value) => {
    const { tools, call } = await exposing(route('POST', '/a/:id', { body }))
    expect((await tools())[0].inputSchema).toEqual(
      object({ id: string, body }, ['id', 'body'], { additionalProperties: false })
    )
    expect(JSON.parse((await call('t', { id: '1', body: value })).content[0].text).body).toEqual(value)
  })

  test('a query of alternatives stands under query', async () => {
    const querystring = { type: 'object', oneOf: [object({ a: string }, ['a']), object({ b: string }, ['b'])] }
    const { call } = await exposing(route('GET', '/a', { querystring }))
    expect(JSON.parse((await call('t', { query: { a: 'x' } })).content[0].text).query).toEqual({ a: 'x' })
  })

  test('a query that holds objects is refused', async () => {
    const said = await refusal(route('GET', '/a', { querystring: object({ filter: object({ a: string }) }) }))
    expect(said).toContain('"filter" of its query is an object, which a query cannot carry')
  })
})

describe('what Fastify fills in or changes stays its business', () => {
  const schema = {
    querystring: object({ limit: { type: 'integer', default: 10 } }, ['limit']),
    body: object({ deep: object({ kind: { type: 'string', default: 'plain' } }, ['kind']) }, ['deep'])
  }

  test('a required name with a default need not be given, and gets it in the route', async () => {
    const { tools, call } = await exposing(route('POST', '/a', schema))
    expect((await tools())[0].inputSchema).toEqual(
      object(
        { limit: { type: 'integer', default: 10 }, deep: object({ kind: { type: 'string', default: 'plain' } }) },
        ['deep']
      )
    )
    expect(JSON.parse((await call('t', { deep: {} })).content[0].text)).toMatchObject({
      query: { limit: 10 },
      body: { deep: { kind: 'plain' } }
    })
  })

  test('numbers of the path and the query arrive as numbers', async () => {
    const { call } = await exposing(
      route('GET', '/a/:id', { params: object({ id: integer }, ['id']), querystring: object({ page: integer }) })
    )
    expect(JSON.parse((await call('t', { id: 7, page: 2 })).content[0].text)).toMatchObject({
      params: { id: 7 },
      query: { page: 2 }
    })
  })

  test('arguments of another type are refused, not changed', async () => {
    const { call } = await exposing(route('POST', '/a', { body: object({ n: integer }) }))
    expect((await call('t', { n: '7' })).error).toMatchObject({
      code: -32602,
      message: 'Invalid arguments: /n must be integer'
    })
  })

  test('null in a query is left out', async () => {
    const { call } = await exposing(route('GET', '/a', { querystring: object({ q: { type: ['string', 'null'] } }) }))
    expect(JSON.parse((await call('t', { q: null })).content[0].text).query).toEqual({})
  })
})

describe('references', () => {
  const text = (schema: unknown): string => JSON.stringify(schema)

  test('to shared schemas become definitions of the published schema, without ids and dialect', async () => {
    const input = await inputOf((app) => {
      app.addSchema({
        $id: 'owner',
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: { name: string }
      })
      app.addSchema({
        $id: 'todo',
        type: 'object',
        properties: { text: string, by: { $ref: 'owner#' } },
        required: ['text']
      })
      route('POST', '/a', { body: { $ref: 'todo#' } })(app)
    })
    expect(input).toEqual(
      object({ text: string, by: { $ref: '#/$defs/owner' } }, ['text'], { $defs: { owner: object({ name: string }) } })
    )
  })

  test('to a part of a shared schema, to absolute and relative ids, and to anchors are followed', async () => {
    const input = await inputOf((app) => {
      app.addSchema({
        $id: 'http://example.com/common.json',
        definitions: { size: integer, colour: { $id: '#colour', type: 'string', enum: ['red'] } }
      })
      app.addSchema({
        $id: 'http://example.com/sub/thing.json',
        type: 'object',
        properties: { s: { $ref: '../common.json#/definitions/size' } }
      })
      route('POST', '/a', {
        body: object({
          size: { $ref: 'http://example.com/common.json#/definitions/size' },
          colour: { $ref: 'http://example.com/common.json#colour' },
          thing: { $ref: 'http://example.com/sub/thing.json' }
        })
      })(app)
    })
    expect(input).toEqual(
      object(
        { size: { $ref: '#/$defs/size' }, colour: { $ref: '#/$defs/colour' }, thing: { $ref: '#/$defs/thing.json' } },
        [],
        {
          $defs: {
            size: integer,
            colour: { type: 'string', enum: ['red'] },
            'thing.json': object({ s: { $ref: '#/$defs/size' } })
          }
        }
      )
    )
  })

  test('into the schema itself are kept, also when they turn in a circle', async () => {
    const { call, tools } = await exposing(
      route('POST', '/a', {
        body: {
          ...object({ tree: { $ref: '#/definitions/node' } }, ['tree']),
          definitions: {
            node: object({ value: integer, children: { type: 'array', items: { $ref: '#/definitions/node' } } }, [
              'value'
            ])
          }
        }
      })
    )
    expect(text((await tools())[0].inputSchema)).not.toContain('definitions')
    const tree = { value: 1, children: [{ value: 2 }] }
    expect(JSON.parse((await call('t', { tree })).content[0].text).body).toEqual({ tree })
    expect((await call('t', { tree: { value: 1, children: [{}] } })).error.message).toContain(
      '/tree/children/0/value is missing'
    )
  })

  test('of two scopes with one id mean the schema of each scope', async () => {
    const { tools } = await exposing((app) => {
      for (const [name, type] of [
        ['a', 'string'],
        ['b', 'integer']
      ] as const)
        app.register(async (scope) => {
          scope.addSchema({ $id: 'shared', type })
          scope.post(
            `/${name}`,
            { config: { mcp: { tool: name } }, schema: { body: object({ x: { $ref: 'shared#' } }) } },
            echo as never
          )
        })
    })
    expect((await tools()).map(({ inputSchema }) => inputSchema.$defs.shared.type)).toEqual(['string', 'integer'])
  })

  test('a property that is called like a keyword is a property', async () => {
    const body = object({ $id: string, $ref: string, default: string, items: integer })
    expect(await inputOf(route('POST', '/a', { body }))).toEqual(body)
  })

  test('a schema added after the route is found', async () => {
    const input = await inputOf((app) => {
      route('POST', '/a', { body: object({ x: { $ref: 'later#' } }) })(app)
      app.addSchema({ $id: 'later', type: 'boolean' })
    })
    expect(input).toMatchObject({ $defs: { later: { type: 'boolean' } } })
  })
})

describe('schemas of other makes', () => {
  test('TypeBox', async () => {
    const Node = Type.Recursive((This) => Type.Object({ name: Type.String(), of: Type.Optional(Type.Array(This)) }), {
      $id: 'Node'
    })
    const schema = {
      params: Type.Object({ id: Type.Integer() }),
      body: Type.Object({ root: Node, kind: Type.Union([Type.Literal('a'), Type.Literal('b')]) })
    }
    const { tools, call } = await exposing(route('POST', '/a/:id', schema))
    const { inputSchema } = (await tools())[0]
    expect(Object.keys(inputSchema.properties)).toEqual(['id', 'root', 'kind'])
    expect(JSON.stringify(inputSchema)).not.toContain('"$id"')
    const values = { id: 1, root: { name: 'x', of: [{ name: 'y' }] }, kind: 'a' }
    expect((await call('t', values)).isError).toBeUndefined()
    expect((await call('t', { ...values, root: { name: 1 } })).error.message).toContain('/root/name must be string')
  })

  test('what fluent-json-schema builds', async () => {
    const fluent = { isFluentSchema: true, valueOf: () => object({ x: integer }, ['x']) }
    expect(await inputOf(route('POST', '/a', { body: fluent }))).toMatchObject({ required: ['x'] })
  })

  class Foreign {
    readonly parse = (value: unknown): unknown => value
  }
  const compiled = (app: FastifyInstance): void => void app.setValidatorCompiler(() => (value) => ({ value }))

  test('another kind is refused with the mend', async () => {
    const said = await refusal((app) => {
      compiled(app)
      route('POST', '/a', { body: new Foreign() })(app)
    })
    expect(said).toBe(
      'DeclarationError: route POST /a: the schema of its body is no JSON Schema: give one in config.mcp.schema.body [route-schema]'
    )
  })

  test('config.mcp gives JSON Schemas instead', async () => {
    const schema = { body: object({ x: integer }, ['x']), response: { 200: object({ body: object({ x: integer }) }) } }
    const { tools, call } = await exposing((app) => {
      compiled(app)
      app.setSerializerCompiler(() => (value) => JSON.stringify(value))
      route('POST', '/a', { body: new Foreign(), response: { 200: new Foreign() } }, { schema })(app)
    })
    expect((await tools())[0]).toMatchObject({ inputSchema: { required: ['x'] }, outputSchema: { type: 'object' } })
    expect((await call('t', { x: 1 })).structuredContent.body).toEqual({ x: 1 })
  })

  test('properties without a type around them, which Fastify takes no more, end the boot in Fastify itself', async () => {
    expect(await refusal(route('GET', '/a', { querystring: { q: { type: 'string' } } }))).toContain(
      'Failed building the validation schema for GET: /a'
    )
  })

  test('a body by media type is the one of JSON', async () => {
    const content = { 'application/json': { schema: object({ x: integer }) }, 'text/csv': { schema: string } }
    expect(await inputOf(route('POST', '/a', { body: { content } }))).toEqual(object({ x: integer }))
  })

  test('a body that is never JSON is refused', async () => {
    const why = 'it takes multipart/form-data, and a call sends JSON'
    expect(await refusal(route('POST', '/a', { consumes: ['multipart/form-data'] }))).toContain(why)
    const content = { 'multipart/form-data': { schema: object({}) } }
    expect(await refusal(route('POST', '/a', { body: { content } }))).toContain(why)
  })
})

describe('the output', () => {
  const todo = object({ id: integer })

  test.each([['200'], ['201'], ['2xx'], ['2XX']])('is the schema of the %s response', async (status) => {
    expect(await outputOf({ [status]: todo, 404: string })).toEqual(todo)
  })

  test('is found under the media type of JSON', async () => {
    const content = { 'application/json; charset=utf-8': { schema: todo } }
    expect(await outputOf({ 200: { description: 'OK', content } })).toEqual(todo)
  })

  test('is found through references, and self-contained', async () => {
    const output = await outputOf({ 200: { $ref: 'page#' } }, (app) => {
      app.addSchema({ $id: 'todo', ...todo })
      app.addSchema({ $id: 'page', ...object({ items: { type: 'array', items: { $ref: 'todo#' } } }) })
    })
    expect(output).toEqual({
      ...object({ items: { type: 'array', items: { $ref: '#/$defs/todo' } } }),
      $defs: { todo }
    })
  })

  test('keeps what it requires, also with a default', async () => {
    const schema = object({ id: { type: 'integer', default: 0 } }, ['id'])
    expect(await outputOf({ 200: schema })).toEqual(schema)
  })

  test.each<[string, object]>([
    ['there is no response schema', {}],
    ['a list is promised', { 200: { type: 'array', items: todo } }],
    ['an object or null is promised', { 200: { type: ['object', 'null'], properties: {} } }],
    ['two different objects are promised', { 200: todo, 201: object({ created: { type: 'boolean' } }) }],
    ['an object or nothing is promised', { 200: todo, 204: { type: 'null' } }],
    ['only failures are described', { 404: todo, default: todo }],
    [
      'an object or another media type is promised',
      {
        200: { content: { 'application/json': { schema: todo }, 'text/csv': { schema: string } } }
      }
    ]
  ])('is text where %s', async (_, response) => {
    expect(await outputOf(response)).toBeUndefined()
  })
})
