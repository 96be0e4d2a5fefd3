/** Bytes to lines: ends, blanks, bad bytes and lines that are too long, wherever the chunks are cut. */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Line, readLines } from '../../src/stdio/lines.ts'

async function linesOf(chunks: (string | Buffer)[], most = 100): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(Readable.from(chunks, { objectMode: true }), most)) lines.push(line)
  return lines
}

const texts = (...lines: string[]): Line[] => lines.map((text) => ({ text }))

test.each<[string, string, Line[]]>([
  ['LF ends', 'a\nb\n', texts('a', 'b')],
  ['CRLF ends', 'a\r\nb\r\n', texts('a', 'b')],
  ['a last line without an end', 'a\nb', texts('a', 'b')],
  ['blank lines', '\n\r\n  \n\t\na\n\n', texts('a')],
  ['no input', '', []],
  ['blanks around a line stay', ' a \n', texts(' a ')],
  ['a CR inside a line stays', 'a\rb\n', texts('a\rb')],
  ['a line separator of Unicode ends no line', 'a\u2028b\u0085c\n', texts('a\u2028b\u0085c')]
])('reads %s', async (_, text, lines) => {
  expect(await linesOf([text])).toEqual(lines)
  expect(await linesOf([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(lines)
})

test('a line that is no UTF-8 is named, and the next one is read', async () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')])
  expect(await linesOf([bytes])).toEqual([{ text: 'a' }, { fault: 'notUtf8' }, { text: 'b' }])
})

test('a line that is too long is named once, and the next one is read', async () => {
  const long = 'x'.repeat(30)
  const lines = [{ text: 'a' }, { fault: 'tooLarge' }, { text: 'b' }]
  expect(await linesOf([`a\n${long}\nb\n`], 20)).toEqual(lines)
  expect(await linesOf([...`a\n${long}\nb\n`], 20)).toEqual(lines)
})

test('a line of just the most bytes is read, counted in bytes', async () => {
  expect(await linesOf(['üü\n'], 4)).toEqual(texts('üü'))
  expect(await linesOf(['üüü\n'], 5)).toEqual([{ fault: 'tooLarge' }])
})

test('a last line that is too long is named as well', async () => {
  expect(await linesOf(['x'.repeat(30)], 20)).toEqual([{ fault: 'tooLarge' }])
})

test('lines come the same however the bytes are cut', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ü', '😀', '\n', '\r\n', ' ', 'long '.repeat(8)), maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 8 }), async (given, marks) => {
      const bytes = Buffer.from(given)
      const cuts = [...new Set(marks.map((mark) => mark % (bytes.length + 1)))].sort((one, other) => one - other)
      const chunks = [0, ...cuts].map((from, place) => bytes.subarray(from, cuts[place] ?? bytes.length))
      expect(await linesOf(chunks, 30)).toEqual(await linesOf([bytes], 30))
    })
  )
})
