/** The case that grows from a capture (format page, 8, rules 9 and 10). */
import { describe, expect, test } from 'vitest'
import { fixtureCheck, readMetaSchema } from '../../../src/conform/fixture.ts'
import type { Json } from '../../../src/conform/json.ts'
import type { HeaderList } from '../../../src/conform/record/capture.ts'
import { grow, handOf } from '../../../src/conform/record/grow.ts'
import {
  answered,
  capture,
  fixtureOf,
  frame,
  get,
  greeted,
  greeting,
  grown,
  handshake,
  initialized,
  json,
  ping,
  pipeHandshake,
  pipes,
  pong,
  post,
  steps,
  stream
} from './captures.ts'

const check = fixtureCheck(await readMetaSchema())
const call = (id: number, params: { [member: string]: Json } = { name: 'make' }): Json => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params
})
const tools = (id: number, names: string[], nextCursor?: string): Json => {
  const list = names.map((name) => ({ name, inputSchema: { type: 'object' } }))
  return { jsonrpc: '2.0', id, result: { tools: list, ...(nextCursor === undefined ? {} : { nextCursor }) } }
}
const list = (id: number, cursor?: string): Json => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/list',
  ...(cursor === undefined ? {} : { params: { cursor } })
})

describe('what the server said', () => {
  test('is awaited by an expression where it is volatile', () => {
    const text = 'made 5b0f6a6e-3c0f-4e57-9d7a-0f1f4a3f9b11 at 2026-11-22T10:00:00Z (really)'
    const result = { content: [{ type: 'text', text }] }
    const { fixture, loosened } = grown(
      capture(...handshake, ...answered(2, post(call(1)), { jsonrpc: '2.0', id: 1, result }))
    )
    const [step] = fixture.steps as unknown as { expect: { result: typeof result } }[]
    const { $re } = step!.expect.result.content[0]!.text as unknown as { $re: string }
    expect(text).toMatch(new RegExp($re, 'u'))
    expect(text.replace('2026-11-22', 'someday')).not.toMatch(new RegExp($re, 'u'))
    expect(loosened).toEqual(['tools/call /result/content/0/text'])
  })

  test('is graded where another error code is legal', () => {
    const error = { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'no such tool' } }
    expect(steps(capture(...handshake, ...answered(2, post(call(1)), error)))).toMatchObject([
      {
        accept: [
          { match: { error: { code: -32602 } }, grade: 'ok' },
          { match: { error: { code: { $is: 'integer' } } }, grade: 'info' }
        ]
      }
    ])
  })

  test('is a list that may be empty and may have one page, unless the client went on to the next', () => {
    const given = capture(...handshake, ...answered(2, post(list(1)), tools(1, ['a'], 'next')))
    const shape = {
      $is: 'array',
      $each: { name: { $is: 'string' }, inputSchema: { type: 'object' } },
      $distinct: '/name'
    }
    expect(steps(given)).toEqual([
      { request: { id: 1, method: 'tools/list' }, expect: { id: 1, result: { tools: shape } } }
    ])
  })

  test('is skipped where the client followed a cursor that another server does not give', () => {
    const given = capture(
      ...handshake,
      ...answered(2, post(list(1)), tools(1, ['a'], 'next')),
      ...answered(3, post(list(2, 'next')), tools(2, ['b']))
    )
    expect(steps(given).slice(1)).toMatchObject([
      {
        match: [{ result: { nextCursor: { $set: 'cursor-1' } } }],
        orSkip: 'the server gives the whole list on one page'
      },
      { request: { id: 2, method: 'tools/list', params: { cursor: { $get: 'cursor-1' } } } }
    ])
  })

  test('is all progress of one token at once, on whatever stream it came', () => {
    const progress = (step: number): Json => ({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: step }
    })
    const given = capture(
      ...handshake,
      [2, get()],
      [2, { answer: { status: 200, headers: stream } }],
      [3, post(call(1, { name: 'make', _meta: { progressToken: 'p' } }))],
      [2, { chunk: frame(progress(1)) }],
      [3, { answer: { status: 200, headers: stream } }],
      [3, { chunk: frame(progress(2)) + frame(pong(1)) }],
      [3, { end: true }]
    )
    const progressToken = 'token-1'
    expect(steps(given).slice(-1)).toMatchObject([
      {
        collect: { where: { params: { progressToken } } },
        match: [{ params: { progress: 1 } }, { params: { progress: 2 } }]
      }
    ])
  })

  test('is not awaited where it was a ping, and the client does not answer it', () => {
    const { fixture, notes } = grown(
      pipes(...pipeHandshake, ['client', ping(1)], ['server', ping('s')], ['client', pong('s')], ['server', pong(1)])
    )
    expect(fixture.steps).toEqual([
      { request: { id: 1, method: 'ping' } },
      { expect: { message: { id: 1, result: {} } } }
    ])
    expect(notes).toEqual(['pings of the server, and their answers, are left out'])
  })

  test('is told of where it was no message', () => {
    const { fixture, notes } = grown(
      pipes(...pipeHandshake, ['server', 'listening!'], ['client', ping(1)], ['server', pong(1)])
    )
    expect(fixture.steps).toHaveLength(1)
    expect(notes).toEqual(['what the server said and is no message is left out: "listening!"'])
  })
})

