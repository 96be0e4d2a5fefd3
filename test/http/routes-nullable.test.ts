/** OpenAPI's `nullable`, which Fastify honours and JSON Schema does not know, in what is published of a route. */
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import { type Exposed, type Exposing, exposing, refusal } from '../support/routes.ts'

const object = (properties: object, rest: object = {}): object => ({ type: 'object', properties, ...rest })
const string = { type: 'string' }
const nullable = { type: 'string', nullable: true }

/** Lists of types are no slip here, which Ajv would tell on the console. */
const lists: Exposing = { fastify: { ajv: { customOptions: { allowUnionTypes: true } } } }

/** A route whose body has one member x, which it gives back. */
const taking =
  (x: object, rest: object = {}) =>
  (app: FastifyInstance): unknown =>
    app.post('/a', { config: { mcp: { tool: 't' } }, schema: { body: object({ x }, rest) } }, ({ body }) => ({ body }))

/** A route that answers with one member x. */
const answering =
  (x: object, value: unknown, response: object = object({ x })) =>
  (app: FastifyInstance): unknown =>
    app.get('/a', { config: { mcp: { tool: 't' } }, schema: { response: { 200: response } } }, () => ({ x: value }))

const published = async ({ tools }: Exposed, of: 'inputSchema' | 'outputSchema'): Promise<unknown> =>
  (await tools())[0][of]

describe('an argument', () => {
  test.each<[string, object, object]>([
    ['gains null in its type', nullable, { type: ['string', 'null'] }],
    [
      'gains null among its types',
      { type: ['string', 'integer'], nullable: true },
      { type: ['string', 'integer', 'null'] }
    ],
    ['that has null has it once', { type: ['string', 'null'], nullable: true }, { type: ['string', 'null'] }],
    ['of null alone is of null', { type: 'null', nullable: true }, { type: 'null' }],
    ['that is not nullable does not say so', { type: 'string', nullable: false }, string],
    [
      'is translated in lists, alternatives and objects',
      { type: 'array', items: object({ y: { anyOf: [nullable, { type: 'integer' }] } }) },
      { type: 'array', items: object({ y: { anyOf: [{ type: ['string', 'null'] }, { type: 'integer' }] } }) }
    ]
  ])('%s', async (_, x, shown) => {
    expect(await published(await exposing(taking(x), lists), 'inputSchema')).toEqual(object({ x: shown }))
  })

  test('is translated behind a reference', async () => {
    const exposed = await exposing((app) => {
      app.addSchema({ $id: 'name', ...nullable })
      taking({ $ref: 'name#' })(app)
    })
    expect(await published(exposed, 'inputSchema')).toMatchObject({ $defs: { name: { type: ['string', 'null'] } } })
  })

  test('called nullable is a member like any other, and so is what a default or an example holds', async () => {
    const x = object({ nullable: string }, { default: { type: 'string', nullable: true }, examples: [nullable] })
    expect(await published(await exposing(taking(x)), 'inputSchema')).toEqual(object({ x }))
  })

  test.each<[string, object, unknown]>([
    ['nullable', nullable, null],
    ['nullable', nullable, 'text'],
    ['nullable with null in its enum', { ...nullable, enum: ['a', null] }, null],
    ['nullable among types', { type: ['integer', 'boolean'], nullable: true }, null]
  ])('that is %s may be %j: %j', async (_, x, value) => {
    const { call } = await exposing(taking(x), lists)
    expect(JSON.parse((await call('t', { x: value })).content[0].text)).toEqual({ body: { x: value } })
  })

  test.each<[string, object]>([
    ['enum', { ...nullable, enum: ['a', 'b'] }],
    ['const', { ...nullable, const: 'a' }],
    ['allOf', { ...nullable, allOf: [string] }]
  ])('that is nullable beside %s is refused null by its schema, as the route refuses it', async (_, x) => {
    const { app, call } = await exposing(taking(x))
    expect((await app.inject({ method: 'POST', url: '/a', payload: { x: 'a' } })).statusCode).toBe(200)
    expect((await call('t', { x: null })).error.code).toBe(-32602)
    expect(JSON.parse((await call('t', { x: 'a' })).content[0].text)).toEqual({ body: { x: 'a' } })
  })

  test('that is a nullable object of the query is refused as any object there', async () => {
    const querystring = object({ filter: object({}, { nullable: true }) })
    const said = await refusal((app) =>
      app.get('/a', { config: { mcp: { tool: 't' } }, schema: { querystring } }, () => ({}))
    )
    expect(said).toContain('"filter" of its query is an object, which a query cannot carry')
  })

  test('that is nullable and stands in the path too, which carries no null, is refused with the mend', async () => {
    const said = await refusal((app) =>
      app.put('/a/:id', { config: { mcp: { tool: 't' } }, schema: { body: object({ id: nullable }) } }, () => ({}))
    )
    expect(said).toContain('"id" stands in its params and in its body, with different schemas')
  })
})

