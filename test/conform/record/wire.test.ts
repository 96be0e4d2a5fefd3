/** Heads, payload and ends in the bytes of an HTTP/1.1 connection, and every byte handed on. */
import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../../src/conform/record/capture.ts'
import { type Ending, endingOf, WireReader } from '../../../src/conform/record/wire.ts'

interface Heard {
  starts: string[]
  headers: HeaderList[]
  bodies: string[]
  trailers: HeaderList[]
  passed: string
  lost: string[]
}

/** What a reader hears of these pieces. Bodies without a length last as long as `otherwise` says. */
function hear(pieces: Buffer[], otherwise: Ending = { bytes: 0 }, ends = false): Heard {
  const heard: Heard = { starts: [], headers: [], bodies: [], trailers: [], passed: '', lost: [] }
  let body = ''
  const reader = new WireReader({
    head({ start, headers }, bytes) {
      heard.starts.push(start)
      heard.headers.push(headers)
      heard.passed += bytes.toString('latin1')
      return /HTTP\/1\.1/.test(start) ? endingOf(headers, otherwise) : 'unknown'
    },
    wire(bytes) {
      heard.passed += bytes.toString('latin1')
    },
    data(bytes) {
      body += bytes.toString('latin1')
    },
    over(trailers) {
      heard.bodies.push(body)
      heard.trailers.push(trailers)
      body = ''
    },
    lost: (why) => heard.lost.push(why)
  })
  for (const piece of pieces) reader.push(piece)
  if (ends) reader.end()
  return heard
}

const text = [
  'POST /mcp HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello',
  '\r\nPOST /two HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n3;why=not\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n',
  'GET /three HTTP/1.1\nhost: b\n folded\n\n'
].join('')

describe('a wire reader', () => {
  const whole = hear([Buffer.from(text)])

  test('tells messages apart, whichever way their bodies end', () => {
    expect(whole.starts).toEqual(['POST /mcp HTTP/1.1', 'POST /two HTTP/1.1', 'GET /three HTTP/1.1'])
    expect(whole.bodies).toEqual(['hello', 'abcde', ''])
    expect(whole.trailers).toEqual([[], [['X-Sum', '1']], []])
    expect(whole.headers[0]).toEqual([
      ['Host', 'a'],
      ['X-Empty', ''],
      ['Content-Length', '5']
    ])
    expect(whole.headers[2]).toEqual([['host', 'b folded']])
  })

  test('hands every byte on', () => {
    expect(whole.passed).toBe(text)
  })

  test.each([1, 2, 3, 7])('hears the same when the bytes come %d at a time', (size) => {
    const bytes = Buffer.from(text)
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size)
    )
    expect(hear(pieces)).toEqual(whole)
  })

  test('hears the same wherever the bytes are cut in two', () => {
    const bytes = Buffer.from(text)
    for (let cut = 1; cut < bytes.length; cut++)
      expect(hear([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
  })

  test('ends a body with the connection where nothing else says when', () => {
    const answer = Buffer.from('HTTP/1.1 200 OK\r\n\r\nall of it')
    expect(hear([answer], 'connection').bodies).toEqual([])
    expect(hear([answer], 'connection', true).bodies).toEqual(['all of it'])
  })

  test.each([
    ['no HTTP', '\u0016\u0003\u0001 hello there\r\n\r\nand more'],
    ['a chunk without a size', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc'],
    ['a chunk that is too long', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nContent-Length: many\r\n\r\nabc']
  ])('hands on %s without reading it', (_, given) => {
    const heard = hear([Buffer.from(given, 'latin1')])
    expect(heard.passed).toBe(given)
    expect(heard.lost).toHaveLength(1)
  })

  test('hands on a head that never ends', () => {
    const given = `GET / HTTP/1.1\r\nX: ${'x'.repeat(1024 * 1024)}`
    const heard = hear([Buffer.from(given)])
    expect(heard.passed.length).toBe(given.length)
    expect(heard.lost).toEqual(['a head without an end'])
  })
})
