/** What `config.mcp` of a route may say: its headers, its schemas, and the name of a wildcard. */
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import { exposing, refusal } from '../support/routes.ts'

const object = (properties: object, required: string[] = []): object => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required })
})
const integer = { type: 'integer' }

/** A POST route whose validator and serializer are of another kind, as those of zod are. */
const route =
  (mcp: object, schema: object = {}) =>
  (app: FastifyInstance): unknown => {
    app.setValidatorCompiler(() => (value) => ({ value }))
    app.setSerializerCompiler(() => (value) => JSON.stringify(value))
    return app.post('/a', { config: { mcp: { tool: 't', ...mcp } as never }, schema }, ({ body, headers }) => ({
      x: (body as { x?: number }).x,
      key: headers['x-key']
    }))
  }

/** A JSON Schema with the member that zod's toJSONSchema hides in its own. */
const hiding = (schema: object): object =>
  Object.defineProperty({ ...schema }, '~standard', { value: { version: 1, vendor: 'zod' }, enumerable: false })

/** A schema of another kind: as a class instance, and as an object that shows what it is. */
class Foreign {
  readonly type = 'object'
}
const foreign: [string, object][] = [
  ['an instance of a class', new Foreign()],
  [
    'an instance of a class that hides its kind',
    hiding(new Foreign()) && Object.defineProperty(new Foreign(), '~standard', { value: {} })
  ],
  ['an object that shows its kind', { type: 'object', '~standard': { version: 1, vendor: 'x' } }]
]

describe('schema', () => {
  test('takes JSON Schema that hides a member of another standard', async () => {
    const schema = { body: hiding(object({ x: integer }, ['x'])), response: { 200: hiding(object({ x: integer })) } }
    const { tools, call } = await exposing(route({ schema }, { body: new Foreign(), response: { 200: new Foreign() } }))
    expect((await tools())[0]).toEqual({
      name: 't',
      inputSchema: object({ x: integer }, ['x']),
      outputSchema: object({ x: integer })
    })
    expect((await call('t', { x: 1 })).structuredContent).toEqual({ x: 1 })
  })

  test('is not needed where the schemas of the route are such ones', async () => {
    const body = hiding(object({ x: integer }, ['x']))
    const { tools } = await exposing((app) =>
      app.post('/a', { config: { mcp: { tool: 't' } }, schema: { body } }, () => '')
    )
    expect((await tools())[0].inputSchema).toEqual(object({ x: integer }, ['x']))
  })

  describe.each(foreign)('that is %s ends the boot', (_, value) => {
    test.each(['params', 'querystring', 'body'])('as %s', async (part) => {
      expect(await refusal(route({ schema: { [part]: value } }))).toBe(
        `DeclarationError: route POST /a: config.mcp.schema.${part} is no JSON Schema [route-schema]`
      )
    })

    test('as a response', async () => {
      expect(await refusal(route({ schema: { response: { 200: value } } }))).toBe(
        'DeclarationError: route POST /a: config.mcp.schema.response.200 is no JSON Schema [route-schema]'
      )
    })

    test('as a response by media type', async () => {
      const response = { 200: { content: { 'application/json': { schema: value } } } }
      expect(await refusal(route({ schema: { response } }))).toContain(
        'config.mcp.schema.response.200 is no JSON Schema'
      )
    })

    test('as the schema of the route', async () => {
      expect(await refusal(route({}, { body: value }))).toContain(
        'the schema of its body is no JSON Schema: give one in config.mcp.schema.body'
      )
    })
  })

  test('of a response that the route alone has may be of another kind: it promises nothing', async () => {
    const { tools } = await exposing(route({}, { response: { 200: new Foreign() } }))
    expect((await tools())[0].outputSchema).toBeUndefined()
  })

  test.each<[string, unknown, string]>([
    ['null', { body: null }, 'config.mcp.schema.body is no JSON Schema'],
    ['a query of null', { querystring: null }, 'config.mcp.schema.querystring is no JSON Schema'],
    ['a response of null', { response: { 200: null } }, 'config.mcp.schema.response.200 is no JSON Schema'],
    [
      'a response without a status',
      { response: { type: 'object' } },
      'config.mcp.schema.response.type is no JSON Schema'
    ],
    ['responses that are a list', { response: [object({})] }, 'config.mcp.schema: response is an object'],
    ['a slip', { boddy: object({}) }, 'config.mcp.schema has no option boddy; it takes params']
  ])('that has %s ends the boot', async (_, schema, why) => {
    const said = await refusal(route({ schema }))
    expect(said).toContain('DeclarationError: route POST /a: ')
    expect(said).toContain(why)
  })

  test('with a part that is undefined leaves that part to the route', async () => {
    const { tools } = await exposing(route({ schema: { body: undefined } }, { body: object({ x: integer }) }))
    expect((await tools())[0].inputSchema).toEqual(object({ x: integer }))
  })
})