describe('what the client did', () => {
  test('is dropping a stream and resuming it after the event it had', () => {
    const message: Json = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } }
    const given = capture(
      ...handshake,
      [2, post(ping(1))],
      [2, { answer: { status: 200, headers: stream } }],
      [2, { chunk: frame(message, 'k1') }],
      [2, { abort: 'client' }],
      [3, get([['last-event-id', 'k1']])],
      [3, { answer: { status: 200, headers: stream } }],
      [3, { chunk: frame(pong(1), 'k2') }],
      [3, { end: true }]
    )
    expect(steps(given)).toMatchObject([
      { request: { id: 1, method: 'ping' }, as: 'stream-2' },
      { expect: { message: { method: 'notifications/message' }, sse: { id: { $set: 'event-1' } } } },
      { drop: 'stream-2' },
      { listen: 'stream-3', lastEventId: { $get: 'event-1' } },
      { expect: { on: 'stream-3', message: { id: 1, result: {} } } }
    ])
  })

  test('is resuming after an event that carried no message', () => {
    const given = capture(
      ...handshake,
      [2, post(ping(1))],
      [2, { answer: { status: 200, headers: stream } }],
      [2, { chunk: 'id: k1\nretry: 10\ndata: \n\n' }],
      [2, { abort: 'server' }],
      [3, get([['last-event-id', 'k1']])],
      [3, { answer: { status: 200, headers: stream } }],
      [3, { chunk: frame(pong(1), 'k2') }],
      [3, { end: true }]
    )
    const { fixture, notes } = grown(given)
    expect(fixture.steps).toMatchObject([
      { request: { id: 1 }, as: 'stream-2' },
      { expect: { sse: { id: { $set: 'event-1' } } } },
      { drop: 'stream-2' },
      { listen: 'stream-3', lastEventId: { $get: 'event-1' } },
      { expect: { on: 'stream-3' } }
    ])
    expect(notes).toContain('a connection that broke is dropped by the client of the case')
  })

  test('is listening again, for which the first stream makes room', () => {
    const given = capture(
      ...handshake,
      [2, get()],
      [2, { answer: { status: 200, headers: stream } }],
      [2, { end: true }],
      [3, get()],
      [3, { answer: { status: 200, headers: stream } }],
      ...answered(4, post(ping(1)), pong(1))
    )
    expect(steps(given)).toMatchObject([{ drop: 'listen' }, { listen: 'stream-3' }, { request: { id: 1 } }])
  })

  test('is answering a request of the server under the id it had', () => {
    const given = pipes(
      ...pipeHandshake,
      ['client', call(1)],
      ['server', { jsonrpc: '2.0', id: 'ask me', method: 'roots/list' }],
      ['client', { jsonrpc: '2.0', id: 'ask me', result: { roots: [] } }],
      ['server', { jsonrpc: '2.0', id: 1, result: { content: [] } }]
    )
    expect(steps(given).slice(1, 3)).toEqual([
      { expect: { message: { id: { $set: 'ask-1' }, method: 'roots/list' } } },
      { respond: { id: { $get: 'ask-1' }, result: { roots: [] } } }
    ])
  })

  test('is an answer to nothing, which is sent all the same', () => {
    expect(steps(pipes(...pipeHandshake, ['client', pong('nobody asked')]))).toEqual([
      { respond: { id: 'ask-1', result: {} } }
    ])
  })

  test('is no message on stdio: a line as it stands', () => {
    const error: Json = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }
    const fixture = fixtureOf(pipes(...pipeHandshake, ['client', '{"jsonrpc":'], ['server', error]))
    expect(fixture.transports).toEqual(['stdio'])
    expect(fixture.steps).toMatchObject([
      { line: '{"jsonrpc":' },
      { expect: { message: { error: { code: { $is: 'integer' } } } } }
    ])
  })

  test('is no message over HTTP: a raw exchange', () => {
    const headers: HeaderList = [...json, ['mcp-protocol-version', '2025-06-18']]
    const bad = { request: { method: 'POST', target: '/mcp', headers, body: '[1,' } }
    const error: Json = { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } }
    const fixture = fixtureOf(capture(...handshake, ...answered(2, bad, error, 400)))
    expect(fixture.transports).toEqual(['http'])
    expect(fixture.steps).toEqual([
      {
        http: { method: 'POST', raw: '[1,' },
        expect: { status: 400, message: { error: { code: { $is: 'integer' } } } }
      }
    ])
  })

  test('is a message of another JSON-RPC, which goes as it was', () => {
    const old = { id: 1, method: 'ping' }
    const error: Json = { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no' } }
    expect(steps(capture(...handshake, ...answered(2, post(old), error, 400)))).toMatchObject([
      { http: { body: { id: 1, method: 'ping' } } }
    ])
    expect(steps(pipes(...pipeHandshake, ['client', old]))).toEqual([{ line: '{"id":1,"method":"ping"}' }])
  })

  test('is a refused request with headers of its own, which are given', () => {
    const evil = post(ping(1), [
      ['Origin', 'http://evil.example'],
      ['MCP-Protocol-Version', '2025-06-18']
    ])
    const body: Json = { jsonrpc: '2.0', error: { code: -32600, message: 'no' } }
    expect(steps(capture(...handshake, ...answered(2, evil, body, 403)))).toMatchObject([
      { http: { method: 'POST', headers: { origin: 'http://evil.example' } }, expect: { status: 403 } }
    ])
  })

  test('is told of where it used headers of its own and was served', () => {
    const { fixture, notes } = grown(capture(...handshake, ...answered(2, post(ping(1)), pong(1))))
    expect(fixture.transports).toEqual(['http', 'stdio'])
    expect(notes).toEqual(["the client's own mcp-protocol-version is not in the case: a runner sends what is usual"])
  })

  test('is cancelling on stdio: no answer may come', () => {
    const cancelled: Json = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 9 } }
    const given = pipes(
      ...pipeHandshake,
      ['client', call(9)],
      ['client', cancelled],
      ['client', ping(10)],
      ['server', pong(10)]
    )
    expect(steps(given)).toMatchObject([
      { request: { id: 1 } },
      { notify: { params: { requestId: 1 } } },
      { request: { id: 2 }, expect: { id: 2 } },
      { never: { message: { id: 1, method: { $absent: true } } } }
    ])
  })

  test('is silent for a second, which is noted', () => {
    const late = pipes(...pipeHandshake, ['client', ping(1)], ['server', pong(1)]).replace('"ms":3', '"ms":2500')
    expect(steps(late)).toMatchObject([{ note: 'the client was silent for more than a second' }])
  })

  test('cannot be sent where the format would read a name in it', () => {
    const name = '$' + '{home}'
    expect(() => grown(pipes(...pipeHandshake, ['client', `not json ${name}`]))).toThrow(
      'cannot send this as it stands'
    )
    expect(steps(pipes(...pipeHandshake, ['client', call(1, { name })]))).toMatchObject([
      { request: { params: { name: { $lit: name } } } }
    ])
  })
})

