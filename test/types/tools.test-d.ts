/** What TypeScript knows of a tool: arguments and results from its schemas. */
import { Type } from '@sinclair/typebox'
import { expectTypeOf, test } from 'vitest'
import { type Context, type Mcp, text } from '../../src/http/index.ts'
import type { CallToolResult } from '../../src/protocol/types/index.ts'

declare const mcp: Mcp

test('arguments are typed from TypeBox, optional ones and literals too', () => {
  const input = Type.Object({
    title: Type.String(),
    severity: Type.Union([Type.Literal('low'), Type.Literal('high')]),
    labels: Type.Optional(Type.Array(Type.String()))
  })
  mcp.tool('t', { input }, (given, context) => {
    expectTypeOf(given).toEqualTypeOf<{ title: string; severity: 'low' | 'high'; labels?: string[] }>()
    expectTypeOf(context).toEqualTypeOf<Context>()
    return given.title
  })
  // @ts-expect-error there is no such argument
  mcp.tool('t', { input }, ({ nope }) => String(nope))
  // @ts-expect-error it is a string
  mcp.tool('t', { input }, ({ title }) => title.toFixed())
})

test('a tool without input has no arguments', () => {
  mcp.tool('t', {}, (given) => {
    expectTypeOf(given).toEqualTypeOf<Record<never, never>>()
  })
  // @ts-expect-error there are none
  mcp.tool('t', {}, ({ nope }) => String(nope))
})

test('plain JSON Schema is taken for input and output, and a type may be laid over it', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } as const
  mcp.tool('t', { input: schema, output: schema }, (given) => {
    expectTypeOf(given).toEqualTypeOf<Record<string, unknown>>()
    return { n: 1 }
  })
  mcp.tool('t', { input: { type: 'object' }, output: { type: 'object' } }, () => ({ n: 1 }))
  // @ts-expect-error an output is an object
  mcp.tool('t', { output: schema }, () => 'text')
  const typed = Type.Unsafe<{ n: number }>(schema)
  mcp.tool('t', { input: typed, output: typed }, ({ n }) => {
    expectTypeOf(n).toEqualTypeOf<number>()
    return { n }
  })
  // @ts-expect-error n is a number
  mcp.tool('t', { output: typed }, () => ({ n: 'one' }))
})

test('what is returned fits the output, or is a whole result', () => {
  const output = Type.Object({ sum: Type.Number() })
  mcp.tool('t', { output }, () => ({ sum: 1 }))
  mcp.tool('t', { output }, async () => ({ sum: 1 }))
  mcp.tool('t', { output }, (): CallToolResult => ({ content: [], structuredContent: { sum: 1 } }))
  // @ts-expect-error sum is a number
  mcp.tool('t', { output }, () => ({ sum: '1' }))
  // @ts-expect-error sum is missing
  mcp.tool('t', { output }, async () => ({}))
  // @ts-expect-error an output is no text
  mcp.tool('t', { output }, () => '1')
  // @ts-expect-error an output is not nothing
  mcp.tool('t', { output }, () => undefined)
})

test('outputs that are put together are typed as a whole', () => {
  const output = Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.String() })])
  mcp.tool('t', { input: output, output }, ({ a, b }) => {
    expectTypeOf(a).toEqualTypeOf<number>()
    return { a, b }
  })
  // @ts-expect-error b is missing
  mcp.tool('t', { output }, () => ({ a: 1 }))
})

test('without output a text, content blocks, a result or nothing is returned', () => {
  mcp.tool('t', {}, () => 'text')
  mcp.tool('t', {}, () => text('text'))
  mcp.tool('t', {}, async () => [text('a'), { type: 'image', data: '', mimeType: 'image/png' }])
  mcp.tool('t', {}, () => ({ content: [], isError: true }))
  mcp.tool('t', {}, () => undefined)
  mcp.tool('t', {}, async () => {})
  // @ts-expect-error a number is no content
  mcp.tool('t', {}, () => 5)
  // @ts-expect-error an object is one only with an output
  mcp.tool('t', {}, () => ({ sum: 1 }))
  // @ts-expect-error an image has a type
  mcp.tool('t', {}, () => ({ type: 'image', data: '' }))
})

test('a generator yields progress and returns the result', () => {
  const output = Type.Object({ rows: Type.Number() })
  mcp.tool('t', { input: Type.Object({ to: Type.Number() }), output }, async function* ({ to }, { signal }) {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    yield { progress: 1, total: to, message: 'one' }
    return { rows: to }
  })
  // @ts-expect-error progress is a number
  mcp.tool('t', {}, async function* () {
    yield { progress: 'half' }
    return 'done'
  })
  // @ts-expect-error rows is a number
  mcp.tool('t', { output }, async function* () {
    yield { progress: 1 }
    return { rows: 'many' }
  })
})

test('declarations are checked', () => {
  // @ts-expect-error a description is a text
  mcp.tool('t', { description: 1 }, () => '')
  // @ts-expect-error there is no such annotation
  mcp.tool('t', { annotations: { readonly: true } }, () => '')
  // @ts-expect-error there is no such option
  mcp.tool('t', { descripton: '' }, () => '')
  // @ts-expect-error a tool has a handler
  mcp.tool('t', {})
  mcp.tool('t', { visible: (session) => session.client.info.name === 'x' }, () => '')
  expectTypeOf(mcp.removeTool('t')).toEqualTypeOf<boolean>()
})
