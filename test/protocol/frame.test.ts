/** Frames to messages and back: every malformed frame by the name of its error, every kind of id. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  FrameError,
  isObject,
  printError,
  printNotification,
  printRequest,
  printResult,
  readFrame,
  resultHead
} from '../../src/protocol/frame.ts'
import type { RequestId } from '../../src/protocol/types/index.ts'

function refusal(text: string): FrameError {
  try {
    readFrame(text)
  } catch (error) {
    if (error instanceof FrameError) return error
    throw error
  }
  throw new Error(`it was read: ${text}`)
}

/** A frame of these members, beside jsonrpc. */
const frame = (members: string): string => `{"jsonrpc":"2.0"${members === '' ? '' : `,${members}`}}`

test.each<[string, string, RequestId | undefined]>([
  ['notJson', '', undefined],
  ['notJson', ' \n', undefined],
  ['notJson', '{', undefined],
  ['notJson', '{"jsonrpc":"2.0",}', undefined],
  ['notJson', "{'jsonrpc':'2.0'}", undefined],
  ['notJson', 'undefined', undefined],
  ['notJson', '{} {}', undefined],
  ['notJson', '\uFEFF{}', undefined],
  ['notJson', frame('"id":01,"method":"a"'), undefined],
  ['batch', '[]', undefined],
  ['batch', `[${frame('"id":1,"method":"ping"')}]`, undefined],
  ['batch', '[[]]', undefined],
  ['notAMessage', 'null', undefined],
  ['notAMessage', '7', undefined],
  ['notAMessage', '"ping"', undefined],
  ['notAMessage', 'true', undefined],
  ['wrongJsonrpc', '{}', undefined],
  ['wrongJsonrpc', '{"jsonrpc":"1.0","id":1,"method":"a"}', 1],
  ['wrongJsonrpc', '{"jsonrpc":2.0,"id":1,"method":"a"}', 1],
  ['wrongJsonrpc', '{"jsonrpc":null,"id":"a","method":"a"}', 'a'],
  ['wrongJsonrpc', '{"JSONRPC":"2.0","id":1,"method":"a"}', 1],
  ['notAMessage', frame(''), undefined],
  ['notAMessage', frame('"id":1'), 1],
  ['notAMessage', frame('"id":1,"method":null'), 1],
  ['notAMessage', frame('"id":1,"method":7'), 1],
  ['notAMessage', frame('"id":1,"method":["a"]'), 1],
  ['notAMessage', frame('"id":1,"method":"a","result":{}'), 1],
  ['notAMessage', frame('"id":1,"method":"a","error":{"code":1,"message":""}'), 1],
  ['notAMessage', frame('"id":1,"result":{},"error":{"code":1,"message":""}'), undefined],
  ['nullId', frame('"id":null,"method":"a"'), undefined],
  ['wrongId', frame('"id":1.5,"method":"a"'), undefined],
  ['wrongId', frame('"id":1e400,"method":"a"'), undefined],
  ['wrongId', frame('"id":true,"method":"a"'), undefined],
  ['wrongId', frame('"id":{},"method":"a"'), undefined],
  ['wrongId', frame('"id":[1],"method":"a"'), undefined],
  ['positionalParams', frame('"id":1,"method":"a","params":[]'), 1],
  ['positionalParams', frame('"id":1,"method":"a","params":null'), 1],
  ['positionalParams', frame('"id":1,"method":"a","params":"b"'), 1],
  ['positionalParams', frame('"id":1,"method":"a","params":7'), 1],
  ['positionalParams', frame('"method":"a","params":[]'), undefined],
  ['wrongId', frame('"result":{}'), undefined],
  ['wrongId', frame('"id":null,"result":{}'), undefined],
  ['wrongId', frame('"id":null,"error":{"code":1,"message":""}'), undefined],
  ['wrongId', frame('"id":1.5,"error":{"code":1,"message":""}'), undefined],
  ['notAMessage', frame('"id":1,"result":null'), undefined],
  ['notAMessage', frame('"id":1,"result":"a"'), undefined],
  ['notAMessage', frame('"id":1,"result":[]'), undefined],
  ['notAMessage', frame('"id":1,"error":null'), undefined],
  ['notAMessage', frame('"id":1,"error":"no"'), undefined],
  ['notAMessage', frame('"id":1,"error":{"message":""}'), undefined],
  ['notAMessage', frame('"id":1,"error":{"code":1}'), undefined],
  ['notAMessage', frame('"id":1,"error":{"code":"1","message":""}'), undefined],
  ['notAMessage', frame('"id":1,"error":{"code":1.5,"message":""}'), undefined]
])('%s: %s', (kind, text, id) => {
  const error = refusal(text)
  expect(error.kind).toBe(kind)
  expect(error.id).toBe(id)
})

