/** What a tool's handler may return, and what its misfits earn. */
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { text } from '../../src/protocol/content.ts'
import { ToolError } from '../../src/protocol/errors.ts'
import { Bench } from '../support/bench.ts'
import { until } from '../support/gate.ts'
import type { Ending } from '../support/recording.ts'

/** Calls a tool that returns this. */
async function returned(value: unknown, output?: ReturnType<typeof Type.Object>): Promise<[Ending, Bench]> {
  const bench = new Bench()
  const options = output === undefined ? {} : { output }
  bench.mcp.tool('give', options as object, () => value as string)
  return [await (await bench.open()).call('give').ended, bench]
}

const result = async (value: unknown, output?: ReturnType<typeof Type.Object>): Promise<unknown> =>
  (await returned(value, output))[0].message?.result

test.each<[string, unknown, unknown]>([
  ['a text', 'a "text"\u2028', { content: [{ type: 'text', text: 'a "text"\u2028' }] }],
  ['an empty text', '', { content: [{ type: 'text', text: '' }] }],
  ['a block', text('a'), { content: [{ type: 'text', text: 'a' }] }],
  ['several blocks', [text('a'), text('b')], { content: [text('a'), text('b')] }],
  ['no blocks', [], { content: [] }],
  ['nothing', undefined, { content: [] }],
  ['null', null, { content: [] }],
  ['a whole result', { content: [text('a')], isError: true }, { content: [text('a')], isError: true }],
  ['metadata', { content: [], _meta: { a: 1 } }, { content: [], _meta: { a: 1 } }]
])('%s becomes a result', async (_, value, expected) => {
  expect(await result(value)).toEqual(expected)
})

const output = Type.Object({ n: Type.Number() })

test('a structured value is sent with its mirror as text', async () => {
  expect(await result({ n: 1 }, output)).toEqual({
    content: [{ type: 'text', text: '{"n":1}' }],
    structuredContent: { n: 1 }
  })
})

test('a tool with an output may give the whole result itself', async () => {
  const whole = { content: [text('one')], structuredContent: { n: 1 } }
  expect(await result(whole, output)).toEqual(whole)
})

test('a failed result needs no structured content', async () => {
  const failed = { content: [text('no')], isError: true }
  expect(await result(failed, output)).toEqual(failed)
})

const circular: Record<string, unknown> = { n: 1 }
circular['self'] = circular

test.each<[string, unknown, ReturnType<typeof Type.Object> | undefined]>([
  ['a number', 7, undefined],
  ['an object without output', { n: 1 }, undefined],
  ['a block of an unknown type', { type: 'video', data: '' }, undefined],
  ['a block that lacks a member', { type: 'text' }, undefined],
  ['one bad block among good ones', [text('a'), 7], undefined],
  ['a result with a bad block', { content: [{ type: 'text', text: 7 }] }, undefined],
  ['structured content that is no object', { content: [], structuredContent: [1] }, undefined],
  ['a value that does not fit the output', { n: '1' }, output],
  ['nothing where there is an output', undefined, output],
  ['a text where there is an output', 'one', output],
  ['a result without the structured content of its output', { content: [text('one')] }, output],
  ['a structured value that is no JSON', circular, output],
  ['a big integer', { n: 1, big: 1n }, output]
])('%s is -32603, the log says why, and nothing of it is sent', async (_, value, schema) => {
  const [ending, { log }] = await returned(value, schema)
  expect(ending.message?.error).toEqual({ code: -32603, message: 'Internal error' })
  expect(log.at('error')).toHaveLength(1)
})

test('a misfit that comes late is -32603 as well', async () => {
  const bench = new Bench()
  bench.mcp.tool('give', { output }, async () => ({ n: 'one' }) as unknown as { n: number })
  expect((await (await bench.open()).call('give').ended).message?.error?.code).toBe(-32603)
})

test('a ToolError is a failed result with its message, and no fault', async () => {
  const bench = new Bench()
  bench.mcp.tool('fail', {}, () => {
    throw new ToolError('out of paper')
  })
  const ending = await (await bench.open()).call('fail').ended
  expect(ending.message?.result).toEqual({ content: [{ type: 'text', text: 'out of paper' }], isError: true })
  expect(bench.log.at('error')).toEqual([])
})

test('a handler may return a thenable that is no Promise, as query builders do', async () => {
  const bench = new Bench()
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  const query = { then: (resolve: (value: string) => void) => resolve('found') } as unknown as Promise<string>
  bench.mcp.tool('query', {}, () => query)
  const { message } = await (await bench.open()).call('query').ended
  expect(message?.result?.content).toEqual([{ type: 'text', text: 'found' }])
})

test('a generator reports its yields and returns its result', async () => {
  const bench = new Bench()
  bench.mcp.tool('steps', {}, async function* () {
    yield { progress: 1, total: 2 }
    yield { progress: 2, total: 2, message: 'nearly' }
    return 'done'
  })
  const call = (await bench.open()).call('steps', {}, 't')
  expect((await call.ended).message?.result.content[0].text).toBe('done')
  expect(call.messages.map(({ params }) => params)).toEqual([
    { progressToken: 't', progress: 1, total: 2 },
    { progressToken: 't', progress: 2, total: 2, message: 'nearly' }
  ])
})

test('a generator that is cancelled gets to clean up', async () => {
  const bench = new Bench()
  let cleaned = false
  bench.mcp.tool('steps', {}, async function* (_, context) {
    try {
      for (let progress = 1; ; progress += 1) {
        yield { progress }
        await new Promise((resolve) => setImmediate(resolve))
        context.message('debug', progress)
      }
    } finally {
      cleaned = true
    }
  })
  const peer = await bench.open()
  const call = peer.call('steps', {}, 't')
  await call.said(2)
  await peer.cancel('t').ended
  await until(() => cleaned, true)
  expect((await call.ended).how).toBe('end')
})
