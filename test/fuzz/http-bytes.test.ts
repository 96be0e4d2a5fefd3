/** Arbitrary bytes at the port: no HTTP, almost HTTP, and HTTP in arbitrary pieces. */
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { frame } from './frames.ts'
import { offerTargets } from './offer.ts'
import { patience, Tally, throwBatches } from './settings.ts'

const tally = new Tally('byte sequences at the port')
const head = 'Host: fuzzed\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n'
const opening =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"fuzz","version":"0"}}}'
let app: FastifyInstance
let session = ''

beforeAll(async () => {
  app = Fastify({ forceCloseConnections: true })
  await app.register(handwire, { name: 'fuzzed', version: '0', hosts: ['fuzzed'] })
  offerTargets(app.mcp)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const opened = await converse([Buffer.from(post(opening, 'Connection: close\r\n'))], false)
  session = /mcp-session-id: (\S+)/.exec(opened)?.[1] ?? ''
})
afterAll(() => app.close())

/** A POST with a body. */
function post(body: string, more = ''): string {
  const named = session === '' ? '' : `Mcp-Session-Id: ${session}\r\n`
  return `POST /mcp HTTP/1.1\r\n${head}${named}${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Writes the pieces on a connection of their own; gives what came back when it is closed. */
async function converse(pieces: readonly Uint8Array[], hangUp: boolean): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more
  })
  // a server that has refused may reset what still comes
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (const piece of pieces) {
    if (socket.destroyed || socket.write(piece)) continue
    await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), closed])
  }
  if (hangUp) socket.end()
  await closed
  return text
}

/** Statuses of the answers, in order. The bodies are JSON without line breaks, so no body begins with one. */
function statuses(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((match) => Number(match[1]))
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

async function verify(): Promise<void> {
  const pong = await converse(
    [Buffer.from(post('{"jsonrpc":"2.0","id":7,"method":"ping"}', 'Connection: close\r\n'))],
    false
  )
  expect(statuses(pong)).toEqual([200])
  expect(app.mcp.host.load).toMatchObject({ sessions: 1, calls: 0 })
  tally.verify()
}

const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array).toString('latin1'))
const odd = fc.oneof(
  bytes,
  fc.constantFrom(
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    '%',
    '%zz',
    '/../',
    '?',
    '#',
    'HTTP/1.1',
    'x'.repeat(20_000)
  )
)
const requestLine = fc.oneof(
  { weight: 6, arbitrary: fc.constant('POST /mcp HTTP/1.1\r\n') },
  fc.constantFrom(
    ...['GET /mcp HTTP/1.1\r\n', 'DELETE /mcp HTTP/1.0\r\n', 'CONNECT a:1 HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n'],
    ...[
      'POST http://fuzzed/mcp HTTP/1.1\r\n',
      'POST //mcp HTTP/1.1\r\n',
      'POST /mcp%00 HTTP/1.1\r\n',
      'OPTIONS * HTTP/1.1\r\n'
    ],
    ...['POST /mcp\r\n', 'POST /mcp HTTP/9.9\r\n', 'PROPFIND /mcp HTTP/1.1\r\n', 'QUERY /mcp HTTP/1.1\r\n']
  ),
  odd
)
const line = fc.oneof(
  { weight: 3, arbitrary: fc.constant(head) },
  fc.constantFrom(
    ...[
      'Content-Length: -1\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 99999999999999999999\r\n',
      'Content-Length: 0x5\r\n'
    ],
    ...['Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding: identity\r\n'],
    ...[
      'Expect: 100-continue\r\n',
      'Expect: the worst\r\n',
      'Upgrade: websocket\r\nConnection: upgrade\r\n',
      ' folded: yes\r\n'
    ],
    ...[
      'Host: a\r\nHost: b\r\n',
      'Content-Encoding: gzip\r\n',
      'Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n',
      'no colon\r\n'
    ]
  ),
  fc.tuple(odd, odd).map(([name, value]) => `${name}: ${value}\r\n`),
  odd
)
const body = fc.oneof(
  frame,
  bytes,
  frame.map((text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`)
)
const almost = fc
  .tuple(requestLine, fc.array(line, { maxLength: 6 }), fc.constantFrom('\r\n', '\r\n', '\n', ''), body)
  .map(([first, lines, end, body]) => Buffer.from(`${first}${lines.join('')}${end}${body}`, 'latin1'))
const thrown = fc.oneof(
  { weight: 1, arbitrary: bytes.map((text) => Buffer.from(text, 'latin1')) },
  { weight: 9, arbitrary: almost }
)
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5000 })), {
  minLength: 1,
  maxLength: 5
})

test(
  'bytes that are almost HTTP are answered below 500 or the connection is closed, and the server goes on',
  async () => {
    await throwBatches(150, fc.array(fc.tuple(thrown, sizes), { minLength: 20, maxLength: 20 }), async (batch) => {
      const answers = batch.map(([bytes, sizes]) => converse(cut(bytes, sizes), true))
      for (const text of await tally.answer(Promise.all(answers))) {
        tally.count()
        for (const status of statuses(text)) expect(status, text.slice(0, 500)).toBeLessThan(500)
      }
      await verify()
    })
  },
  patience
)

test(
  'requests are answered in order, however their bytes are cut and joined',
  async () => {
    const ids = fc.array(fc.nat(), { minLength: 1, maxLength: 12 })
    await throwBatches(150, fc.tuple(ids, sizes), async ([ids, sizes]) => {
      tally.count(ids.length)
      const requests = ids.map((id, place) => {
        const last = place === ids.length - 1 ? 'Connection: close\r\n' : ''
        return post(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"later"}}`, last)
      })
      const text = await tally.answer(converse(cut(Buffer.from(requests.join('')), sizes), false))
      expect([...text.matchAll(/"id":(\d+)/g)].map((match) => Number(match[1]))).toEqual(ids)
      await verify()
    })
  },
  patience
)

test('after all that the session can be ended and nothing is left', async () => {
  const ending = `DELETE /mcp HTTP/1.1\r\nHost: fuzzed\r\nMcp-Session-Id: ${session}\r\nConnection: close\r\n\r\n`
  expect(statuses(await converse([Buffer.from(ending)], false))).toEqual([204])
  expect(app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
})
