/** Requests whose credentials are missing, malformed or in the wrong place, byte for byte: what each is answered, to the letter. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import {
  type Bytes,
  bearer,
  type Guarded,
  guarded,
  leak,
  opening,
  post,
  posted,
  publicOrigin
} from '../support/guarded.ts'

const { token, sha256 } = newToken()
const secret = newToken().token.slice(3)
const metadata = `resource_metadata="${publicOrigin}/.well-known/oauth-protected-resource/mcp"`

let api: Guarded

beforeAll(async () => {
  const known = staticTokens([{ name: 'ci', sha256 }])
  api = await guarded({
    '/mcp': { auth: [known, jwt({ issuer: 'https://login.example', resource: `${publicOrigin}/mcp` })] },
    '/machines': { auth: known, name: 'for "machines" – alone' }
  })
})

afterAll(() => api.close())

type Answer = readonly [status: number, challenge: string | undefined, body: string]
const error = (message: string): string => `{"jsonrpc":"2.0","error":{"code":-32600,"message":"${message}"}}`
const unauthorized: Answer = [401, `Bearer ${metadata}`, error('Authorization is required')]
const invalid: Answer = [
  401,
  `Bearer error="invalid_token", error_description="The access token is not valid here", ${metadata}`,
  error('The access token is not valid here')
]
const malformed = (why: string): Answer => [
  400,
  `Bearer error="invalid_request", error_description="Malformed authorization: ${why}", ${metadata}`,
  error(`Malformed authorization: ${why}`)
]
const noToken = malformed('Bearer without a token')
const several = malformed('several Authorization headers')
const both = malformed('a token in the header and one in the query')
/** What Node refuses before there is a request. */
const notHttp = (status: number, name: string, message: string): Answer => [
  status,
  undefined,
  `{"error":"${name}","message":"${message}","statusCode":${status}}`
]
const badRequest = notHttp(400, 'Bad Request', 'Client Error')

const says = (value: string, name = 'Authorization'): Bytes => opening('/mcp', [name, value])

type Row = readonly [title: string, bytes: Bytes, answer: Answer]

