// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the fixture format
import { describe, expect, test } from 'vitest'
import { type Captures, fill, PatternError } from '../../src/conform/captures.ts'
import type { Json } from '../../src/conform/json.ts'
import { type Definitions, match } from '../../src/conform/matcher.ts'

const definitions: Definitions = (name, value) => {
  if (name !== 'Even') throw new PatternError(`${name} is not defined`)
  return typeof value === 'number' && value % 2 === 0 ? undefined : 'must be even'
}

const judge = (pattern: Json, value: Json | undefined, captures: Captures = new Map()) =>
  match(pattern, value, { captures, definitions })

/** What fits, what does not, and where the mismatch is seen. */
interface Row {
  pattern: Json
  fits: (Json | undefined)[]
  misfits: [value: Json | undefined, path: string][]
}

const rows: Record<string, Row> = {
  'a literal string': {
    pattern: 'a',
    fits: ['a'],
    misfits: [
      ['b', ''],
      [null, ''],
      [undefined, '']
    ]
  },
  'a literal number keeps its type': {
    pattern: 1,
    fits: [1],
    misfits: [
      ['1', ''],
      [true, ''],
      [2, '']
    ]
  },
  'a literal null': {
    pattern: null,
    fits: [null],
    misfits: [
      [undefined, ''],
      [0, ''],
      [{}, '']
    ]
  },
  'an array': {
    pattern: [1, { $is: 'string' }],
    fits: [[1, 'a']],
    misfits: [
      [[1], '/1'],
      [[1, 2], '/1'],
      [[1, 'a', 3], ''],
      [['a', 1], '/0'],
      [{ 0: 1, 1: 'a' }, '']
    ]
  },
  'an object is open': {
    pattern: { a: { b: 1 } },
    fits: [{ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }],
    misfits: [
      [{ a: { b: 2 } }, '/a/b'],
      [{ a: {} }, '/a/b'],
      [{}, '/a'],
      [[], ''],
      [undefined, '']
    ]
  },
  'the empty object is any object': {
    pattern: {},
    fits: [{}, { a: 1 }],
    misfits: [
      [[], ''],
      [null, ''],
      ['', ''],
      [undefined, '']
    ]
  },
  'a member name with / and ~': {
    pattern: { 'a/b~': 1 },
    fits: [{ 'a/b~': 1 }],
    misfits: [[{ 'a/b~': 2 }, '/a~1b~0']]
  },
  'inherited members are none': {
    pattern: { toString: { $absent: true } },
    fits: [{}],
    misfits: [[{ toString: 1 }, '/toString']]
  },
  $is: {
    pattern: { $is: ['integer', 'string'] },
    fits: [1, -0, 2.0, 'a'],
    misfits: [
      [1.5, ''],
      [null, ''],
      [[], ''],
      [true, ''],
      [undefined, '']
    ]
  },
  '$is object': {
    pattern: { $is: 'object' },
    fits: [{}],
    misfits: [
      [[], ''],
      [null, '']
    ]
  },
  '$is array': { pattern: { $is: 'array' }, fits: [[]], misfits: [[{}, '']] },
  '$is number': { pattern: { $is: 'number' }, fits: [1, 1.5], misfits: [['1', '']] },
  '$is boolean': { pattern: { $is: 'boolean' }, fits: [true, false], misfits: [[0, '']] },
  '$is null': { pattern: { $is: 'null' }, fits: [null], misfits: [[false, '']] },
  '$is any': { pattern: { $is: 'any' }, fits: [null, 0, '', [], {}], misfits: [[undefined, '']] },
  $re: {
    pattern: { $re: '^text/\\p{L}+' },
    fits: ['text/event-stream'],
    misfits: [
      ['a text/x', ''],
      [1, ''],
      [undefined, '']
    ]
  },
  $num: {
    pattern: { $num: [400, 499] },
    fits: [400, 499],
    misfits: [
      [399, ''],
      [500, ''],
      ['404', ''],
      [undefined, '']
    ]
  },
  '$num open below': { pattern: { $num: [null, 0] }, fits: [-1e9, 0], misfits: [[1, '']] },
  '$num open above': { pattern: { $num: [0.5, null] }, fits: [0.5, 1e9], misfits: [[0, '']] },
  $len: {
    pattern: { $len: [1, 2] },
    fits: ['a', '𝄞𝄞', [1], { a: 1, b: 2 }],
    misfits: [
      ['', ''],
      ['abc', ''],
      [[], ''],
      [[1, 2, 3], ''],
      [{}, ''],
      [1, ''],
      [undefined, '']
    ]
  },
  '$absent true': {
    pattern: { a: { $absent: true } },
    fits: [{}, { b: 1 }],
    misfits: [
      [{ a: null }, '/a'],
      [1, '']
    ]
  },
  '$absent false': { pattern: { a: { $absent: false } }, fits: [{ a: null }], misfits: [[{}, '/a']] },
  $any: {
    pattern: { a: { $any: [1, { $is: 'string' }, { $absent: true }] } },
    fits: [{ a: 1 }, { a: 'x' }, {}],
    misfits: [
      [{ a: 2 }, '/a'],
      [{ a: null }, '/a']
    ]
  },
  $not: { pattern: { a: { $not: 1 } }, fits: [{ a: 2 }, {}], misfits: [[{ a: 1 }, '/a']] },
  $has: {
    pattern: { $has: [{ name: 'b' }, { name: 'a' }] },
    fits: [[{ name: 'a' }, { name: 'c' }, { name: 'b', more: 1 }]],
    misfits: [
      [[{ name: 'a' }], ''],
      [[], ''],
      [{ name: 'a' }, ''],
      [undefined, '']
    ]
  },
  $each: {
    pattern: { $each: { a: { $is: 'integer' } } },
    fits: [[], [{ a: 1 }, { a: 2, b: 3 }]],
    misfits: [
      [[{ a: 1 }, { a: 'x' }], '/1/a'],
      [{ a: 1 }, ''],
      [undefined, '']
    ]
  },
  $only: {
    pattern: { $only: { a: 1, _meta: { $any: [{ $absent: true }, {}] } } },
    fits: [{ a: 1 }, { a: 1, _meta: {} }],
    misfits: [
      [{ a: 1, b: 2 }, '/b'],
      [{ a: 2 }, '/a'],
      [{}, '/a'],
      [[], ''],
      [undefined, '']
    ]
  },
  '$only nothing': {
    pattern: { $only: {} },
    fits: [{}],
    misfits: [
      [{ a: undefined as unknown as Json }, '/a'],
      [[], '']
    ]
  },
  $distinct: {
    pattern: { $distinct: '/a' },
    fits: [[], [{ a: 1 }, { a: '1' }, { b: 1 }, { b: 1 }]],
    misfits: [
      [[{ a: 1 }, { a: 2 }, { a: 1 }], ''],
      [[{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }], ''],
      [{}, ''],
      [undefined, '']
    ]
  },
  '$distinct of the elements': { pattern: { $distinct: '' }, fits: [['a', 'b']], misfits: [[['a', 'a'], '']] },
  $rising: {
    pattern: { $rising: '/p/n' },
    fits: [[], [{ p: { n: 5 } }], [{ p: { n: -1 } }, { p: { n: 0 } }, { p: { n: 0.5 } }]],
    misfits: [
      [[{ p: { n: 1 } }, { p: { n: 1 } }], ''],
      [[{ p: { n: 2 } }, { p: { n: 1 } }], ''],
      [[{ p: { n: 1 } }, {}], ''],
      [[{ p: { n: '1' } }], ''],
      [{}, ''],
      [undefined, '']
    ]
  },
  $def: {
    pattern: { a: { $def: 'Even' } },
    fits: [{ a: 2 }],
    misfits: [
      [{ a: 1 }, '/a'],
      [{}, '/a']
    ]
  },
  $lit: {
    pattern: { $lit: { $is: 'string', a: [1, { b: null }] } },
    fits: [{ a: [1, { b: null }], $is: 'string' }],
    misfits: [
      ['x', ''],
      [{ $is: 'string', a: [1, { b: null }], c: 1 }, ''],
      [{ $is: 'string' }, ''],
      [undefined, '']
    ]
  },
  'a $ member that is no matcher': {
    pattern: { $schema: { $absent: true }, $ref: '#' },
    fits: [{ $ref: '#' }],
    misfits: [
      [{}, '/$ref'],
      [{ $ref: '#', $schema: '' }, '/$schema']
    ]
  },
  $keys: {
    pattern: { $keys: { $each: { $re: '^[a-z]+$' } } },
    fits: [{}, { a: 1, bc: 2 }],
    misfits: [
      [{ a: 1, B: 2 }, '/1'],
      [['a'], ''],
      [undefined, '']
    ]
  },
  $deep: {
    pattern: { $deep: { _meta: { $is: 'object' } } },
    fits: [1, {}, { _meta: {} }, { a: [{ _meta: { _meta: {} } }] }, ['_meta']],
    misfits: [
      [{ _meta: 1 }, '/_meta'],
      [{ a: [{}, { _meta: null }] }, '/a/1/_meta'],
      [{ _meta: { _meta: [] } }, '/_meta/_meta'],
      [undefined, '']
    ]
  },
  'matchers beside members and each other': {
    pattern: { $is: 'object', $len: [2, 2], a: 1 },
    fits: [{ a: 1, b: 2 }],
    misfits: [
      [{ a: 1 }, ''],
      [{ a: 2, b: 2 }, '/a']
    ]
  }
}

