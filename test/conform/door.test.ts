// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the fixture format
/** How the runner meets a server that wants tokens: what it finds out at the door, and where it goes that the server names. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type Fixture, fixtureCheck, readMetaSchema } from '../../src/conform/fixture.ts'
import { httpTarget } from '../../src/conform/http-peer.ts'
import { conform, redact, tokenValues, UnreachableError } from '../../src/conform/index.ts'
import { shutOut } from '../../src/conform/needs.ts'
import { introductionOf, type Outcome, type ReplayOptions, replay } from '../../src/conform/replay.ts'
import { socketExchange } from '../../src/conform/socket.ts'
import { tokensOf } from '../../src/conform/tokens.ts'
import { guardedByIssuer, tinyIssuer } from '../support/auth-target.ts'

interface Heard {
  method: string
  url: string
  /** Names and values in turn, as they came. */
  headers: string[]
}

interface Server {
  url: string
  port: number
  heard: Heard[]
}

/** What a server does with a request; `url` is its own endpoint. */
type Does = (request: IncomingMessage, response: ServerResponse, server: Server) => void

async function serve(does: Does): Promise<Server> {
  const heard: Heard[] = []
  const http = createServer((request, response) => {
    heard.push({ method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders })
    // the body is let go by, so that the connection can be used again
    request.resume().on('end', () => does(request, response, server))
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const server = { url: `http://127.0.0.1:${port}/mcp`, port, heard }
  onTestFinished(() => {
    http.close()
    http.closeAllConnections()
  })
  return server
}

const sockets = socketExchange()
afterAll(() => sockets.close())
const json = (response: ServerResponse, status: number, value: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
const hello = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'tiny', version: '0' } }
/** Lets everybody in, and answers every request with the handshake. */
const open: Does = (_, response) => json(response, 200, { jsonrpc: '2.0', id: 999_001, result: hello })
const shut =
  (challenge: string): Does =>
  (_, response) =>
    json(response, 401, {}, { 'www-authenticate': challenge })

/** What of its door a server offers. */
async function door({ url }: Server, headers = {}): Promise<string[]> {
  const target = httpTarget({ url, exchange: sockets.exchange, headers })
  const lacks = (feature: 'protected' | 'oauth'): Promise<string | undefined> =>
    shutOut({ features: [feature] }, target, introductionOf(target, {}))
  const found = []
  for (const feature of ['protected', 'oauth'] as const) if ((await lacks(feature)) === undefined) found.push(feature)
  return found
}

const given = { authorization: 'Bearer good-token' }

test('a server that answers initialize with 401 is protected', async () => {
  expect(await door(await serve(shut('Bearer realm="x"')))).toEqual(['protected'])
})

test('a challenge that speaks of metadata offers oauth', async () => {
  expect(await door(await serve(shut('Bearer resource_metadata=nowhere')))).toEqual(['protected', 'oauth'])
})

test('a document at the well-known place offers oauth', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource/mcp') json(response, 200, { resource: 'x' })
    else json(response, 401, {})
  })
  expect(await door(server)).toEqual(['protected', 'oauth'])
})

test('a document of the whole host offers oauth', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource') json(response, 200, { resource: 'x' })
    else json(response, 401, {})
  })
  expect(await door(server)).toEqual(['protected', 'oauth'])
})

test('a server that lets everybody in is not protected, whatever it is sent', async () => {
  const server = await serve(open)
  expect(await door(server)).toEqual([])
  expect(await door(server, given)).toEqual([])
})

test('a server that lets everybody in and then wants a token is protected', async () => {
  let first = true
  const server = await serve((request, response, own) => {
    if (first) open(request, response, own)
    else shut('Bearer')(request, response, own)
    first = false
  })
  expect(await door(server)).toEqual(['protected'])
})

test('any other refusal tells of a door only to whoever has a token', async () => {
  const server = await serve((_, response) => json(response, 403, {}))
  expect(await door(server)).toEqual([])
  expect(await door(server, given)).toEqual(['protected'])
})

test('the door is looked at without the token, and once', async () => {
  const server = await serve(shut('Bearer realm="x"'))
  await door(server, given)
  expect(server.heard.filter(({ method }) => method === 'POST')).toHaveLength(1)
  expect(JSON.stringify(server.heard)).not.toContain('good-token')
})

const check = fixtureCheck(await readMetaSchema())