const rows: readonly Row[] = [
  ['no header', opening('/mcp'), unauthorized],
  ['an empty header', says(''), unauthorized],
  ['Basic credentials', says(`Basic ${Buffer.from(`ci:${token}`).toString('base64')}`), unauthorized],
  ['Digest credentials', says(`Digest username="ci", response="${secret}"`), unauthorized],
  ['Negotiate', says(`Negotiate ${secret}`), unauthorized],
  ['DPoP with a good token', says(`DPoP ${token}`), unauthorized],
  ['a good token without a scheme', says(token), unauthorized],
  ['a scheme that begins with Bearer', says(`Bearers ${token}`), unauthorized],
  ['a scheme in quotes', says(`"Bearer" ${token}`), unauthorized],
  ['Bearer and the token in one word', says(`Bearer${token}`), unauthorized],
  ['a colon behind the scheme', says(`Bearer: ${token}`), unauthorized],
  ['a tabulator behind the scheme', says(`Bearer\t${token}`), unauthorized],
  ['Bearer alone', says('Bearer'), noToken],
  ['Bearer and a space', says('Bearer '), noToken],
  ['bearer alone', says('bearer'), noToken],
  ['two tokens', says(`Bearer ${token} ${secret}`), noToken],
  ['the good token twice', says(`Bearer ${token} ${token}`), noToken],
  ['two credentials with a comma between', says(`Bearer ${token}, Bearer ${secret}`), noToken],
  ['a good token and a comma', says(`Bearer ${token},`), noToken],
  ['Basic behind Bearer', says(`Bearer ${token}, Basic ${secret}`), noToken],
  ['Bearer behind Basic', says(`Basic ${secret}, Bearer ${token}`), unauthorized],
  ['the token in quotes', says(`Bearer "${token}"`), noToken],
  ['the token as a parameter', says(`Bearer token="${token}"`), noToken],
  ['a space and a tabulator before the token', says(`Bearer \t${token}`), noToken],
  ['a semicolon behind the token', says(`Bearer ${token};`), noToken],
  ['padding before the token', says(`Bearer =${token}`), noToken],
  ['a token that is encoded for a URL', says(`Bearer ${token}%20`), noToken],
  ['letters beyond ASCII in the token', says(`Bearer ${token}é`), noToken],
  ['bytes of UTF-8 in the token', says(`Bearer ${Buffer.from(`${token}→`).toString('latin1')}`), noToken],
  ['a letter beyond ASCII in the scheme', says(`Beàrer ${token}`), unauthorized],
  ['a control character in the token', says(`Bearer ${token}\u0001`), badRequest],
  ['NUL in the token', says(`Bearer ${token}\u0000`), badRequest],
  ['a line feed in the token', says(`Bearer ${token}\nX-Other: 1`), badRequest],
  ['a header over two lines', says(`Bearer\r\n ${token}`), badRequest],
  ['a space before the colon', says(`Bearer ${token}`, 'Authorization '), badRequest],
  ['8193 letters', says(`Bearer ${secret.repeat(200).slice(0, 8193)}`), invalid],
  ['15,000 letters', says(`Bearer ${secret.repeat(500).slice(0, 15_000)}`), invalid],
  [
    'more than a header may have',
    says(`Bearer ${secret.repeat(500)}`),
    notHttp(431, 'Request Header Fields Too Large', 'Exceeded maximum allowed HTTP header size')
  ],
  ['two headers', opening('/mcp', bearer(token), bearer(secret)), several],
  ['two headers, of which the second is good', opening('/mcp', bearer(secret), bearer(token)), several],
  ['the same good header twice', opening('/mcp', bearer(token), bearer(token)), several],
  ['two headers in other cases', opening('/mcp', bearer(token), ['AUTHORIZATION', `Bearer ${token}`]), several],
  ['a good header and an empty one', opening('/mcp', bearer(token), ['Authorization', '']), several],
  ['Basic and Bearer in two headers', opening('/mcp', ['Authorization', `Basic ${secret}`], bearer(token)), several],
  ['Bearer and Basic in two headers', opening('/mcp', bearer(token), ['Authorization', `Basic ${secret}`]), several],
  ['a good token in the query', { ...opening('/mcp'), path: `/mcp?access_token=${token}` }, unauthorized],
  [
    'a good token in the query behind others',
    { ...opening('/mcp'), path: `/mcp?a=1&access_token=${token}` },
    unauthorized
  ],
  [
    'a good token in the query and in the header',
    { ...opening('/mcp', bearer(token)), path: `/mcp?access_token=${token}` },
    both
  ],
  [
    'a token in the query and a good one in the header',
    { ...opening('/mcp', bearer(token)), path: `/mcp?x&access_token=${secret}` },
    both
  ],
  [
    'an empty token in the query and a good one in the header',
    { ...opening('/mcp', bearer(token)), path: '/mcp?access_token=' },
    both
  ],
  ['a good token in the query, and Basic', { ...says(`Basic ${secret}`), path: `/mcp?access_token=${token}` }, both],
  [
    'a good token in a form',
    {
      method: 'POST',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: `access_token=${token}`
    },
    unauthorized
  ],
  ['a good token in a cookie', opening('/mcp', ['Cookie', `access_token=${token}`]), unauthorized],
  ['a good token in a header of its own', opening('/mcp', ['X-Api-Key', token]), unauthorized],
  ['a good token for a proxy', opening('/mcp', ['Proxy-Authorization', `Bearer ${token}`]), unauthorized],
  [
    'a good token in the message',
    post('/mcp', { id: 1, method: 'ping', params: { _meta: { authorization: token } } }),
    unauthorized
  ],
  // every message and every method, before anything else is said
  ['a request', post('/mcp', { id: 1, method: 'tools/list' }), unauthorized],
  ['a ping', post('/mcp', { id: 1, method: 'ping' }), unauthorized],
  ['a notification', post('/mcp', { method: 'notifications/initialized' }), unauthorized],
  ['a response', post('/mcp', { id: 1, result: {} }), unauthorized],
  ['an unknown method', post('/mcp', { id: 1, method: 'nope' }), unauthorized],
  ['a session that nobody has', post('/mcp', { id: 1, method: 'ping' }, ['Mcp-Session-Id', secret]), unauthorized],
  [
    'a revision that there is not',
    post('/mcp', { id: 1, method: 'ping' }, ['MCP-Protocol-Version', '1999-01-01']),
    unauthorized
  ],
  ['no JSON', { method: 'POST', headers: posted, body: '{' }, unauthorized],
  ['no media type', { method: 'POST', body: '{}' }, unauthorized],
  ['a POST that takes no answer', { method: 'POST', headers: [['Accept', 'image/png']], body: '{}' }, unauthorized],
  ['no body', { method: 'POST', headers: posted }, unauthorized],
  ['more than a body may have', { method: 'POST', headers: posted, body: 'x'.repeat(2 * 1024 * 1024) }, unauthorized],
  ['a GET', {}, unauthorized],
  [
    'a GET with a session',
    {
      headers: [
        ['Accept', 'text/event-stream'],
        ['Mcp-Session-Id', secret]
      ]
    },
    unauthorized
  ],
  [
    'a GET that resumes',
    {
      headers: [
        ['Mcp-Session-Id', secret],
        ['Last-Event-ID', '1']
      ]
    },
    unauthorized
  ],
  ['a GET of a browser', { headers: [['Accept', 'text/html']] }, unauthorized],
  ['a DELETE', { method: 'DELETE', headers: [['Mcp-Session-Id', secret]] }, unauthorized],
  ['a PUT', { method: 'PUT', headers: posted, body: '{}' }, unauthorized],
  ['a PATCH', { method: 'PATCH', headers: posted, body: '{}' }, unauthorized],
  ['OPTIONS', { method: 'OPTIONS' }, unauthorized],
  [
    'the question of a browser of our own origin',
    {
      method: 'OPTIONS',
      headers: [
        ['Origin', publicOrigin],
        ['Access-Control-Request-Method', 'POST']
      ]
    },
    unauthorized
  ],
  ['the same with a slash at the end', opening('/mcp/'), unauthorized],
  // with a good token, what was wrong before is told
  [
    'a good token and no JSON',
    { method: 'POST', headers: [...posted, bearer(token)], body: '{' },
    [400, undefined, '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error: not well-formed JSON"}}']
  ],
  [
    'a good token and PUT',
    { method: 'PUT', headers: [...posted, bearer(token)], body: '{}' },
    [405, undefined, error('The endpoint takes GET, POST and DELETE')]
  ],
  ['a good token and no session', { headers: [bearer(token)] }, [400, undefined, error('Mcp-Session-Id is missing')]],
  // who may not come from there is not asked who he is
  [
    'a foreign origin',
    opening('/mcp', ['Origin', 'https://evil.example']),
    [403, undefined, error('This Origin may not use the server')]
  ],
  [
    'a foreign origin with a good token',
    opening('/mcp', ['Origin', 'https://evil.example'], bearer(token)),
    [403, undefined, error('This Origin may not use the server')]
  ],
  [
    'the origin null',
    opening('/mcp', ['Origin', 'null'], bearer(token)),
    [403, undefined, error('This Origin may not use the server')]
  ],
  [
    'a foreign host',
    opening('/mcp', ['Host', 'evil.example'], bearer(token)),
    [403, undefined, error('This Host is not the server')]
  ],
  [
    'a foreign host without a token',
    opening('/mcp', ['Host', 'evil.example']),
    [403, undefined, error('This Host is not the server')]
  ]
]

