/** What was heard is given away only without its secrets, wherever its chunks end. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bufferOf, type CaptureEvent, type HeaderList } from '../../../src/conform/record/capture.ts'
import { Tape } from '../../../src/conform/record/tape.ts'

const head = (more: HeaderList = []): HeaderList => [['Content-Type', 'application/json'], ...more]

/** A tape of one exchange: what was asked, and what was answered in these chunks. */
function exchange({
  target = '/mcp',
  headers = head(),
  body = '{}',
  answer = head(),
  chunks = []
}: {
  target?: string
  headers?: HeaderList
  body?: string
  answer?: HeaderList
  chunks?: Buffer[]
}): Tape {
  const tape = new Tape()
  const number = tape.begin()
  tape.note(number, { request: { method: 'POST', target, headers, body: Buffer.from(body) } })
  tape.note(number, { answer: { status: 200, headers: answer } })
  for (const chunk of chunks) tape.note(number, { chunk })
  tape.note(number, { end: true })
  return tape
}

const textOf = (events: CaptureEvent[]): string =>
  Buffer.concat(events.flatMap((event) => ('chunk' in event ? [bufferOf(event.chunk)] : []))).toString('utf8')
const printed = async (tape: Tape): Promise<string> => JSON.stringify((await tape.events()).events)

describe('a secret', () => {
  test.each<[string, Parameters<typeof exchange>[0]]>([
    ['in a header', { headers: head([['Authorization', 'Bearer sesame-123']]) }],
    ['in a header of the answer', { answer: head([['Set-Cookie', 'sid=sesame-123; Path=/; HttpOnly']]) }],
    ['in a cookie', { headers: head([['Cookie', 'a=b; sid=sesame-123']]) }],
    ['in a header named like a key', { headers: head([['X-Api-Key', 'sesame-123']]) }],
    ['in the address', { target: '/mcp?access_token=sesame-123&x=1' }],
    ['in an address that another header holds', { answer: head([['Location', '/next?token=sesame-123']]) }],
    ['in a member of the request', { body: '{"params":{"arguments":{"api_key":"sesame-123"}}}' }],
    ['in a form', { headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: 'code=sesame-123&x=1' }],
    ['in a member of the answer', { chunks: [Buffer.from('{"result":{"token":"sesame-123"}}')] }]
  ])('%s is blanked', async (_, given) => {
    const text = await printed(exchange(given))
    expect(text).not.toContain('sesame-123')
    expect(text).toContain('[redacted]')
  })

  test('in an event stream is blanked wherever its chunks end', async () => {
    const text = 'id: 1\ndata: {"result":{"password":"söme-secret"},"n":1}\n\nid: 2\ndata: {}\n\n'
    const bytes = Buffer.from(text)
    for (let cut = 1; cut < bytes.length; cut++) {
      const chunks = [bytes.subarray(0, cut), bytes.subarray(cut)]
      const { events } = await exchange({ answer: [['Content-Type', 'text/event-stream']], chunks }).events()
      expect(textOf(events)).toBe(text.replace('söme-secret', '[redacted]'))
      expect(events.filter((event) => 'chunk' in event)).toHaveLength(2)
    }
  })

  test('is blanked when it comes a byte at a time', async () => {
    const bytes = Buffer.from('{"token":"abcdefghij","x":"y"}')
    const chunks = [...bytes].map((byte) => Buffer.from([byte]))
    const { events } = await exchange({ chunks }).events()
    expect(textOf(events)).toBe('{"token":"[redacted]","x":"y"}')
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync]
  ])('under %s is blanked, and the body is shown without its encoding', async (encoding, packed) => {
    const bytes = packed(Buffer.from('{"token":"abcdefghij","x":"y"}'))
    const chunks = [bytes.subarray(0, 10), bytes.subarray(10)]
    const { events } = await exchange({ answer: head([['Content-Encoding', encoding]]), chunks }).events()
    expect(textOf(events)).toBe('{"token":"[redacted]","x":"y"}')
    expect(events[1]).toMatchObject({ answer: { decoded: encoding } })
  })

  test('is blanked where it is said again, in any form', async () => {
    const secret = 'open/sesame "1"'
    const body = JSON.stringify({ password: secret })
    const again = Buffer.from(JSON.stringify({ echo: `you said ${secret}`, url: `/x?q=${encodeURIComponent(secret)}` }))
    const { events, blankings } = await exchange({ body, chunks: [again] }).events()
    expect(textOf(events)).toBe('{"echo":"you said [redacted]","url":"/x?q=[redacted]"}')
    expect(blankings).toEqual(new Map([['a body', 1]]))
  })

  test('that is a segment of the address is blanked, and the rest of the address stays', async () => {
    const { events } = await exchange({ target: '/s/9f86d081884c7d659a2feaa0c55ad015/mcp' }).events()
    expect(events[0]).toMatchObject({ request: { target: '/s/[redacted]/mcp' } })
  })

  test('is no word of the address that is only long', async () => {
    const target = '/servers/my-long-server-name-2025/mcp'
    expect((await exchange({ target }).events()).events[0]).toMatchObject({ request: { target } })
  })

  test('on stdio is blanked, on either side and in broken lines', async () => {
    const tape = new Tape()
    tape.notePipe({ from: 'client', chunk: Buffer.from('{"params":{"tok') })
    tape.notePipe({ from: 'server', chunk: Buffer.from('{"result":{"secret":"sesame-456"}}\n') })
    tape.notePipe({ from: 'client', chunk: Buffer.from('en":"sesame-123"}}\n{"password":"sesame-789') })
    const text = await printed(tape)
    expect(text).not.toContain('sesame')
    expect(text.match(/\[redacted\]/g)).toHaveLength(3)
  })
})

describe('what is no secret', () => {
  test('stays as it came, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 34, 123, 195, 169, 128])
    const { events, blankings } = await exchange({ chunks: [bytes, Buffer.from(' { "a" : 1 }\r\n')] }).events()
    expect(Buffer.concat(events.flatMap((event) => ('chunk' in event ? [bufferOf(event.chunk)] : [])))).toEqual(
      Buffer.concat([bytes, Buffer.from(' { "a" : 1 }\r\n')])
    )
    expect(blankings.size).toBe(0)
  })

  test('is the id of a session', async () => {
    const { events } = await exchange({ headers: head([['Mcp-Session-Id', 'abcdefgh-1']]) }).events()
    expect(events[0]).toMatchObject({
      request: {
        headers: [
          ['Content-Type', 'application/json'],
          ['Mcp-Session-Id', 'abcdefgh-1']
        ]
      }
    })
  })
})

describe('a body that nobody here can read', () => {
  test.each([
    ['in an unknown encoding', 'zstd', Buffer.from('whatever')],
    ['that is not what it says', 'gzip', Buffer.from('plain')],
    ['that blows up', 'gzip', gzipSync(Buffer.alloc(65 * 1024 * 1024))]
  ])('%s is left out', async (_, encoding, chunk) => {
    const { events } = await exchange({ answer: head([['Content-Encoding', encoding]]), chunks: [chunk] }).events()
    expect(events[2]).toMatchObject({ chunk: { unread: chunk.length } })
  })
})

test('an event that was known only later stands where it happened', async () => {
  const tape = new Tape()
  const [one, two] = [tape.begin(), tape.begin()]
  const left = tape.mark()
  tape.note(two, { chunk: Buffer.from('x') })
  tape.note(one, { abort: 'client' }, left)
  expect((await tape.events()).events).toMatchObject([{ exchange: one, abort: 'client' }, { exchange: two }])
})
