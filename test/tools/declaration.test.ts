/** Slips in what is declared of a tool, found when it is declared: schemas of another kind, handlers, hooks, annotations. */
import { ImplementationSchema } from '@modelcontextprotocol/sdk/types.js'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { DeclarationError } from '../../src/protocol/errors.ts'
import type { JsonSchema } from '../../src/protocol/schema.ts'
import { Bench } from '../support/bench.ts'
import { refused } from '../support/refused.ts'

const handler = (): string => ''

/** How a tool with these options is refused. */
const refusal = (options: object): DeclarationError => refused(() => new Bench().mcp.tool('t', options, handler))

class Parser {
  readonly type = 'object'
  readonly properties = { n: { type: 'number' } }
}

const standard = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) }
const number = { kind: 'schema', type: 'number', '~standard': standard }
const cyclic: Record<string, unknown> = { type: 'object' }
cyclic['properties'] = { self: cyclic }

test.each<[string, unknown]>([
  ['an object of zod', ImplementationSchema],
  ['an instance of a class', new Parser()],
  ['a Standard Schema that is a plain object', { type: 'object', '~standard': standard }],
  ['a function with the members of a schema', Object.assign(() => true, { type: 'object' })],
  ['a Map', new Map([['type', 'object']])]
])('%s is no schema of a tool, and the refusal says the mend', (_, schema) => {
  for (const which of ['input', 'output']) {
    const { code, message } = refusal({ [which]: schema })
    expect(code).toBe('tool-schema')
    expect(message).toMatch(new RegExp(`^tool "t": ${which} is no JSON Schema: .*z\\.toJSONSchema\\(schema\\)`))
  }
})

test.each<[string, unknown]>([
  ['an object of zod', ImplementationSchema],
  ['an instance of a class', new Parser()],
  ['a Standard Schema that is a plain object', number],
  ['a check', () => true],
  ['an expression', /x/]
])('%s inside of a schema is named', (_, inside) => {
  const { code, message } = refusal({ input: { type: 'object', properties: { count: inside } } })
  expect(code).toBe('tool-schema')
  expect(message).toMatch(/^tool "t": input holds "count", which is no JSON Schema: /)
})

test.each<[string, object]>([
  ['refers to itself', cyclic],
  ['holds a big integer', { type: 'object', minProperties: 1n }]
])('a schema that %s cannot be listed', (_, schema) => {
  const { code, message } = refusal({ input: schema })
  expect(code).toBe('tool-schema')
  expect(message).toMatch(/^tool "t": input cannot be printed: /)
})

/** What zod makes of its own schemas: plain, with a member that is not enumerable. */
const made = Object.defineProperty(
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { n: { type: 'number' } },
    required: ['n'],
    additionalProperties: false
  },
  '~standard',
  { value: standard, enumerable: false }
)

test.each<[string, object]>([
  ['what z.toJSONSchema gives', made],
  ['TypeBox', Type.Object({ n: Type.Number() }, { additionalProperties: false })],
  ['TypeBox with a transform', Type.Object({ n: Type.Transform(Type.Number()).Decode(String).Encode(Number) })],
  ['a schema without a prototype', Object.assign(Object.create(null), { type: 'object', required: ['n'] })],
  ['a default that prints itself', { type: 'object', required: ['n'], properties: { at: { default: new Date(0) } } }]
])('%s is taken, and checks', async (_, input) => {
  const bench = new Bench()
  bench.mcp.tool('t', { input: input as JsonSchema }, () => 'taken')
  const peer = await bench.open()
  expect((await peer.call('t', { n: 1 }).ended).message?.result.content[0].text).toBe('taken')
  expect((await peer.call('t', {}).ended).message?.error?.code).toBe(-32602)
  expect((await peer.request('tools/list').ended).message?.result.tools[0].inputSchema).not.toHaveProperty('~standard')
})

test.each<[string, unknown]>([
  ['no handler', undefined],
  ['null', null],
  ['a text', 'text'],
  ['an object', {}]
])('a tool with %s for a handler is refused', (_, handle) => {
  const { code, message } = refused(() => new Bench().mcp.tool('t', {}, handle as () => string))
  expect(code).toBe('handler')
  expect(message).toMatch(/^tool "t": its handler is a function/)
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a number', 7],
  ['an object', { toString: () => 't' }]
])('%s is no name of a tool', (_, name) => {
  expect(refused(() => new Bench().mcp.tool(name as string, {}, handler)).code).toBe('tool-name')
})

test.each([5, undefined, null, {}])('a hook that is %o is refused', (hook) => {
  const { code, message } = refused(() => new Bench().mcp.addHook('preTool', hook as never))
  expect(code).toBe('hook')
  expect(message).toMatch(/^the hook "preTool" is a function/)
})

test.each<[string, object, RegExp]>([
  ['in another case', { readonlyHint: true }, /has no option readonlyHint; it takes .*\breadOnlyHint\b/],
  ['without its end', { destructive: false }, /has no option destructive; it takes .*\bdestructiveHint\b/],
  ['of a vendor', { 'acme/cost': 3 }, /has no option acme\/cost/],
  ['in a text', { readOnlyHint: 'true' }, /readOnlyHint is true or false/],
  ['that is null', { openWorldHint: null }, /openWorldHint is true or false/],
  ['with a number for a title', { title: 1 }, /title is a text/]
])('an annotation %s is refused', (_, annotations, message) => {
  const error = refusal({ annotations })
  expect(error.code).toBe('option')
  expect(error.message).toMatch(/^tool "t": annotations/)
  expect(error.message).toMatch(message)
})

test('every annotation of the revision is taken', async () => {
  const bench = new Bench()
  const annotations = {
    title: 'Purge',
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false
  }
  bench.mcp.tool('t', { annotations }, handler)
  const { message } = await (await bench.open()).request('tools/list').ended
  expect(message?.result.tools[0].annotations).toEqual(annotations)
})

const ring: Record<string, unknown> = {}
ring['ring'] = ring

test.each<[string, Record<string, unknown>]>([
  ['a big integer', { size: 1n }],
  ['a ring', ring]
])('%s in _meta is refused, and the entry named', (_, _meta) => {
  const { mcp } = new Bench()
  for (const [declare, named] of [
    [() => mcp.tool('t', { _meta }, handler), 'tools: "t"'],
    [() => mcp.resource('a://b', { _meta }, handler), 'resources: "a://b"'],
    [() => mcp.prompt('p', { _meta }, handler), 'prompts: "p"']
  ] as const) {
    const { code, message } = refused(declare)
    expect(code).toBe('listing')
    expect(message.startsWith(`${named} cannot be listed: `)).toBe(true)
  }
})

test('what was refused leaves its name free', () => {
  const { mcp } = new Bench()
  refused(() => mcp.tool('t', { _meta: ring }, handler))
  expect(mcp.tool('t', {}, handler).enabled).toBe(true)
})

test('what is data in a schema may be anything that prints, and what does not print is left out', () => {
  const bench = new Bench()
  class Place {
    readonly x = 1
  }
  const input = Type.Object({
    at: Type.Any({ default: new Place() }),
    on: Type.Any({ examples: [new Date(0), new Map()] }),
    name: Type.String({ errorMessage: () => 'a name' })
  })
  expect(() => bench.mcp.tool('t', { input }, () => '')).not.toThrow()
})