function play(
  server: Server,
  steps: object[],
  more: Partial<Fixture> = {},
  options: ReplayOptions = {}
): Promise<Outcome> {
  const id = 'runner/test/case'
  const head = { id, title: 'A case of the runner itself', revision: ['2025-06-18'], level: 'MUST', kind: 'positive' }
  const rest = { requirements: ['AUTH-10'], transports: ['http'], client: { handshake: false } }
  const fixture = check({ ...head, ...rest, steps, provenance: { from: 'hand' }, ...more }, `${id}.json`)
  return replay(fixture, httpTarget({ url: server.url, exchange: sockets.exchange, headers: given }), options)
}

const names = (url: string): object => ({
  http: { method: 'POST', body: {} },
  expect: { message: { place: { $set: 'place' } } },
  note: url
})
/** Names a URL in the answer to a POST, and has a document everywhere else. */
const naming =
  (place: (server: Server) => string): Does =>
  (request, response, server) =>
    json(response, 200, request.method === 'POST' ? { place: place(server) } : { found: request.url })
const fetched = {
  http: { method: 'GET', url: '${place}' },
  expect: { status: 200, message: { found: { $is: 'string' } } }
}

test('a URL that the server names gets nothing of the user, also on the same server', async () => {
  const server = await serve(naming(({ port }) => `http://127.0.0.1:${port}/document`))
  expect(await play(server, [names('a document'), fetched])).toMatchObject({ outcome: 'pass' })
  const { url, headers } = server.heard.at(-1) as Heard
  expect(url).toBe('/document')
  const sent = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  expect(sent.sort()).toEqual(['accept', 'connection', 'host'])
})

test('a URL on another port of loopback is asked when the server is there, too', async () => {
  const other = await serve(naming(() => ''))
  const server = await serve(naming(() => other.url))
  expect(await play(server, [names('another server'), fetched])).toMatchObject({ outcome: 'pass' })
  expect(other.heard).toHaveLength(1)
})

test('a URL elsewhere is asked only where the user allows it', async () => {
  const server = await serve(naming(() => 'http://mcp.invalid/document'))
  const steps = [names('somebody else'), fetched]
  expect(await play(server, steps)).toMatchObject({
    outcome: 'skip',
    reason: expect.stringMatching(/^needs help: .*http:\/\/mcp\.invalid.*--follow/)
  })
  expect(await play(server, steps, {}, { follow: true })).toMatchObject({ outcome: 'fail', step: 2 })
})

test('a URL at which nobody answers is a fault of the server that named it', async () => {
  const server = await serve(naming(() => 'http://127.0.0.1:1/document'))
  expect(await play(server, [names('nobody'), fetched])).toMatchObject({
    outcome: 'fail',
    reason: expect.stringMatching(/the connection broke/)
  })
})

test.each(['/document', 'mcp.example/document', 'ftp://127.0.0.1/document', ''])(
  'what is no URL of HTTP fails the step: "%s"',
  async (place) => {
    const server = await serve(naming(() => place))
    expect(await play(server, [names('nothing'), fetched])).toMatchObject({
      outcome: 'fail',
      step: 2,
      reason: expect.stringMatching(/no absolute URL/)
    })
  }
)

test('a redirect is not followed', async () => {
  const server = await serve((request, response, own) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/document' }).end()
    else naming(({ port }) => `http://127.0.0.1:${port}/moved`)(request, response, own)
  })
  const moved = { http: { method: 'GET', url: '${place}' }, expect: { status: 302 } }
  expect(await play(server, [names('a move'), moved])).toMatchObject({ outcome: 'pass' })
})

test.each([
  ['the endpoint', undefined, '/.well-known/about/mcp'],
  ['a bare origin', 'http://127.0.0.1:PORT', '/.well-known/about'],
  ['a bare origin with its slash', 'http://127.0.0.1:PORT/', '/.well-known/about'],
  ['a path and a query', 'http://127.0.0.1:PORT/a/b/?c=d', '/.well-known/about/a/b/?c=d']
])('the well-known place of %s is between host and path', async (_, about, place) => {
  const server = await serve((request, response) => json(response, 200, { found: request.url }))
  const url = about === undefined ? {} : { url: about.replace('PORT', String(server.port)) }
  const step = { http: { method: 'GET', wellKnown: 'about', ...url }, expect: { message: { found: place } } }
  expect(await play(server, [step])).toMatchObject({ outcome: 'pass' })
})

