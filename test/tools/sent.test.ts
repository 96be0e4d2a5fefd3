/** What is promised by an output holds for what goes over the wire, not for what the handler held. */
import { type TObject, Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'
import type { Ending } from '../support/recording.ts'

/** Calls a tool that returns this. */
async function returned(value: unknown, output?: TObject): Promise<[Ending, Bench]> {
  const bench = new Bench()
  bench.mcp.tool('give', (output === undefined ? {} : { output }) as object, () => value as string)
  return [await (await bench.open()).call('give').ended, bench]
}

const output = Type.Object({ n: Type.Number() })
const list = Type.Object({ list: Type.Array(Type.String()) })
const dated = Type.Object({ at: Type.String() })
const strict = Type.Object(
  { n: Type.Number(), note: Type.Optional(Type.String()) },
  { additionalProperties: false, maxProperties: 1 }
)

class Row {
  get n(): number {
    return 1
  }
}

class Own {
  readonly n = 1
}

class Printed {
  toJSON(): object {
    return { n: 1 }
  }
}

const unprintable = { toJSON: () => undefined }

test.each<[string, unknown, TObject | undefined]>([
  ['NaN', { n: Number.NaN }, output],
  ['Infinity', { n: Number.POSITIVE_INFINITY }, output],
  ['a number that prints as a text', { n: Object.assign(Object(1), { toJSON: () => '1' }) }, output],
  ['a member that prints as nothing', { n: unprintable }, Type.Object({ n: Type.Any() })],
  ['undefined in a list', { list: [undefined] }, list],
  ['a hole in a list', { list: new Array(1) }, list],
  ['a member that only the class has', new Row(), output],
  ['a Map', new Map([['n', 1]]), output],
  ['a Date for the whole', new Date(0), Type.Object({})],
  ['a list that prints itself as a text', { list: Object.assign(['a'], { toJSON: () => 'a' }) }, list],
  ['a value that prints as nothing', unprintable, output],
  ['a value that prints as nothing where there is no output', unprintable, undefined],
  ['a value that prints as nothing in silence', Object.defineProperty({ n: 1 }, 'toJSON', { value: () => {} }), output],
  ['a function', () => 'late', undefined],
  ['a symbol', Symbol('x'), undefined],
  ['a whole result that prints as nothing', { content: [], toJSON: () => undefined }, undefined],
  ['NaN in a whole result', { content: [], structuredContent: { n: Number.NaN } }, output],
  ['a Date in place of structured content', { content: [], structuredContent: new Date(0) }, undefined],
  ['a block that prints as nothing', [unprintable], undefined],
  [
    'a block whose text is a getter of its class',
    [
      new (class extends Row {
        type = 'text'
      })()
    ],
    undefined
  ],
  ['isError in words', { content: [], isError: 'yes' }, undefined],
  ['isError that is null', { content: [], isError: null }, undefined],
  ['structured content in a text', { content: [], structuredContent: '{}' }, undefined],
  ['structured content that is null', { content: [], structuredContent: null }, undefined],
  ['structured content of a failed result in a list', { content: [], structuredContent: [], isError: true }, output],
  ['_meta in a list', { content: [], _meta: [] }, undefined]
])('%s is -32603, the log says why, and nothing of it is sent', async (_, value, schema) => {
  const [ending, { log }] = await returned(value, schema)
  expect(ending.message?.error).toEqual({ code: -32603, message: 'Internal error' })
  expect(log.at('error')).toHaveLength(1)
})

test.each<[string, unknown, TObject, unknown]>([
  ['a Date', { at: new Date(0) }, dated, { at: '1970-01-01T00:00:00.000Z' }],
  ['a value that prints itself', new Printed(), output, { n: 1 }],
  ['an instance with members of its own', new Own(), output, { n: 1 }],
  ['a member that is undefined', { n: 1, note: undefined, more: undefined }, strict, { n: 1 }],
  ['an object without a prototype', Object.assign(Object.create(null), { n: 1 }), output, { n: 1 }],
  ['half a character', { at: 'a\ud800' }, dated, { at: 'a\ud800' }],
  ['what is nested deep', { n: 1, deep: nested(200) }, output, { n: 1, deep: nested(200) }]
])('%s is judged as it prints', async (_, value, schema, sent) => {
  const [{ message }] = await returned(value, schema)
  expect(message?.result.structuredContent).toEqual(sent)
  expect(JSON.parse(message?.result.content[0].text)).toEqual(sent)
})

test('a whole result is sent as it was judged, though it prints differently every time', async () => {
  let n = 0
  const at = { toJSON: () => (n++ === 0 ? 1 : 'other') }
  const [{ message }] = await returned({ content: [], structuredContent: { n: at } }, output)
  expect(message?.result.structuredContent).toEqual({ n: 1 })
})

function nested(depth: number): object {
  return depth === 0 ? {} : { in: nested(depth - 1) }
}
