/** The normal form of a capture: what does not count is gone, and what raced has one order (format page, 8, rules 1 to 8). */
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../src/conform/json.ts'
import type { Happening } from '../../../src/conform/record/capture.ts'
import { difference, normalise } from '../../../src/conform/record/normalise.ts'
import {
  answered,
  capture,
  frame,
  get,
  greeted,
  greeting,
  handshake,
  initialized,
  json,
  ping,
  pipeHandshake,
  pipes,
  pong,
  post,
  stream
} from './captures.ts'

describe('the normal form', () => {
  test('does not know where chunks ended, how lines ended or that the connection was kept alive', () => {
    const whole = capture(
      [1, post(ping(1))],
      [1, { answer: { status: 200, headers: stream } }],
      [1, { chunk: frame(pong(1)) }]
    )
    const cut = capture(
      [1, post(ping(1))],
      [1, { answer: { status: 200, headers: stream } }],
      [1, { chunk: `:\n${frame(pong(1)).slice(0, 9)}` }],
      [1, { chunk: `${frame(pong(1)).slice(9).trimEnd()}\r\n\r` }]
    )
    expect(normalise(cut)).toBe(normalise(whole))
  })

  test('keeps the headers that mean something, with the media type alone', () => {
    const given = capture(
      [
        1,
        {
          request: {
            method: 'GET',
            target: '/mcp',
            headers: [
              ['Accept', 'text/event-stream'],
              ['User-Agent', 'x']
            ]
          }
        }
      ],
      [
        1,
        {
          answer: {
            status: 405,
            headers: [
              ['Allow', 'POST'],
              ['Date', 'today'],
              ['Content-Type', 'Text/Plain; a=b']
            ]
          }
        }
      ]
    )
    const lines = normalise(given).split('\n')
    expect(lines[1]).toContain('"headers":[["accept","text/event-stream"]]')
    expect(lines[2]).toContain('"headers":[["allow","POST"],["content-type","text/plain"]]')
  })

  test('has the same order for requests that overlap, whichever came first', () => {
    const answer = (exchange: number, id: number): [number, Happening][] =>
      answered(exchange, post(ping(id)), pong(id)).slice(1)
    const one: [number, Happening] = [1, post(ping(1))]
    const other: [number, Happening] = [2, post(ping(2))]
    const straight = normalise(capture(one, other, ...answer(1, 1), ...answer(2, 2)))
    expect(normalise(capture(other, one, ...answer(2, 2), ...answer(1, 1)))).toBe(straight)
    expect(normalise(capture(one, other, ...answer(2, 2), ...answer(1, 1)))).toBe(straight)
  })

  test('names identifiers in the order they appear and keeps their types', () => {
    const normal = normalise(
      capture(
        [1, post(ping(41))],
        [1, { answer: { status: 200, headers: stream } }],
        [1, { chunk: frame({ jsonrpc: '2.0', id: 'x9', method: 'ping' }, 'e-77') + frame(pong(41), 'e-78') }],
        [2, post({ jsonrpc: '2.0', id: 'x9', result: {} })]
      )
    )
    expect(normal).toContain(String.raw`id: event-1\ndata: {\"id\":\"ask-1\"`)
    expect(normal).toContain(String.raw`id: event-2\ndata: {\"id\":0,`)
    expect(normal).toContain(String.raw`"body":"{\"id\":\"ask-1\"`)
  })

  test('gives an answer of the client to the first request with its id that came before it', () => {
    const asks = (exchange: number): [number, Happening] => [
      exchange,
      { chunk: frame({ jsonrpc: '2.0', id: 0, method: 'roots/list' }) }
    ]
    const replies = (exchange: number, roots: string): [number, Happening] => [
      exchange,
      post({ jsonrpc: '2.0', id: 0, result: { roots } })
    ]
    const opens = (exchange: number, id: number): [number, Happening][] => [
      [exchange, post(ping(id))],
      [exchange, { answer: { status: 200, headers: stream } }]
    ]
    const given = capture(
      ...opens(1, 1),
      asks(1),
      replies(2, 'one'),
      [1, { end: true }],
      ...opens(3, 2),
      asks(3),
      replies(4, 'two')
    )
    const bodies = normalise(given)
      .split('\n')
      .filter((line) => line.includes('roots'))
    expect(bodies.map((line) => /roots\/list|one|two/.exec(line)?.[0])).toEqual([
      'roots/list',
      'one',
      'roots/list',
      'two'
    ])
  })

  test('puts what was said on a listening stream where it was awaited, also on the second one', () => {
    const given = capture(
      ...handshake,
      [2, get()],
      [2, { answer: { status: 200, headers: stream } }],
      [2, { abort: 'client' }],
      [3, get()],
      [3, { answer: { status: 200, headers: stream } }],
      [4, post(ping(1))],
      [3, { chunk: frame({ jsonrpc: '2.0', id: 5, method: 'roots/list' }) }],
      [5, post({ jsonrpc: '2.0', id: 5, result: { roots: [] } })],
      [4, { answer: { status: 200, headers: json } }],
      [4, { chunk: JSON.stringify(pong(1)) }],
      [4, { end: true }],
      ...answered(6, post(ping(2)), pong(2))
    )
    const order = normalise(given).match(/roots\/list|roots\\":|\\"ping|\\"result\\":\{\}/g)
    expect(order).toEqual(['\\"ping', 'roots/list', 'roots\\":', '\\"result\\":{}', '\\"ping', '\\"result\\":{}'])
  })

  test('refuses a message that names a member twice', () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[{"b":1,"b":2}]}}'
    const given = capture([1, { request: { method: 'POST', target: '/mcp', headers: json, body } }])
    expect(() => normalise(given)).toThrow('the member "b" is there twice')
  })

  test('refuses what looks like a secret', () => {
    const given = capture([
      1,
      post({ jsonrpc: '2.0', id: 1, method: 'ping', params: { header: 'Bearer abcdefghijkl' } })
    ])
    expect(() => normalise(given)).toThrow('looks like a secret')
  })

  test('refuses a body in an encoding that nobody here can read', () => {
    const given = capture(
      [1, post(ping(1))],
      [1, { answer: { status: 200, headers: json } }],
      [1, { chunk: { unread: 5 } }]
    )
    expect(() => normalise(given)).toThrow('cannot be read')
  })

  test('leaves holes where a server says what is different every time', () => {
    const said =
      'took 12.5 ms in pid 4711, build 0123456789abcdef, at 2026-11-22T10:00:00Z on localhost:3000 in /home/me/x'
    const result = { content: [{ type: 'text', text: said }] }
    const normal = normalise(capture(...answered(1, post(ping(1)), { jsonrpc: '2.0', id: 1, result })))
    expect(normal).toContain('took {{duration}} in {{process}}, build {{hex}}, at {{time}} on {{host}} in {{path}}')
  })
})