test.each<[string, object]>([
  ['an argument', object({ x: { enum: ['a'], nullable: true } })],
  ['a body', { properties: { x: string }, nullable: true }]
])('%s that is nullable without a type, which Ajv does not know, ends the boot', async (_, body) => {
  const said = await refusal((app) => {
    app.setValidatorCompiler(() => (value) => ({ value }))
    app.post('/a', { config: { mcp: { tool: 't' } }, schema: { body } }, () => ({}))
  })
  expect(said).toContain('DeclarationError: route POST /a: ')
  expect(said).toContain('"nullable" cannot be used without "type"')
})

describe('a body', () => {
  test('that is nullable stands under its own name, and may be null', async () => {
    const exposed = await exposing(taking(string, { nullable: true }))
    expect(await published(exposed, 'inputSchema')).toMatchObject({
      properties: { body: { type: ['object', 'null'], properties: { x: string } } }
    })
    expect(JSON.parse((await exposed.call('t', { body: null })).content[0].text)).toEqual({ body: null })
  })

  test('that is not nullable is a list of arguments', async () => {
    expect(await published(await exposing(taking(string, { nullable: false })), 'inputSchema')).toEqual(
      object({ x: string })
    )
  })
})

describe('a promise', () => {
  const orNull = (schema: object): object => ({ anyOf: [schema, { type: 'null' }] })
  const nothing = object({})

  test.each<[string, object, object]>([
    ['type', nullable, { type: ['string', 'null'] }],
    ['types', { type: ['string', 'integer'], nullable: true }, { type: ['string', 'integer', 'null'] }],
    ['enum', { ...nullable, enum: ['a'] }, { type: ['string', 'null'], enum: ['a', null] }],
    ['enum with null', { ...nullable, enum: [null, 'a'] }, { type: ['string', 'null'], enum: [null, 'a'] }],
    ['const', { ...nullable, const: 'a' }, orNull({ type: 'string', const: 'a' })],
    ['enum without type', { enum: ['a'], nullable: true }, orNull({ enum: ['a'] })],
    ['allOf', { allOf: [nothing], nullable: true }, orNull({ allOf: [nothing] })]
  ])('of null beside %s is published as the serializer keeps it', async (_, x, shown) => {
    const exposed = await exposing(answering(x, null))
    expect(await published(exposed, 'outputSchema')).toEqual(object({ x: shown }))
    expect((await exposed.call('t')).structuredContent).toEqual({ x: null })
  })

  test('behind a reference that is nullable', async () => {
    const exposed = await exposing((app) => {
      app.addSchema({ $id: 'owner', ...object({ name: string }) })
      answering({ $ref: 'owner#', nullable: true }, null)(app)
    })
    expect(await published(exposed, 'outputSchema')).toMatchObject({
      properties: { x: orNull({ $ref: '#/$defs/owner' }) }
    })
    expect((await exposed.call('t')).structuredContent).toEqual({ x: null })
  })

  test('of no null says nothing of it', async () => {
    const exposed = await exposing(answering({ type: 'string', nullable: false }, 'a'))
    expect(await published(exposed, 'outputSchema')).toEqual(object({ x: string }))
  })

  test.each<[string, object]>([
    ['an object', object({ x: string }, { nullable: true })],
    ['properties', { properties: { x: string }, nullable: true }]
  ])('of %s or null is text', async (_, response) => {
    const exposed = await exposing(answering({}, 'a', response))
    expect(await published(exposed, 'outputSchema')).toBeUndefined()
    expect(await exposed.call('t')).toEqual({ content: [{ type: 'text', text: '{"x":"a"}' }] })
  })
})