describe('the opening', () => {
  test('is folded into the implicit handshake, with what the client can do', () => {
    const capabilities = { roots: { listChanged: true } }
    const hi = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { capabilities } }
    const {
      client,
      steps: own,
      teardown
    } = fixtureOf(
      capture(
        ...answered(1, post(hi), greeted),
        [2, post(initialized)],
        [2, { answer: { status: 202, headers: [] } }],
        [2, { end: true }],
        ...answered(3, post(ping(1)), pong(1)),
        [4, { request: { method: 'DELETE', target: '/mcp', headers: [] } }],
        [4, { answer: { status: 204, headers: [] } }],
        [4, { end: true }]
      )
    )
    expect({ client, own, teardown }).toMatchObject({
      client: { capabilities, listen: false },
      own: [{ request: { method: 'ping' } }]
    })
  })

  test('is the case where the session was nothing else, and needs what a server may leave out', () => {
    const fixture = fixtureOf(
      capture(
        ...answered(1, post(greeting), greeted, 200, [['Mcp-Session-Id', 'abc']]),
        [2, { request: { method: 'DELETE', target: '/mcp', headers: [['Mcp-Session-Id', 'abc']] } }],
        [2, { answer: { status: 200, headers: [] } }],
        [2, { end: true }]
      )
    )
    expect(fixture).toMatchObject({
      needs: { features: ['session', 'delete'] },
      client: { handshake: false },
      teardown: false,
      steps: [
        { accept: [{ grade: 'ok', match: { result: { protocolVersion: '2025-06-18' } } }, { grade: 'info' }] },
        { http: { method: 'DELETE' }, expect: { status: { $num: [200, 299] } } }
      ]
    })
    expect(check(fixture, 'the case')).toBe(fixture)
  })

  test('is the case on stdio, where the process must leave when stdin is closed', () => {
    const fixture = fixtureOf(
      pipes(...pipeHandshake, { from: 'client', end: true }, { exit: { code: 0, signal: null } })
    )
    expect(fixture.transports).toEqual(['stdio'])
    expect(fixture.steps.slice(1)).toEqual([
      { notify: { method: 'notifications/initialized' } },
      { eof: true },
      { exit: {} }
    ])
  })

  test('leaves out what was refused before it, and what went elsewhere', () => {
    const elsewhere = { request: { method: 'GET', target: '/.well-known/oauth-protected-resource', headers: [] } }
    const probe = post({ jsonrpc: '2.0', id: 7, method: 'server/discover' })
    const { fixture, notes } = grown(
      capture(
        ...answered(1, probe, { jsonrpc: '2.0', id: 7, error: { code: -32601, message: 'no' } }, 400),
        ...answered(2, post(greeting), greeted),
        ...answered(3, elsewhere, {}, 404),
        ...answered(4, post(ping(1)), pong(1))
      )
    )
    expect(fixture.steps).toMatchObject([{ request: { method: 'ping' } }])
    expect(notes.filter((note) => note.includes('left out'))).toEqual([
      'server/discover is left out: it is not part of the session',
      'GET /.well-known/oauth-protected-resource is left out: it is not part of the session'
    ])
  })

  test('is done by the case itself where no handshake succeeded', () => {
    const fixture = fixtureOf(capture(...answered(1, post(ping(1)), pong(1))))
    expect(fixture).toMatchObject({
      client: { handshake: false },
      revision: ['2025-06-18'],
      steps: [{ request: { method: 'ping' } }]
    })
  })
})