describe('headers', () => {
  test.each<[string, unknown, string]>([
    ['a list', ['x'], 'config.mcp: headers is an object'],
    ['a name with a blank', { 'x key': 'a' }, 'config.mcp.headers: "x key" is no name of a header'],
    ['an empty name', { '': 'a' }, 'config.mcp.headers: "" is no name of a header'],
    ['a number', { 'X-Key': 5 }, 'config.mcp.headers: X-Key must be a text'],
    ['a list as a value', { 'X-Key': ['a'] }, 'config.mcp.headers: X-Key must be a text'],
    ['nothing as a value', { 'X-Key': undefined }, 'config.mcp.headers: X-Key must be a text'],
    ['a line break', { 'X-Key': 'a\r\nx-admin: 1' }, 'config.mcp.headers: X-Key has a character that no header holds'],
    ['a NUL', { 'X-Key': 'a\0' }, 'config.mcp.headers: X-Key has a character that no header holds'],
    ['a character beyond Latin-1', { 'X-Key': '€' }, 'config.mcp.headers: X-Key has a character that no header holds']
  ])('with %s end the boot', async (_, headers, why) => {
    expect(await refusal(route({ headers }))).toMatch(`DeclarationError: route POST /a: ${why}`)
  })

  test('that cannot go are told without their value, which may be a secret', async () => {
    expect(await refusal(route({ headers: { 'X-Key': 's3cret\n' } }))).not.toContain('s3cret')
  })

  test.each(['', 'a b', 'a\tb', 'ü'])('with the value %j reach the route', async (value) => {
    const { call } = await exposing(route({ headers: { 'X-Key': value } }))
    expect(JSON.parse((await call('t')).content[0].text).key).toBe(value)
  })
})

describe('a wildcard', () => {
  const files = (mcp: object, schema: object = {}) => {
    return (app: FastifyInstance): unknown =>
      app.get('/files/*', { config: { mcp: mcp as never }, schema }, ({ params }) => params)
  }
  const path = { path: { type: 'string' } }

  test('is an argument that a call has to give, and may give empty', async () => {
    const { tools, call } = await exposing(files({ tool: 't' }))
    expect((await tools())[0].inputSchema).toEqual({ ...object(path, ['path']), additionalProperties: false })
    expect((await call('t')).error.message).toBe('Invalid arguments: /path is missing')
    expect((await call('t', { path: '' })).content[0].text).toBe('{"*":""}')
  })

  test('is required under params where arguments are nested', async () => {
    const { tools } = await exposing(files({ tool: 't', nest: true }))
    expect((await tools())[0].inputSchema).toMatchObject({
      properties: { params: { properties: path, required: ['path'] } },
      required: ['params']
    })
  })

  test('with a schema of its own is required too', async () => {
    const { tools } = await exposing(
      files({ tool: 't' }, { params: object({ '*': { type: 'string', maxLength: 9 } }) })
    )
    expect((await tools())[0].inputSchema).toMatchObject({
      properties: { path: { type: 'string', maxLength: 9 } },
      required: ['path']
    })
  })

  test('is a variable of a resource, with its slashes', async () => {
    const { read, ask } = await exposing(files({ resource: 'file:///{+path}' }))
    expect((await ask('resources/templates/list')).result.resourceTemplates).toMatchObject([
      { uriTemplate: 'file:///{+path}' }
    ])
    expect((await read('file:///a/b.txt')).contents[0].text).toBe('{"*":"a/b.txt"}')
  })

  test('beside an optional parameter of another route leaves that one optional', async () => {
    const { tools } = await exposing((app) => {
      files({ tool: 'files' })(app)
      app.get('/users/:id?', { config: { mcp: { tool: 'user' } } }, () => 'ok')
    })
    const listed = await tools()
    expect(listed.map(({ inputSchema }) => inputSchema.required)).toEqual([['path'], undefined])
  })
})