describe('with', () => {
  test.each(rows)('%s', async (_, bytes, [status, challenge, body]) => {
    const told = api.log().length
    const reply = await api.ask(bytes)
    expect([reply.status, reply.headers['www-authenticate'], reply.body]).toEqual([status, challenge, body])
    expect(reply.headers['mcp-session-id']).toBeUndefined()
    for (const confidence of [token, secret]) {
      expect(leak(confidence, api.log().slice(told))).toBeUndefined()
      expect(leak(confidence, JSON.stringify(reply))).toBeUndefined()
    }
  })

  test('HEAD the status and the challenge come without a body', async () => {
    const { status, headers, body } = await api.ask({ method: 'HEAD' })
    expect([status, headers['www-authenticate'], body]).toEqual([401, `Bearer ${metadata}`, ''])
  })
})

describe('a good token is read from', () => {
  test.each<readonly [string, Bytes]>([
    ['Bearer', says(`Bearer ${token}`)],
    ['bearer', says(`bearer ${token}`)],
    ['BEARER', says(`BEARER ${token}`)],
    ['bEaReR', says(`bEaReR ${token}`)],
    ['a header in lower case', says(`Bearer ${token}`, 'authorization')],
    ['a header in upper case', says(`Bearer ${token}`, 'AUTHORIZATION')],
    ['behind several spaces', says(`Bearer   ${token}`)],
    ['a header with spaces around it', says(`  Bearer ${token}  `)],
    ['a header with tabulators around it', says(`\tBearer ${token}\t`)],
    ['a header beside a query that names no token', { ...says(`Bearer ${token}`), path: '/mcp?api=1' }],
    ['a request of our own origin', opening('/mcp', ['Origin', publicOrigin], bearer(token))],
    ['the path with a slash at the end', opening('/mcp/', bearer(token))]
  ])('%s', async (_, bytes) => {
    const { status, headers } = await api.ask(bytes)
    expect([status, headers['www-authenticate']]).toEqual([200, undefined])
  })
})

