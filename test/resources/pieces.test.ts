/** Results from pieces: whatever the pieces and wherever they were cut, the frame parses to what was yielded. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { notFound } from '../../src/protocol/errors.ts'
import { JsonFlow } from '../../src/protocol/flow.ts'
import { resourceResult } from '../../src/resources/contents.ts'
import { Bench } from '../support/bench.ts'
import { gate, turns } from '../support/gate.ts'

/** The contents that a client reads from these pieces. */
async function contentsOf(pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>): Promise<{
  uri: string
  text?: string
  blob?: string
}> {
  const flow = resourceResult(
    'a://b',
    'text/plain',
    (async function* () {
      yield* pieces
    })()
  )
  if (!(flow instanceof JsonFlow)) throw new Error('no flow')
  let text = ''
  for await (const piece of flow.pieces) text += piece
  return JSON.parse(text).contents[0]
}

test('text in any pieces is the text, also where a cut splits a pair of surrogates', async () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(anyText, fc.array(fc.nat(40), { maxLength: 8 }), async (text, marks) => {
      const cuts = [...new Set(marks.map((mark) => mark % (text.length + 1)))].sort((one, other) => one - other)
      const pieces = [0, ...cuts].map((from, place) => text.slice(from, cuts[place] ?? text.length))
      expect((await contentsOf(pieces)).text).toBe(text)
    })
  )
})

test('bytes in any pieces are the base64 of all bytes', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 10 }), { minLength: 1, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(pieces, async (given) => {
      expect((await contentsOf(given)).blob).toBe(Buffer.concat(given).toString('base64'))
    })
  )
})

test('a view into a larger buffer is only its own bytes', async () => {
  const all = Uint8Array.from({ length: 20 }, (_, place) => place)
  const { blob } = await contentsOf([all.subarray(3, 7), all.subarray(7, 8), all.subarray(8, 20)])
  expect(blob).toBe(Buffer.from(all.subarray(3)).toString('base64'))
})

test('a generator may use the same buffer for every piece', async () => {
  const source = Buffer.from('abcdefghij')
  const { blob } = await contentsOf(
    (async function* () {
      const buffer = Buffer.alloc(4)
      for (let at = 0; at < source.length; at += 4) {
        const length = source.copy(buffer, 0, at, at + 4)
        yield buffer.subarray(0, length)
      }
    })()
  )
  expect(Buffer.from(blob ?? '', 'base64').toString()).toBe('abcdefghij')
})

test('no pieces at all are an empty text', async () => {
  expect(await contentsOf([])).toEqual({ uri: 'a://b', mimeType: 'text/plain', text: '' })
})

test('empty pieces are no harm', async () => {
  expect((await contentsOf(['', 'a', '', 'b', ''])).text).toBe('ab')
  expect((await contentsOf([new Uint8Array(0), Buffer.from('a'), new Uint8Array(0)])).blob).toBe('YQ==')
})

test('a uri and a media type with quotes stay what they are', async () => {
  const flow = resourceResult(
    'a://"\\',
    'text/x; a="b"',
    (async function* () {
      yield 'a'
    })()
  ) as JsonFlow
  let text = ''
  for await (const piece of flow.pieces) text += piece
  expect(JSON.parse(text)).toEqual({ contents: [{ uri: 'a://"\\', mimeType: 'text/x; a="b"', text: 'a' }] })
})

test('text and bytes in one resource are a fault', async () => {
  await expect(contentsOf(['a', Buffer.from('b')])).rejects.toThrow(TypeError)
})

test('a frame from pieces carries the id of its request', async () => {
  const bench = new Bench()
  bench.mcp.resource('a://{n}', {}, async function* ({ n }) {
    yield n
    yield n
  })
  const peer = await bench.open()
  for (const id of [0, '', 'a"b', -7]) {
    const { message } = await peer.request('resources/read', { uri: 'a://n' }, id).ended
    expect(message).toEqual({ jsonrpc: '2.0', id, result: { contents: [{ uri: 'a://n', text: 'nn' }] } })
  }
})

test('a generator that finds nothing is -32002 and names the URI', async () => {
  const bench = new Bench()
  bench.mcp.resource('a://{n}', {}, async function* ({ n }) {
    if (n === 'gone') notFound()
    yield n
  })
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://gone' }).ended
  expect(message?.error).toEqual({ code: -32002, message: 'Resource not found', data: { uri: 'a://gone' } })
})

test('a generator that was cancelled before its first piece cleans up', async () => {
  const bench = new Bench()
  const first = gate()
  let cleaned = false
  bench.mcp.resource('a://b', {}, async function* () {
    try {
      await first.passed
      yield 'a'
      yield 'b'
    } finally {
      cleaned = true
    }
  })
  const peer = await bench.open()
  const read = peer.request('resources/read', { uri: 'a://b' }, 'r')
  await turns()
  await peer.cancel('r').ended
  first.open()
  await turns()
  expect(read.endings).toEqual([{ how: 'end' }])
  expect(cleaned).toBe(true)
})

test.each<[string, unknown, object]>([
  ['a text', 'a', { uri: 'a://b', text: 'a' }],
  ['bytes', Buffer.from('a'), { uri: 'a://b', blob: 'YQ==' }],
  ['an object', { a: 1 }, { uri: 'a://b', text: '{"a":1}' }],
  ['a list', [1, 2], { uri: 'a://b', text: '[1,2]' }],
  ['whole contents', { contents: [{ uri: 'x://y', text: 'z' }] }, { uri: 'x://y', text: 'z' }]
])('%s becomes contents', async (_, value, contents) => {
  const bench = new Bench()
  bench.mcp.resource('a://b', {}, () => value as string)
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://b' }).ended
  expect(message?.result).toEqual({ contents: [contents] })
})

test.each<[string, unknown]>([
  ['contents that are none', { contents: [{ text: 'without uri' }] }],
  ['a big integer', 1n],
  ['text and blob missing', { contents: [{ uri: 'a://b' }] }]
])('%s are -32603', async (_, value) => {
  const bench = new Bench()
  bench.mcp.resource('a://b', {}, () => value as string)
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://b' }).ended
  expect(message?.error).toEqual({ code: -32603, message: 'Internal error' })
  expect(bench.log.at('error')).toHaveLength(1)
})

test('a handler may return a thenable that is no Promise, as query builders do', async () => {
  const bench = new Bench()
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  const query = { then: (resolve: (value: string) => void) => resolve('found') } as unknown as Promise<string>
  bench.mcp.resource('a://b', {}, () => query)
  const { message } = await (await bench.open()).request('resources/read', { uri: 'a://b' }).ended
  expect(message?.result).toEqual({ contents: [{ uri: 'a://b', text: 'found' }] })
})