test.each<[string, object]>([
  [frame('"id":1,"method":"a"'), { is: 'request', id: 1, method: 'a', params: undefined }],
  [frame('"id":"","method":"","params":{}'), { is: 'request', id: '', method: '', params: {} }],
  [frame('"id":1.0,"method":"a"'), { is: 'request', id: 1, method: 'a', params: undefined }],
  [frame('"method":"a","params":{"b":[1]}'), { is: 'notification', method: 'a', params: { b: [1] } }],
  [frame('"id":0,"result":{}'), { is: 'response', id: 0, result: {} }],
  [
    frame('"id":"x","error":{"code":-1,"message":"no","data":[1]}'),
    { is: 'response', id: 'x', error: { code: -1, message: 'no', data: [1] } }
  ],
  [frame('"id":1,"method":"a","more":7'), { is: 'request', id: 1, method: 'a', params: undefined }],
  [` \n${frame('"method":"a"')}\r\n\t`, { is: 'notification', method: 'a', params: undefined }]
])('%s is read', (text, message) => {
  expect(readFrame(text)).toEqual(message)
})

test('a member named __proto__ changes no prototype', () => {
  const message = readFrame(frame('"id":1,"method":"a","params":{"__proto__":{"polluted":1}}'))
  expect(Object.keys('params' in message ? (message.params ?? {}) : {})).toEqual(['__proto__'])
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
})

test('a deep frame is read or refused, and never a crash', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  expect(refusal(deep).kind).toBe('batch')
  expect(readFrame(frame(`"method":"a","params":{"a":${deep}}`)).is).toBe('notification')
})

const anyId = fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeInteger())

test('ids of every kind come back in results and errors as what they were', () => {
  fc.assert(
    fc.property(anyId, (id) => {
      const request = readFrame(JSON.stringify({ jsonrpc: '2.0', id, method: 'a' }))
      expect(request).toMatchObject({ is: 'request', id })
      if (request.is !== 'request') return
      expect(JSON.parse(printResult(request.id, '{}'))).toEqual({ jsonrpc: '2.0', id, result: {} })
      expect(JSON.parse(printError({ code: 1, message: '' }, request.id)).id).toBe(id)
    })
  )
})

test.each([0, -0, -1, 1e21, Number.MAX_SAFE_INTEGER, '', '0', 'null', '"', '\\', '\u2028', '\ud800'])(
  'the id %j is printed as one',
  (id) => {
    const printed = JSON.parse(printResult(id, '{}')).id
    expect(typeof printed).toBe(typeof id)
    expect(printed === id).toBe(true)
  }
)

test('an integer that a number cannot hold is never answered under another one', () => {
  // JSON.parse has rounded this one: its answer would carry another id
  expect(refusal(frame('"id":9007199254740993,"method":"ping"')).kind).toBe('wrongId')
})

test('0 and the empty string are ids of errors, too', () => {
  expect(JSON.parse(printError({ code: 1, message: '' }, 0)).id).toBe(0)
  expect(JSON.parse(printError({ code: 1, message: '' }, '')).id).toBe('')
})

test('an error without a readable request has no id member', () => {
  expect(JSON.parse(printError({ code: 1, message: '' }))).toEqual({ jsonrpc: '2.0', error: { code: 1, message: '' } })
})

test('what we print we can read', () => {
  expect(readFrame(printRequest('a', 'ping'))).toEqual({ is: 'request', id: 'a', method: 'ping', params: undefined })
  expect(readFrame(printNotification('n', { a: 1 }))).toEqual({ is: 'notification', method: 'n', params: { a: 1 } })
  expect(readFrame(printNotification('n'))).toEqual({ is: 'notification', method: 'n', params: undefined })
  expect(readFrame(`${resultHead(7)}{"a":1}}`)).toEqual({ is: 'response', id: 7, result: { a: 1 } })
})

test('frames have no line breaks', () => {
  const text = 'a\nb\r\u2028'
  for (const printed of [
    printRequest(text, text, { text }),
    printNotification(text, { text }),
    printError({ code: 1, message: text })
  ])
    expect(printed).not.toMatch(/[\n\r]/)
})

test('any JSON value is a message or has a named fault', () => {
  const members = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2, null),
      id: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.boolean()),
      method: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      params: fc.jsonValue(),
      result: fc.jsonValue(),
      error: fc.jsonValue()
    },
    { requiredKeys: [] }
  )
  fc.assert(
    fc.property(fc.oneof(members, fc.jsonValue()), (value) => {
      try {
        expect(isObject(readFrame(JSON.stringify(value)))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError)
      }
    }),
    { numRuns: 500 }
  )
})
