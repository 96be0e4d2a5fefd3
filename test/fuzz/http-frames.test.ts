/** Arbitrary frames and headers at the HTTP endpoint, one after the other. */
import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { Oracle } from '../support/oracle.ts'
import { frame } from './frames.ts'
import { type Answer, faultOf } from './judge.ts'
import { offerTargets } from './offer.ts'
import { patience, Tally, throwBatches } from './settings.ts'

type Headers = Record<string, string>

const tally = new Tally('frames at HTTP')
const initialize =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"fuzz","version":"0"}}}'
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}'
let oracle = new Oracle()
/** Sessions of the batch. */
const opened: string[] = []
let app: FastifyInstance

beforeAll(async () => {
  app = Fastify()
  await app.register(handwire, { name: 'fuzzed', version: '0', teach: true, onFrame: (tapped) => oracle.tap(tapped) })
  offerTargets(app.mcp)
  await app.ready()
})
afterAll(() => app.close())

async function post(payload: string | Buffer, headers: Headers): Promise<Answer & { session: string | undefined }> {
  const {
    statusCode,
    headers: answered,
    body
  } = await tally.answer(app.inject({ method: 'POST', url: '/mcp', headers, payload }))
  const { 'content-type': type, 'mcp-session-id': session } = answered as Headers
  return { status: statusCode, type: type?.split(';')[0], body, session }
}

const quote = Buffer.from('"')
const plain: Headers = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream'
}

/** Opens a session, has it thrown at, and ends it and all that were opened on the way: nothing is left. */
async function inSession(check: (session: string) => Promise<void>): Promise<void> {
  oracle = new Oracle()
  const session = (await post(initialize, plain)).session as string
  opened.push(session)
  try {
    expect((await post(initialized, { ...plain, 'mcp-session-id': session })).status).toBe(202)
    await check(session)
  } finally {
    for (const id of opened.splice(0)) {
      await app.inject({ method: 'DELETE', url: '/mcp', headers: { host: 'localhost', 'mcp-session-id': id } })
    }
  }
  expect(app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
  oracle.verify()
  tally.verify()
}
async function throwAt(payload: string, headers: Headers): Promise<void> {
  tally.count()
  const answer = await post(payload, headers)
  if (answer.session !== undefined) opened.push(answer.session)
  const fault = faultOf(payload, answer)
  if (fault !== undefined) {
    expect.fail(`${fault}: ${answer.status} ${answer.body.slice(0, 300)} for ${payload.slice(0, 1000)}`)
  }
}

test(
  'every frame gets one answer that fits it, and never a 500',
  async () => {
    await throwBatches(600, fc.array(frame, { minLength: 50, maxLength: 50 }), (frames) =>
      inSession(async (session) => {
        const headers = { ...plain, 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' }
        for (const text of frames) await throwAt(text, headers)
        const pong = await post('{"jsonrpc":"2.0","id":"still","method":"ping"}', headers)
        expect(pong.body).toBe('{"jsonrpc":"2.0","id":"still","result":{}}')
      })
    )
  },
  patience
)

const field = fc.oneof(
  fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('', '*/*', ',', ';', '"', 'q=', '__proto__', 'x'.repeat(9000), 'null', '2025-06-18', '.1', '-1.-1')
)
const maybe = (...usual: string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...usual) },
    { weight: 2, arbitrary: field },
    { weight: 1, arbitrary: fc.constant(undefined) }
  )
const mine = 'mine'
const headers = fc.record({
  host: maybe('localhost', '127.0.0.1', '[::1]', 'localhost.evil.example'),
  origin: fc.option(maybe('http://localhost', 'null', 'https://evil.example'), { nil: undefined, freq: 3 }),
  accept: maybe(
    'application/json, text/event-stream',
    'text/event-stream;q=0.1,application/json;q=NaN',
    '*/*',
    'application/*;q=0, text/*'
  ),
  'content-type': maybe(
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset="utf8"',
    'text/plain'
  ),
  'mcp-session-id': maybe(mine, mine, mine, 'unknown'),
  'mcp-protocol-version': maybe('2025-06-18', '2025-03-26'),
  'last-event-id': fc.option(field, { nil: undefined, freq: 4 }),
  'x-other': fc.option(field, { nil: undefined, freq: 4 })
})

function filled(given: Record<string, string | undefined>, session: string): Headers {
  const kept = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(kept.map(([name, value]) => [name, value === mine ? session : value]))
}

test(
  'every frame gets such an answer whatever the headers say',
  async () => {
    await throwBatches(300, fc.array(fc.tuple(frame, headers), { minLength: 40, maxLength: 40 }), (thrown) =>
      inSession(async (session) => {
        for (const [text, given] of thrown) await throwAt(text, filled(given, session))
      })
    )
  },
  patience
)

test(
  'bytes in a text are taken when they are UTF-8, and the message is refused without an id when they are not',
  async () => {
    const bytes = fc.uint8Array({ min: 0x80, max: 0xf4, minLength: 1, maxLength: 4 }).map((array) => Buffer.from(array))
    const texts = fc.oneof(
      bytes,
      fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => Buffer.from(text))
    )
    const before = Buffer.from(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"any","arguments":{"t":['
    )
    await throwBatches(60, fc.array(texts, { minLength: 50, maxLength: 50 }), (thrown) =>
      inSession(async (session) => {
        for (const text of thrown) {
          tally.count()
          const quoted = isUtf8(text)
            ? Buffer.from(JSON.stringify(text.toString()))
            : Buffer.concat([quote, text, quote])
          const frame = Buffer.concat([before, quoted, Buffer.from(']}}}')])
          const answer = await post(frame, { ...plain, 'mcp-session-id': session })
          if (isUtf8(text)) expect(answer.status).toBe(200)
          else expect([answer.status, answer.body.includes('"id"')]).toEqual([400, false])
        }
      })
    )
  },
  patience
)

test(
  'GET, DELETE and other methods are answered whatever the headers say',
  async () => {
    const method = fc.constantFrom('GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD')
    await throwBatches(100, fc.array(fc.tuple(method, headers), { minLength: 20, maxLength: 20 }), (thrown) =>
      inSession(async (session) => {
        for (const [method, given] of thrown) {
          tally.count()
          const answer = await app.inject({
            method: method as 'GET',
            url: '/mcp',
            headers: filled(given, session),
            payloadAsStream: true
          })
          expect([200, 204, 400, 403, 404, 405, 406, 429]).toContain(answer.statusCode)
          answer.stream().destroy()
        }
      })
    )
  },
  patience
)

test('an id beyond 2^53 is answered as it came, or refused', async () => {
  await inSession(async (session) => {
    const frame = '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}'
    const { status, body } = await post(frame, { ...plain, 'mcp-session-id': session })
    if (status === 200) expect(body).toContain('"id":9007199254740993')
    else expect(body).not.toContain('"id"')
  })
})