test('an array of values is sent as several headers', async () => {
  const server = await serve(open)
  await play(server, [{ http: { method: 'POST', headers: { Authorization: ['Bearer a', 'Bearer b'] }, body: {} } }])
  const { headers } = server.heard[0] as Heard
  expect(headers.filter((_, index) => headers[index - 1]?.toLowerCase() === 'authorization')).toEqual([
    'Bearer a',
    'Bearer b'
  ])
})

test('a path cannot lead to another server, which would get the token', async () => {
  const server = await serve(naming(() => 'http://127.0.0.1:1/'))
  const leave = { http: { method: 'GET', path: '${place}' } }
  expect(await play(server, [names('somebody else'), leave])).toMatchObject({
    outcome: 'error',
    reason: expect.stringMatching(/leaves the server/)
  })
})

test('a token is remembered under its name, and the one of the user as valid', async () => {
  const server = await serve(open)
  const headers = { authorization: 'Bearer ${token.valid} ${token.expired}' }
  const tokens = { expired: { value: 'old' } }
  await play(
    server,
    [{ http: { method: 'POST', headers, body: {} } }],
    { needs: { tokens: ['valid', 'expired'] } },
    { hints: { tokens } }
  )
  expect(server.heard[0]?.headers).toContain('Bearer good-token old')
})

test('a token that nobody gave is a skip that asks for help', async () => {
  const server = await serve(open)
  const steps = [{ http: { method: 'POST', body: {} } }]
  expect(await play(server, steps, { needs: { tokens: ['expired'] } })).toMatchObject({
    outcome: 'skip',
    reason: 'needs help: the token "expired", which a profile can give'
  })
  const tokens = tokensOf({ tokens: { expired: { env: 'NOT_SET' } } }, {})
  expect(await play(server, steps, { needs: { tokens: ['expired'] } }, { hints: { tokens } })).toMatchObject({
    outcome: 'skip',
    reason: 'needs help: the token "expired": the variable NOT_SET is empty'
  })
  expect(server.heard).toEqual([])
})

test('tokens of a profile come from the environment, and are known to whoever blanks reports', () => {
  const profile = { tokens: { expired: { env: 'OLD' }, narrow: 'few-rights' } }
  expect(tokenValues(profile, { OLD: 'old-token' })).toEqual(['old-token', 'few-rights'])
  expect(tokenValues({}, {})).toEqual([])
})

test('without a token the cases about the door are replayed, and those that need one ask for it', async () => {
  const { url } = await serve(shut('Bearer realm="x"'))
  const report = await conform(url, { only: ['authorization'] })
  const outcomes = new Map(report.results.map(({ id, outcome }) => [id, outcome]))
  expect(outcomes.get('authorization/door/request')).toBe('pass')
  expect(outcomes.get('authorization/framework/oauth')).toBe('warn')
  expect(outcomes.get('authorization/metadata/reachable')).toBe('skip')
  const asks = report.results.find(({ id }) => id === 'authorization/session/request')
  expect(asks?.reason).toBe('needs help: the token "valid": the runner was given none, --token gives one')
  expect(report.counts.error).toBe(0)
})

test('an app that is known by a public address has its documents there', async () => {
  const issuer = await tinyIssuer()
  onTestFinished(() => issuer.close())
  const { app } = await guardedByIssuer(issuer, 'https://api.example/mcp')
  onTestFinished(() => app.close())
  const report = await conform(app, { only: ['authorization/metadata', 'authorization/servers'] })
  const outcomes = new Map(report.results.map(({ id, outcome }) => [id, outcome]))
  expect(report.counts).toMatchObject({ fail: 0, warn: 0, error: 0 })
  expect(outcomes.get('authorization/metadata/well-known-place')).toBe('pass')
  const { reason } = report.results.find(({ id }) => id === 'authorization/metadata/resource') ?? {}
  expect(reason).toMatch(/^needs help: .*https:\/\/api\.example/)
})

test('a run of other cases, too, ends where a token is wanted', async () => {
  const { url } = await serve(shut('Bearer realm="x"'))
  await expect(conform(url, { only: ['authorization/door', 'ping'] })).rejects.toThrow(UnreachableError)
})

test('reports blank the tokens of a profile wherever they are', async () => {
  const { url } = await serve((_, response) => json(response, 401, { repeated: 'expired-token-of-ann' }))
  const profile = { tokens: { expired: 'expired-token-of-ann' } }
  const report = await conform(url, { only: ['authorization/validity'], profile })
  expect(JSON.stringify(report)).toContain('expired-token-of-ann')
  expect(JSON.stringify(redact(report, tokenValues(profile)))).not.toContain('expired-token-of-ann')
})