describe('what the case needs', () => {
  const resources = (id: number, uris: string[]): Json => ({
    jsonrpc: '2.0',
    id,
    result: { resources: uris.map((uri) => ({ uri, name: uri })) }
  })
  const templates = (id: number, all: string[]): Json => ({
    jsonrpc: '2.0',
    id,
    result: { resourceTemplates: all.map((uriTemplate) => ({ uriTemplate, name: uriTemplate })) }
  })
  const ask = (id: number, method: string, params?: Json): Json => ({
    jsonrpc: '2.0',
    id,
    method,
    ...(params === undefined ? {} : { params })
  })
  const read = (id: number, uri: string): ReturnType<typeof answered> =>
    answered(id, post(ask(id, 'resources/read', { uri })), { jsonrpc: '2.0', id, result: { contents: [] } })

  test('is the resource that was read, when nobody looked it up', () => {
    expect(fixtureOf(capture(...handshake, ...read(2, 'a://b'))).needs).toEqual({
      capabilities: ['/resources'],
      resources: ['a://b']
    })
  })

  test('is the template of a resource that was not in the list', () => {
    const given = capture(
      ...handshake,
      ...answered(2, post(ask(2, 'resources/list')), resources(2, ['a://other'])),
      ...answered(3, post(ask(3, 'resources/templates/list')), templates(3, ['x://{id}', 'a://{id}/data'])),
      ...read(4, 'a://7/data')
    )
    expect(fixtureOf(given).needs).toEqual({ capabilities: ['/resources'], templates: ['a://{id}/data'] })
  })

  test('is no capability where the method was not found', () => {
    const error: Json = { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'no' } }
    expect(fixtureOf(capture(...handshake, ...answered(2, post(ask(2, 'prompts/list')), error))).needs).toBeUndefined()
  })
})