describe.each(Object.entries(rows))('%s', (_, { pattern, fits, misfits }) => {
  test.each(fits.map((value) => [value]))('fits %j', (value) => {
    expect(judge(pattern, value)).toBeUndefined()
  })

  test.each(misfits)('does not fit %j', (value, path) => {
    const mismatch = judge(pattern, value)
    expect(mismatch).toMatchObject({ path, message: expect.stringMatching(/./) })
    expect(mismatch).toHaveProperty('expected')
    expect(mismatch).toHaveProperty('actual')
  })
})

describe('captures', () => {
  test('$set keeps a value that $get then asks for, type and all', () => {
    const captures: Captures = new Map()
    expect(judge({ id: { $set: 'id', $is: 'any' } }, { id: 7 }, captures)).toBeUndefined()
    expect(captures.get('id')).toBe(7)
    expect(judge({ id: { $get: 'id' } }, { id: 7 }, captures)).toBeUndefined()
    expect(judge({ id: { $get: 'id' } }, { id: '7' }, captures)).toMatchObject({
      path: '/id',
      expected: 7,
      actual: '7'
    })
    expect(judge({ id: { $get: 'id' } }, {}, captures)).toMatchObject({ message: 'is missing' })
    expect(judge({ id: { $not: { $get: 'id' } } }, { id: 8 }, captures)).toBeUndefined()
  })

  test('$set does not fit a missing member', () => {
    expect(judge({ id: { $set: 'id' } }, {})).toMatchObject({ path: '/id', message: 'is missing' })
  })

  test('a pattern may read what it set before', () => {
    expect(judge([{ $set: 'x' }, { $get: 'x' }], ['a', 'a'])).toBeUndefined()
    expect(judge([{ $set: 'x' }, { $get: 'x' }], ['a', 'b'])).toMatchObject({ path: '/1' })
  })

  test('a pattern that fails in the end captures nothing', () => {
    const captures: Captures = new Map()
    expect(judge({ a: { $set: 'a' }, b: 1 }, { a: 1, b: 2 }, captures)).toBeDefined()
    expect(judge({ $not: { a: { $set: 'a' } } }, { b: 1 }, captures)).toBeUndefined()
    expect(captures.size).toBe(0)
  })

  test('$any keeps the captures of the alternative that fitted, $has those of the element', () => {
    const captures: Captures = new Map()
    expect(judge({ $any: [{ a: { $set: 'x' }, b: 1 }, { a: { $set: 'y' } }] }, { a: 1 }, captures)).toBeUndefined()
    expect(
      judge(
        { $has: [{ n: 2, v: { $set: 'v' } }] },
        [
          { n: 1, v: 'no' },
          { n: 2, v: 'yes' }
        ],
        captures
      )
    ).toBeUndefined()
    expect(Object.fromEntries(captures)).toEqual({ y: 1, v: 'yes' })
  })

  test('${name} is filled inside literal strings, and not inside $lit', () => {
    const captures: Captures = new Map([['id', 7]])
    expect(judge('item ${id} of {id}', 'item 7 of {id}', captures)).toBeUndefined()
    expect(judge({ $lit: '${id}' }, '${id}', captures)).toBeUndefined()
  })

  test('what was never captured is the fault of the fixture', () => {
    expect(() => judge({ $get: 'nothing' }, 1)).toThrow(PatternError)
    expect(() => judge({ $not: { $get: 'nothing' } }, 1)).toThrow(PatternError)
    expect(() => judge('${nothing}', 'x')).toThrow(PatternError)
  })

  test('so is an unknown definition', () => {
    expect(() => judge({ $def: 'Odd' }, 1)).toThrow(PatternError)
    expect(() => match({ $def: 'Even' }, 2, { captures: new Map() })).toThrow(PatternError)
  })

  test('a mismatch names the nearest alternative', () => {
    const pattern = { $any: [{ status: 404 }, { status: 200, message: { error: { code: { $is: 'integer' } } } }] }
    expect(judge(pattern, { status: 200, message: { error: { code: 'x' } } })?.message).toContain('/message/error/code')
  })
})

describe('what is sent', () => {
  const captures: Captures = new Map<string, Json>([
    ['id', 7],
    ['event', 'stream-1'],
    ['object', { a: [1] }]
  ])

  test('$get is replaced with type kept, ${name} inside strings as text', () => {
    expect(fill({ id: { $get: 'id' }, a: ['${event}/${id}', { $get: 'object' }], n: 1 }, captures)).toEqual({
      id: 7,
      a: ['stream-1/7', { a: [1] }],
      n: 1
    })
  })

  test('$lit is sent as it stands', () => {
    expect(fill({ text: { $lit: '${id}' }, schema: { $lit: { $get: 'id' } } }, captures)).toEqual({
      text: '${id}',
      schema: { $get: 'id' }
    })
  })

  test('braces that name no capture by form are left alone, an unknown name is a fault', () => {
    expect(fill('${} ${ id } {id} $id', captures)).toBe('${} ${ id } {id} $id')
    expect(() => fill('${nobody}', captures)).toThrow(PatternError)
    expect(() => fill({ id: { $get: 'nobody' } }, captures)).toThrow(PatternError)
  })
})