describe('the normal form of stdio', () => {
  const call = (id: number): Json => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'a', _meta: { progressToken: id } }
  })
  const progress = (token: number): Json => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: token, progress: 1 }
  })

  test('does not know where lines were cut, and how they ended', () => {
    const whole = pipes(...pipeHandshake, ['client', ping(1)], ['server', pong(1)])
    const text = JSON.stringify(ping(1))
    const cut = pipes(
      ['client', greeting],
      ['server', greeted],
      { from: 'client', chunk: `${JSON.stringify(initialized)}\r\n${text.slice(0, 7)}` },
      { from: 'client', chunk: text.slice(7) },
      { from: 'client', chunk: '\n' },
      { from: 'server', chunk: `${JSON.stringify(pong(1)).slice(0, 3)}` },
      { from: 'server', chunk: `${JSON.stringify(pong(1)).slice(3)}\n` }
    )
    expect(normalise(cut)).toBe(normalise(whole))
  })

  test('is not changed by a character that two chunks share', () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...(ping(1) as object), params: { é: '→' } })}\n`)
    const cuts = Array.from({ length: bytes.length - 1 }, (_, place) => {
      const [one, other] = [bytes.subarray(0, place + 1), bytes.subarray(place + 1)]
      const chunk = (piece: Buffer) => ({ from: 'client' as const, chunk: { base64: piece.toString('base64') } })
      return normalise(pipes(...pipeHandshake, chunk(one), chunk(other)))
    })
    expect(new Set(cuts).size).toBe(1)
    expect(cuts[0]).toContain('→')
  })

  test('has the same order for calls that overlap, however their answers were woven', () => {
    const both = ['client', call(1), call(2)] as Parameters<typeof pipes>[0]
    const straight = pipes(
      ...pipeHandshake,
      both,
      ['server', progress(1)],
      ['server', pong(1)],
      ['server', progress(2)],
      ['server', pong(2)]
    )
    const woven = pipes(...pipeHandshake, both, ['server', progress(2), progress(1), pong(2)], ['server', pong(1)])
    expect(normalise(woven)).toBe(normalise(straight))
  })

  test('normalised again is the same, with lines of every kind', () => {
    const given = pipes(
      ...pipeHandshake,
      ['client', 'not json', ping(1)],
      ['server', { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'no' } }, 'a banner', pong(1)],
      ['server', { jsonrpc: '2.0', id: 'q', method: 'roots/list' }],
      ['client', { jsonrpc: '2.0', id: 'q', result: { roots: [] } }, call(2), call(3)],
      [
        'server',
        progress(3),
        pong(3),
        { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } },
        pong(2)
      ],
      { from: 'client', end: true },
      { exit: { code: 0, signal: null } }
    )
    const once = normalise(given)
    expect(normalise(once)).toBe(once)
    expect(once.split('\n').length).toBeGreaterThan(15)
  })

  test('refuses a line that names a member twice', () => {
    expect(() => normalise(pipes(['client', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}']))).toThrow(
      'the member "id" is there twice'
    )
  })
})

test('two normal forms part at the first line that differs', () => {
  expect(difference('a\nb\nc\n', 'a\nb\nc\n')).toBeUndefined()
  expect(difference('a\nb\nc\n', 'a\nx\nc\n')).toEqual({ line: 2, one: 'b', other: 'x' })
  expect(difference('a\n', 'a\nb\n')).toEqual({ line: 2, one: '', other: 'b' })
})
