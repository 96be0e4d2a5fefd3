/** What a tool's failure tells the model and what the log: ToolError with its detail, failures of an upstream, content blocks. */
import { expect, test } from 'vitest'
import { audio, embed, image, link, text } from '../../src/protocol/content.ts'
import { ToolError, upstreamError } from '../../src/protocol/errors.ts'
import { Bench } from '../support/bench.ts'
import { failure } from './room.ts'

/** A bench with a tool that throws this. */
async function thrown(error: unknown): Promise<[string, Bench]> {
  const bench = new Bench()
  bench.mcp.tool('fail', {}, async () => {
    throw error
  })
  return [await failure((await bench.open()).call('fail')), bench]
}

test('data and cause of a ToolError go to the log, and nothing of them to the client', async () => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.7')
  const error = new ToolError('The shop is closed.', { data: { shop: 'secret-7' }, cause })
  const [said, bench] = await thrown(error)
  expect(said).toBe('The shop is closed.')
  expect(JSON.stringify(bench.frames)).not.toMatch(/secret-7|ECONNREFUSED/)
  expect(bench.log.at('warn')).toMatchObject([{ fields: { err: error, data: { shop: 'secret-7' }, tool: 'fail' } }])
  expect(error.cause).toBe(cause)
})

test('a ToolError with nothing for the log writes no line', async () => {
  const [, bench] = await thrown(new ToolError('no'))
  expect(bench.log.lines.filter(({ level }) => level !== 'debug')).toEqual([])
})

test('a fault is quoted by the id of the request, and its message is for the log', async () => {
  const [said, bench] = await thrown(new Error('secret-7'))
  expect(said).toBe('The tool failed unexpectedly; its operator finds the cause in the log under request 1.')
  expect(JSON.stringify(bench.frames)).not.toContain('secret-7')
  expect(bench.log.at('error')).toHaveLength(1)
})

test.each<[number, string]>([
  [401, 'GitHub answered with status 401: it did not accept the credentials of this server.'],
  [404, 'GitHub answered with status 404: it has no such thing.'],
  [418, 'GitHub answered with status 418: it refused the request.'],
  [429, 'GitHub answered with status 429: it gets too many requests.'],
  [500, 'GitHub answered with status 500: it failed.'],
  [503, 'GitHub answered with status 503: it is not available at the moment.']
])('an upstream that answered %i is told in words', async (status, said) => {
  expect((await thrown(upstreamError(status, 'GitHub')))[0]).toBe(said)
})

test('the answer of a fetch gives its status and when to try again, and nothing that the upstream wrote', async () => {
  const response = new Response('secret-7', { status: 429, statusText: 'secret-8', headers: { 'retry-after': '12' } })
  const [said, bench] = await thrown(upstreamError(response))
  expect(said).toBe(
    'The upstream service answered with status 429: it gets too many requests. It asks to try again in 12 s.'
  )
  expect(JSON.stringify(bench.frames)).not.toContain('secret')
})

test('an answer with plain headers is read as well', () => {
  const { message } = upstreamError({ status: 503, headers: { 'retry-after': '3' } })
  expect(message).toContain('try again in 3 s')
})

test.each(['Sun, 22 Nov 2026 18:00:00 GMT', 'secret', '-1', '1e9', '9999999999', ''])(
  'a Retry-After of %o is left out',
  (after) => {
    expect(upstreamError({ status: 503, headers: { 'retry-after': after } }).message).not.toContain('try again')
  }
)

test('what an upstream failed with may be kept for the log', async () => {
  const [said, bench] = await thrown(upstreamError(502, 'GitHub', { data: { url: 'https://internal.example/7' } }))
  expect(said).toBe('GitHub answered with status 502: it failed.')
  expect(bench.log.at('warn')[0]?.fields['data']).toEqual({ url: 'https://internal.example/7' })
})

const annotations = { audience: ['user' as const], priority: 0.5 }

test('every content helper makes a block that is sent as it is, with its annotations', async () => {
  const bench = new Bench()
  const bytes = new Uint8Array([1, 2, 3])
  bench.mcp.tool('all', {}, () => [
    text('a', { annotations }),
    image(bytes, 'image/png', { annotations }),
    audio('AQID', 'audio/wav', { annotations }),
    link('a://b', 'b', { annotations }),
    embed('a://b', 'text', 'text/plain', { annotations }),
    embed('a://b', bytes)
  ])
  const { message } = await (await bench.open()).call('all').ended
  expect(message?.result.content).toEqual([
    { type: 'text', text: 'a', annotations },
    { type: 'image', data: 'AQID', mimeType: 'image/png', annotations },
    { type: 'audio', data: 'AQID', mimeType: 'audio/wav', annotations },
    { type: 'resource_link', uri: 'a://b', name: 'b', annotations },
    { type: 'resource', resource: { uri: 'a://b', mimeType: 'text/plain', text: 'text' }, annotations },
    { type: 'resource', resource: { uri: 'a://b', blob: 'AQID' } }
  ])
})

test.each<[string, object]>([
  ['a priority above 1', { priority: 2 }],
  ['an audience that is nobody', { audience: ['robot'] }]
])('%s is a fault, and nothing of it is sent', async (_, wrong) => {
  const bench = new Bench()
  bench.mcp.tool('give', {}, () => text('a', { annotations: wrong }))
  const { message } = await (await bench.open()).call('give').ended
  expect(message?.error?.code).toBe(-32603)
})
