/** JSON far deeper than any recursion reaches, at every place of a message that the server looks at. */
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { faultOf } from './judge.ts'
import { offerTargets } from './offer.ts'
import { Tally } from './settings.ts'

const tally = new Tally('deep frames')
const depth = 100_000
const deep = `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`
const deepArray = `${'['.repeat(depth)}${']'.repeat(depth)}`

const call = (id: string, method: string, params: string): string =>
  `{"jsonrpc":"2.0","id":${id},"method":${method},"params":${params}}`
const opening = (members: string): string =>
  call('0', '"initialize"', `{"protocolVersion":"2025-06-18","clientInfo":{"name":"fuzz","version":"0"},${members}}`)

const frames: Record<string, string> = {
  'the frame': deep,
  'a batch': deepArray,
  jsonrpc: `{"jsonrpc":${deep},"id":1}`,
  'the id': call(deep, '"ping"', '{}'),
  'the method': call('1', deep, '{}'),
  'the params': call('1', '"ping"', deep),
  'positional params': call('1', '"ping"', deepArray),
  'the params of an unknown method': call('1', '"x"', deep),
  'the params of a notification': `{"jsonrpc":"2.0","method":"notifications/cancelled","params":${deep}}`,
  'the metadata': call('1', '"tools/list"', `{"_meta":${deep}}`),
  'the progress token': call('1', '"tools/list"', `{"_meta":{"progressToken":${deep}}}`),
  'a cursor': call('1', '"tools/list"', `{"cursor":${deep}}`),
  'a log level': call('1', '"logging/setLevel"', `{"level":${deep}}`),
  'arguments that fit': call('1', '"tools/call"', `{"name":"any","arguments":${deep}}`),
  'arguments that do not fit': call('1', '"tools/call"', `{"name":"sum","arguments":${deep}}`),
  'arguments that are kept': call('1', '"tools/call"', `{"name":"note","arguments":${deep}}`),
  'the name of a tool': call('1', '"tools/call"', `{"name":${deep}}`),
  'the arguments of a prompt': call('1', '"prompts/get"', `{"name":"named","arguments":${deep}}`),
  'a reference': call('1', '"completion/complete"', `{"ref":${deep},"argument":{"name":"a","value":"b"}}`),
  'the context of a completion': call(
    '1',
    '"completion/complete"',
    `{"ref":{"type":"ref/prompt","name":"named"},"argument":{"name":"name","value":"b"},"context":${deep}}`
  ),
  'a result': `{"jsonrpc":"2.0","id":1,"result":${deep}}`,
  'an error': `{"jsonrpc":"2.0","id":1,"error":${deep}}`,
  'the data of an error': `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":${deep}}}`,
  'a capability': opening(`"capabilities":{"elicitation":${deep}}`),
  'an experimental capability': opening(`"capabilities":{"experimental":${deep}}`),
  'the capabilities': opening(`"capabilities":{"roots":${deep}}`),
  'an extra member of initialize': opening(`"capabilities":{},"other":${deep}`)
}

describe.each([true, false])('with teach %s', (teach) => {
  test.each(Object.entries(frames))('%s may be nested deep', { timeout: 5000 }, async (_, frame) => {
    tally.count()
    const app = Fastify()
    await app.register(handwire, { name: 'fuzzed', version: '0', teach })
    offerTargets(app.mcp)
    onTestFinished(() => app.close())
    const headers = { host: 'localhost', 'content-type': 'application/json' }
    const payload = opening('"capabilities":{}')
    const opened = await app.inject({ method: 'POST', url: '/mcp', headers, payload })
    const session = { 'mcp-session-id': opened.headers['mcp-session-id'] as string }
    const answer = await tally.answer(
      app.inject({
        method: 'POST',
        url: '/mcp',
        headers: frame.includes('"initialize"') ? headers : { ...headers, ...session },
        payload: frame
      })
    )
    const type = answer.headers['content-type']?.toString().split(';')[0]
    expect(faultOf(frame, { status: answer.statusCode, type, body: answer.body })).toBeUndefined()
  })
})
