/** What a resource's handler may not return, because nothing of it would be on the wire. */
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Bench } from '../support/bench.ts'

const unprintable = { toJSON: () => undefined }

class Contents {
  get contents(): object[] {
    return [{ uri: 'a://b', text: 'x' }]
  }
}

async function* pieces(...values: unknown[]): AsyncGenerator<unknown> {
  yield* values
}

test.each<[string, unknown]>([
  ['a function', () => 'late'],
  ['a symbol', Symbol('x')],
  ['a value that prints as nothing', unprintable],
  ['contents that print as nothing', { contents: [], toJSON: () => undefined }],
  ['contents that only the class has', new Contents()],
  ['a text that prints as nothing', { contents: [{ uri: 'a://b', text: unprintable }] }],
  ['contents whose _meta prints as a text', { contents: [], _meta: new Date(0) }],
  ['a piece that is a number', pieces(5)],
  ['a piece that is nothing', pieces(undefined)],
  ['a piece that is an object', pieces({ text: 'x' })]
])('%s is -32603, the log says why, and nothing of it is sent', async (_, value) => {
  const bench = new Bench()
  bench.mcp.resource('a://b', {}, () => value as string)
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://b' }).ended
  expect(message?.error).toEqual({ code: -32603, message: 'Internal error' })
  expect(bench.log.at('error')).toHaveLength(1)
})

test.each([
  ['at once', (bytes: Uint8Array) => bytes],
  ['in pieces', (bytes: Uint8Array) => pieces(bytes)]
] as const)('bytes of another realm are bytes, %s', async (_, given) => {
  const bench = new Bench()
  const bytes = runInNewContext('new Uint8Array([104, 105])') as Uint8Array
  bench.mcp.resource('a://b', {}, () => given(bytes) as Uint8Array)
  const outlet = (await bench.open()).request('resources/read', { uri: 'a://b' })
  expect((await outlet.ended).message?.result.contents[0].blob).toBe('aGk=')
})

test('what prints itself is sent as it prints', async () => {
  const bench = new Bench()
  bench.mcp.resource('a://b', {}, () => ({ at: new Date(0) }))
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://b' }).ended
  expect(message?.result.contents[0].text).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
})
