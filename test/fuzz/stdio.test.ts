/** Arbitrary lines and bytes at a stdio server, cut into chunks at arbitrary places. */
import { isUtf8 } from 'node:buffer'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type StdioServer, stdio } from '../../src/stdio/index.ts'
import { Oracle } from '../support/oracle.ts'
import { RecordingLog } from '../support/recording.ts'
import { frame } from './frames.ts'
import { faultOfLine, readThrown } from './judge.ts'
import { offerTargets } from './offer.ts'
import { patience, Tally, throwBatches } from './settings.ts'

const tally = new Tally('lines at stdio')
/** Small, so that some lines are longer. */
const bodyBytes = 8192
const initialize =
  '{"jsonrpc":"2.0","id":"first","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"fuzz","version":"0"}}}'
const lastPing = '{"jsonrpc":"2.0","id":"last ping","method":"ping"}'

/** Server and client in this process; `lines` is what the server has written. */
class Conversation {
  readonly lines: string[] = []
  readonly oracle = new Oracle()
  readonly server: StdioServer
  readonly served: Promise<void>
  readonly #input = new PassThrough()
  #rest = ''
  #answered: () => void = () => undefined

  constructor() {
    const output = new PassThrough()
    this.server = stdio({
      ...{ name: 'fuzzed', version: '0', teach: true },
      logger: new RecordingLog(),
      limits: { bodyBytes },
      onFrame: this.oracle.tap,
      input: this.#input,
      output
    })
    offerTargets(this.server)
    output.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    this.served = this.server.serve()
  }

  /** Writes the bytes in chunks of these sizes, again and again, and a ping; resolves when that is answered and the server has ended. */
  async say(bytes: Buffer, sizes: readonly number[]): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve
    })
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = sizes[turn % sizes.length] ?? 1
      this.#input.write(bytes.subarray(at, at + size))
      at += size
    }
    this.#input.write(`\n${lastPing}\n`)
    await answered
    this.#input.end()
    await this.served
  }

  #hear(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      this.lines.push(line)
      if (line.includes('"last ping"')) this.#answered()
    }
  }
}

/** How often each id, printed, may and must be answered; `undefined` is for errors without one. */
function expectedAnswers(bytes: Buffer): { ids: Map<string | undefined, number>; cancelled: Set<string> } {
  const ids = new Map<string | undefined, number>()
  const cancelled = new Set<string>()
  for (let at = 0; at <= bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    const line = bytes.subarray(at, end < 0 ? bytes.length : end)
    at = end < 0 ? bytes.length + 1 : end + 1
    if (line.toString().trim() === '') continue
    tally.count()
    const readable = line.length <= bodyBytes && isUtf8(line)
    const thrown = readable ? readThrown(line.toString()) : { is: 'nothing', id: undefined }
    if (thrown.is === 'notification' && line.includes('notifications/cancelled')) {
      cancelled.add(JSON.stringify(JSON.parse(line.toString()).params?.requestId))
    }
    if (thrown.is === 'notification' || thrown.is === 'response') continue
    const key = thrown.id === undefined ? undefined : JSON.stringify(thrown.id)
    ids.set(key, (ids.get(key) ?? 0) + 1)
  }
  return { ids, cancelled }
}

async function converse(bytes: Buffer, sizes: readonly number[]): Promise<void> {
  const conversation = new Conversation()
  const { ids, cancelled } = expectedAnswers(bytes)
  await tally.answer(conversation.say(bytes, sizes))
  const answered = new Map<string | undefined, number>()
  for (const line of conversation.lines) {
    expect(faultOfLine(line), line.slice(0, 300)).toBeUndefined()
    const { id, method } = JSON.parse(line) as { id?: unknown; method?: string }
    if (method !== undefined || id === 'last ping') continue
    const key = id === undefined ? undefined : JSON.stringify(id)
    answered.set(key, (answered.get(key) ?? 0) + 1)
  }
  for (const [key, count] of answered) expect(count, `answers to ${key}`).toBeLessThanOrEqual(ids.get(key) ?? 0)
  for (const [key, count] of ids) {
    if (key === undefined || !cancelled.has(key)) expect(answered.get(key), `answers to ${key}`).toBe(count)
  }
  conversation.oracle.verify()
  expect(conversation.server.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
  tally.verify()
}

const ends = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', ' \n', '\r\n\r\n')
const noise = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const line = fc.oneof(
  { weight: 16, arbitrary: fc.tuple(frame, ends).map(([text, end]) => Buffer.from(text + end)) },
  { weight: 1, arbitrary: noise },
  {
    weight: 1,
    arbitrary: fc
      .tuple(frame, fc.nat(100), noise)
      .map(([text, at, more]) => Buffer.concat([Buffer.from(text.slice(0, at)), more, Buffer.from(text.slice(at))]))
  }
)
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5000 })), {
  minLength: 1,
  maxLength: 6
})

test(
  'every line is answered once in a session, however it is cut, and the server still answers',
  async () => {
    await throwBatches(280, fc.tuple(fc.array(line, { minLength: 200, maxLength: 200 }), sizes), ([lines, sizes]) =>
      converse(Buffer.concat([Buffer.from(`${initialize}\n`), ...lines]), sizes)
    )
  },
  patience
)

test(
  'every line is answered once before there is a session',
  async () => {
    const early = line.filter((bytes) => !bytes.includes('initialize'))
    await throwBatches(30, fc.tuple(fc.array(early, { minLength: 200, maxLength: 200 }), sizes), ([lines, sizes]) =>
      converse(Buffer.concat(lines), sizes)
    )
  },
  patience
)

test('a malformed response is refused without an id, because it is no request', async () => {
  const conversation = new Conversation()
  await conversation.say(Buffer.from(`${initialize}\n{"jsonrpc":"2.0","id":5,"result":"text"}`), [100])
  const refusals = conversation.lines.filter((line) => line.includes('"error"')).map((line) => JSON.parse(line))
  expect(refusals).toEqual([{ jsonrpc: '2.0', error: expect.objectContaining({ code: -32600 }) }])
})
