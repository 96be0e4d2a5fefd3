import { expect, test } from 'vitest'
import { readChallenges } from '../../src/conform/challenges.ts'
import { match } from '../../src/conform/matcher.ts'

const bearer = (params: Record<string, string>): object => ({ scheme: 'bearer', params })

test.each([
  ['a parameter in quotes', 'Bearer realm="a b"', [bearer({ realm: 'a b' })]],
  ['a parameter without quotes', 'Bearer error=invalid_token', [bearer({ error: 'invalid_token' })]],
  ['several parameters', 'Bearer a="1", b=2 ,c="3"', [bearer({ a: '1', b: '2', c: '3' })]],
  ['blanks around the equals sign', 'Bearer a = "1"', [bearer({ a: '1' })]],
  ['names in any case', 'BEARER Realm="X"', [bearer({ realm: 'X' })]],
  ['a comma and a quote inside of quotes', 'Bearer a="x, \\"y\\" \\\\z"', [bearer({ a: 'x, "y" \\z' })]],
  ['an empty text', 'Bearer a=""', [bearer({ a: '' })]],
  ['a scheme alone', 'Bearer', [bearer({})]],
  [
    'several challenges',
    'Basic realm="a", Bearer b="c"',
    [{ scheme: 'basic', params: { realm: 'a' } }, bearer({ b: 'c' })]
  ],
  ['a scheme alone before another', 'Negotiate, Bearer a=b', [{ scheme: 'negotiate', params: {} }, bearer({ a: 'b' })]],
  [
    'a token68',
    'Negotiate abc==, Bearer a=b',
    [{ scheme: 'negotiate', token68: 'abc==', params: {} }, bearer({ a: 'b' })]
  ],
  ['empty elements of the list', ' , Bearer a=b,, c=d, ', [bearer({ a: 'b', c: 'd' })]]
])('a header with %s is read', (_, header, challenges) => {
  expect(readChallenges(header)).toEqual(challenges)
})

test.each([
  ['is empty', ''],
  ['has only commas', ', ,'],
  ['has a URL that is not quoted', 'Bearer resource_metadata=https://a.example/b'],
  ['has a parameter twice', 'Bearer a=b, A=c'],
  ['has a parameter and no scheme', 'realm="x"'],
  ['lacks a comma', 'Bearer a="b" c="d"'],
  ['has two words', 'Bearer Basic a=b'],
  ['lacks a quote', 'Bearer a="b'],
  ['has a text and no name', 'Bearer "b"'],
  ['has a parameter behind a token68', 'Negotiate abc==, a=b'],
  ['has a line break in quotes', 'Bearer a="b\nc"']
])('a header that %s cannot be read', (_, header) => {
  expect(readChallenges(header)).toBeUndefined()
})

const captures = new Map([['token.valid', 'hw_secret']])

test('$challenges remembers what fits of one challenge', () => {
  const names = new Map()
  const pattern = { $challenges: { $has: [{ scheme: 'bearer', params: { resource_metadata: { $set: 'place' } } }] } }
  expect(match(pattern, 'Basic a=b, Bearer resource_metadata="https://a"', { captures: names })).toBeUndefined()
  expect(names.get('place')).toBe('https://a')
})

test('$challenges does not fit what cannot be read, nor what is missing', () => {
  const anything = { $challenges: { $is: 'any' } }
  expect(match(anything, 'Bearer a="b', { captures })?.message).toBe('cannot be read as challenges')
  expect(match(anything, undefined, { captures })?.message).toBe('is missing')
})

test('$contains finds a remembered text', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the fixture format
  const pattern = { $contains: '${token.valid}' }
  expect(match(pattern, 'no hw_secret here', { captures })).toBeUndefined()
  expect(match(pattern, 'nothing here', { captures })?.message).toBe('does not contain the text')
  expect(match(pattern, 7, { captures })?.message).toBe('is not a string')
})
