import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Capture,
  type CaptureEvent,
  type Happening,
  headersOf,
  printCapture
} from '../../scripts/record/capture.ts'
import { grow, handOf } from '../../scripts/record/grow.ts'
import { difference, normalise } from '../../scripts/record/normalise.ts'
import { record } from '../../scripts/record/recorder.ts'
import { type RunningServer, startReference } from '../../scripts/record/servers.ts'
import { sessions } from '../../scripts/record/sessions.ts'
import { corpusDirectory, fixtureCheck, readMetaSchema } from '../../src/conform/fixture.ts'
import type { Json } from '../../src/conform/json.ts'

const directory = new URL('recordings/', corpusDirectory)
const committed = (suffix: string): string[] =>
  readdirSync(fileURLToPath(directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length).replaceAll('\\', '/'))
    .sort()
const text = (file: string): string => readFileSync(new URL(file, directory), 'utf8')
const names = committed('.jsonl')
const check = fixtureCheck(await readMetaSchema())

describe('the committed recordings', () => {
  test('every case has its capture, and every capture its case', () => {
    expect(names.length).toBeGreaterThan(0)
    expect(committed('.json')).toEqual(names)
  })

  test.each(names)('%s: normalising twice is normalising once', (name) => {
    const once = normalise(text(`${name}.jsonl`))
    expect(normalise(once)).toBe(once)
  })

  test.each(names)('%s: the case is what grows from its capture', (name) => {
    const written = text(`${name}.json`)
    const hand = handOf(check(JSON.parse(written), name))
    expect(grow(text(`${name}.jsonl`), `recordings/${name}`, hand).text).toBe(written)
  })

  test.each(names)('%s: the case grows from the normal form as well', (name) => {
    const hand = handOf(undefined)
    const raw = text(`${name}.jsonl`)
    expect(grow(normalise(raw), name, hand).text).toBe(grow(raw, name, hand).text)
  })
})

describe('three recordings of one session', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startReference()
  })
  afterAll(() => server.stop())

  const chosen = ['sdk-v1-client/elicitation', 'sdk-v1-client/calls-at-once', 'sdk-v2-client/call-with-progress']
  test.each(chosen)('%s: have the same normal form', async (name) => {
    const session = sessions.find((one) => one.name === name)!
    const captures: string[] = []
    while (captures.length < 3) captures.push(await record(session, server, '2026-11-22'))
    const [first, second, third] = captures.map(normalise)
    expect(difference(first!, second!)).toBeUndefined()
    expect(difference(first!, third!)).toBeUndefined()
    expect(new Set(captures).size).toBe(3)
  })
})

const json: [string, string][] = [['content-type', 'application/json']]
const stream: [string, string][] = [['content-type', 'text/event-stream']]
const frame = (message: Json, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
const post = (message: Json): Happening => ({
  request: { method: 'POST', target: '/mcp', headers: json, body: JSON.stringify(message) }
})
const hello = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 's', version: '1' } }
const handshake: [number, Happening][] = [
  [1, post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { capabilities: {} } })],
  [1, { answer: { status: 200, headers: json } }],
  [1, { chunk: JSON.stringify({ jsonrpc: '2.0', id: 0, result: hello }) }],
  [1, { end: true }]
]
/** A capture of these happenings, each given with its exchange. */
const capture = (...happenings: [number, Happening][]): string => {
  const events = happenings.map(([exchange, happening], ms): CaptureEvent => ({ exchange, ms, ...happening }))
  const recording: Capture['recording'] = {
    client: { name: 'c', version: '1' },
    server: { name: 's', version: '1' },
    transport: 'http',
    date: '2026-11-22'
  }
  return printCapture({ recording, events })
}
const ping = (id: number): Json => ({ jsonrpc: '2.0', id, method: 'ping' })
const pong = (id: number): Json => ({ jsonrpc: '2.0', id, result: {} })
const steps = (given: string): object[] => grow(given, 'recordings/a/b', handOf(undefined)).fixture.steps

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
    const answer = (exchange: number, id: number): [number, Happening][] => [
      [exchange, { answer: { status: 200, headers: json } }],
      [exchange, { chunk: JSON.stringify(pong(id)) }],
      [exchange, { end: true }]
    ]
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
})

test('a header that carries a secret is blanked when it is captured', () => {
  expect(headersOf(['Authorization', 'Bearer abc', 'Cookie', 'a=b', 'X-Api-Key', 'k', 'Accept', '*/*'])).toEqual([
    ['Authorization', '(blanked)'],
    ['Cookie', '(blanked)'],
    ['X-Api-Key', '(blanked)'],
    ['Accept', '*/*']
  ])
})

describe('a case', () => {
  test('awaits a volatile value by an expression', () => {
    const text = 'made 5b0f6a6e-3c0f-4e57-9d7a-0f1f4a3f9b11 at 2026-11-22T10:00:00Z (really)'
    const result = { content: [{ type: 'text', text }] }
    const given = capture(
      ...handshake,
      [2, post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'make' } })],
      [2, { answer: { status: 200, headers: json } }],
      [2, { chunk: JSON.stringify({ jsonrpc: '2.0', id: 1, result }) }],
      [2, { end: true }]
    )
    const [step] = steps(given) as { expect: { result: typeof result } }[]
    const { $re } = step!.expect.result.content[0]!.text as unknown as { $re: string }
    expect(text).toMatch(new RegExp($re, 'u'))
    expect(text.replace('2026-11-22', 'someday')).not.toMatch(new RegExp($re, 'u'))
  })

  test('drops the stream the client left, and resumes it after the event it had', () => {
    const given = capture(
      ...handshake,
      [2, post(ping(1))],
      [2, { answer: { status: 200, headers: stream } }],
      [
        2,
        { chunk: frame({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } }, 'k1') }
      ],
      [2, { abort: 'client' }],
      [3, { request: { method: 'GET', target: '/mcp', headers: [['last-event-id', 'k1']] } }],
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

  test('keeps title, level, kind, requirements and the word on edits that were written by hand', () => {
    const before = grow(text(`${names[0]}.jsonl`), 'recordings/a/b', handOf(undefined)).fixture
    const mended = {
      ...before,
      title: 'Mine',
      requirements: ['RPC-01'],
      provenance: { ...before.provenance, edits: 'all' }
    }
    const after = grow(text(`${names[0]}.jsonl`), 'recordings/a/b', handOf(mended)).fixture
    expect(after).toEqual(mended)
  })
})
