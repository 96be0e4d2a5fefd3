import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEvent, keepAlive, type SseEvent, SseParser } from '../../src/http/sse.ts'

const parse = (...chunks: string[]): SseEvent[] => {
  const parser = new SseParser()
  return chunks.flatMap((chunk) => parser.push(chunk))
}

describe('formatEvent', () => {
  test('an event with an id is one id line and one data line', () => {
    expect(formatEvent('s-1', '{"a":1}')).toBe('id: s-1\ndata: {"a":1}\n\n')
  })

  test('an event without an id is one data line', () => {
    expect(formatEvent(undefined, '{}')).toBe('data: {}\n\n')
  })

  test.each([
    ['LF', 'a\nb', 'data: a\ndata: b\n\n'],
    ['CR', 'a\rb', 'data: a\ndata: b\n\n'],
    ['CRLF', 'a\r\nb', 'data: a\ndata: b\n\n'],
    ['LF CR', 'a\n\rb', 'data: a\ndata: \ndata: b\n\n'],
    ['a trailing LF', 'a\n', 'data: a\ndata: \n\n']
  ])('%s inside the data starts another data line', (_, data, text) => {
    expect(formatEvent(undefined, data)).toBe(text)
  })

  test('a keep-alive is a comment without a blank line, and no event to anyone', () => {
    expect(keepAlive).toBe(':\n')
    expect(parse(formatEvent('1', 'a'), keepAlive, keepAlive, formatEvent('2', 'b'))).toEqual([
      { id: '1', data: 'a' },
      { id: '2', data: 'b' }
    ])
  })

  test('any data comes back with its line breaks as LF', () => {
    const data = fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '\r', '\uFEFF', 'é', '{') })
    fc.assert(
      fc.property(data, fc.constantFrom(undefined, 'stream-7'), (text, id) => {
        const [event, ...more] = parse(formatEvent(id, text))
        expect(more).toEqual([])
        expect(event).toEqual({ ...(id === undefined ? {} : { id }), data: text.replace(/\r\n|\r/g, '\n') })
      })
    )
  })
})

describe('SseParser', () => {
  test.each<[string, string, SseEvent[]]>([
    ['LF', 'id: 1\ndata: a\n\n', [{ id: '1', data: 'a' }]],
    ['CR', 'id: 1\rdata: a\r\r', [{ id: '1', data: 'a' }]],
    ['CRLF', 'id: 1\r\ndata: a\r\n\r\n', [{ id: '1', data: 'a' }]],
    ['mixed ends', 'id: 1\rdata: a\n\r\ndata: b\n\n', [{ id: '1', data: 'a' }, { data: 'b' }]],
    ['a BOM at the start', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
    ['only one BOM', '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', [{ data: 'b' }]],
    ['a BOM later belongs to the field name', 'data: a\n\n\uFEFFdata: b\n\n', [{ data: 'a' }]],
    ['comments', ': hello\ndata: a\n:\n:data: b\n\n', [{ data: 'a' }]],
    ['several data lines', 'data: a\ndata\ndata: b\n\n', [{ data: 'a\n\nb' }]],
    ['one leading space of a value', 'data:a\ndata: b\ndata:  c\n\n', [{ data: 'a\nb\n c' }]],
    ['a colon in the value', 'data: a: b\n\n', [{ data: 'a: b' }]],
    ['unknown fields', 'foo: 1\nData: x\n data: y\ndata: a\n\n', [{ data: 'a' }]],
    ['an event name', 'event: ping\ndata: a\n\n', [{ event: 'ping', data: 'a' }]],
    [
      'the last id and event name win',
      'id: 1\nid: 2\nevent: a\nevent: b\ndata:\n\n',
      [{ id: '2', event: 'b', data: '' }]
    ],
    ['an empty id', 'id\ndata: a\n\n', [{ id: '', data: 'a' }]],
    ['an id with NUL is ignored', 'id: a\0b\ndata: a\n\n', [{ data: 'a' }]],
    ['retry', 'retry: 250\n\n', [{ retry: 250 }]],
    [
      'retry with other than digits is ignored',
      'retry: -1\nretry: 1e3\nretry:\nretry: 1.5\ndata: a\n\n',
      [{ data: 'a' }]
    ],
    ['an event without data lines is reported', 'id: 0\n\ndata: a\n\n', [{ id: '0' }, { data: 'a' }]],
    [
      'an id is not carried to the next event',
      'id: 1\ndata: a\n\ndata: b\n\n',
      [{ id: '1', data: 'a' }, { data: 'b' }]
    ],
    ['blank lines alone', '\n\n\r\r\r\n\r\n', []],
    ['a block of nothing known', 'foo: bar\n\n', []],
    ['an unfinished last event', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
    ['an unfinished last line', 'data: a\n\ndata: b', [{ data: 'a' }]]
  ])('reads %s', (_, text, events) => {
    expect(parse(text)).toEqual(events)
    expect(parse(...text)).toEqual(events)
  })

  test('a CRLF split over two chunks is one line end', () => {
    expect(parse('data: a\r', '\ndata: b\r', '', '\n\r', '\ndata: c\n\n')).toEqual([{ data: 'a\nb' }, { data: 'c' }])
  })

  test('an event is handed over with its blank line, before the next byte', () => {
    const parser = new SseParser()
    expect(parser.push('data: a\r')).toEqual([])
    expect(parser.push('\r')).toEqual([{ data: 'a' }])
    expect(parser.push('\ndata: b\n')).toEqual([])
    expect(parser.push('\n')).toEqual([{ data: 'b' }])
  })

  test('any split into chunks gives the same events', () => {
    const unit = fc.constantFrom(
      'data',
      'id',
      'event',
      'retry',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '7',
      'é',
      '\0',
      '\uFEFF'
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), fc.array(fc.nat(), { maxLength: 12 }), (text, marks) => {
        const cuts = [...new Set(marks.map((mark) => mark % (text.length + 1)))].sort((a, b) => a - b)
        const chunks = [0, ...cuts].map((from, index) => text.slice(from, cuts[index] ?? text.length))
        expect(chunks.join('')).toBe(text)
        expect(parse(...chunks)).toEqual(parse(text))
      }),
      { numRuns: 500 }
    )
  })
})