describe('no case grows', () => {
  test('where the server broke off without a word', () => {
    expect(() => grown(capture(...handshake, [2, post(ping(1))], [2, { abort: 'server' }]))).toThrow(
      'broke off without an answer to ping'
    )
    expect(() => grown(pipes(...pipeHandshake, ['client', ping(1)], { exit: { code: 1, signal: null } }))).toThrow(
      'broke off'
    )
  })

  test('where nothing was said that a case could ask for', () => {
    expect(() => grown(pipes(['server', 'hello']))).toThrow('nothing was said')
  })

  test('where two sessions are in one capture', () => {
    const two = capture(
      ...answered(1, post(greeting), greeted),
      ...answered(2, post(ping(1)), pong(1)),
      ...answered(3, post(greeting), greeted),
      ...answered(4, post(ping(1)), pong(1))
    )
    expect(() => grown(two)).toThrow('a recording holds one session')
  })
})

describe('the words of a case', () => {
  const given = capture(...handshake, ...answered(2, post(ping(1)), pong(1)))

  test('are kept when it is grown again', () => {
    const before = fixtureOf(given)
    const mended = {
      ...before,
      title: 'Mine',
      level: 'MUST' as const,
      kind: 'negative' as const,
      requirements: ['RPC-01'],
      provenance: { ...before.provenance, edits: 'all' }
    }
    expect(grow(given, 'recordings/a/b', handOf(mended)).fixture).toEqual(mended)
  })

  test('are few until somebody writes them: level MAY and no requirement', () => {
    expect(fixtureOf(given)).toMatchObject({ level: 'MAY', requirements: [], kind: 'positive' })
    expect(fixtureOf(given).provenance).not.toHaveProperty('edits')
  })
})