describe('an endpoint for machines alone', () => {
  const realm = 'Bearer realm="for _machines_ _ alone"'

  test('promises no OAuth', async () => {
    const { status, headers, body } = await api.ask(opening('/machines'))
    expect([status, headers['www-authenticate'], body]).toEqual([401, realm, error('Authorization is required')])
  })

  test('says what is wrong in the same words as any', async () => {
    const { headers, body } = await api.ask(opening('/machines', bearer(secret)))
    expect(headers['www-authenticate']).toBe(
      `${realm}, error="invalid_token", error_description="The access token is not valid here"`
    )
    expect(body).toBe(error('The access token is not valid here'))
  })
})

test('a token in the query of a request is cut from the lines that Fastify writes', async () => {
  const told = api.log().length
  await api.ask({ path: `/mcp?access_token=${token}&session=${secret}` })
  const log = api.log().slice(told)
  expect(log).toContain('"url":"/mcp?…"')
  expect([leak(token, log), leak(secret, log)]).toEqual([undefined, undefined])
})

test('where the log says who called, it says so by the subject', async () => {
  const { headers } = await api.ask(opening('/mcp', bearer(token)))
  const told = api.log().length
  await api.ask(
    post('/mcp', { id: 1, method: 'ping' }, bearer(token), ['Mcp-Session-Id', String(headers['mcp-session-id'])])
  )
  expect(api.log().slice(told)).toContain('"subject":"ci"')
  expect(leak(token, api.log())).toBeUndefined()
})

test('no Authorization header that is made up lets anybody in, breaks anything, or is repeated', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'Bearer',
      'bearer',
      'Basic',
      ' ',
      '  ',
      '\t',
      ',',
      '=',
      '.',
      '..',
      '"',
      ';',
      'hw_',
      'eyJhbGciOiJub25lIn0',
      'e30'
    ),
    fc.string({ maxLength: 30 }),
    fc.base64String({ maxLength: 40 }),
    fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 10 })
  )
  const header = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  // what begins a new line is a request of another kind
  const values = fc.array(
    header.filter((value) => !/[\r\n]/.test(value)),
    { minLength: 1, maxLength: 3 }
  )
  await fc.assert(
    fc.asyncProperty(values, async (sent) => {
      const told = api.log().length
      const reply = await api.ask(opening('/mcp', ...sent.map((value) => ['Authorization', value] as const)))
      expect([400, 401]).toContain(reply.status)
      if (!reply.body.includes('Client Error')) expect(reply.headers['www-authenticate']).toMatch(/^Bearer /)
      for (const value of sent) {
        const made = value.replace(/^bearer +/i, '')
        expect(leak(made, reply.body + JSON.stringify(reply.headers))).toBeUndefined()
        expect(leak(made, api.log().slice(told))).toBeUndefined()
      }
    }),
    { numRuns: 300 }
  )
})
