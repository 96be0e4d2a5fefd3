/** Slips in what is declared: in JavaScript nothing tells of them, and none may leave open what was to be shut. */
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import handwire, { DeclarationError } from '../../src/http/index.ts'
import { booted } from '../support/booted.ts'

const { sha256 } = newToken()
const machines = staticTokens([{ name: 'ci', sha256, scopes: ['w'] }])
const issued = { issuer: 'https://login.example', resource: 'https://mcp.example/mcp' }
const named = { name: 'acme', version: '1' }

type Setup = (app: FastifyInstance) => unknown

/** How something is refused. */
async function refusal(declare: () => unknown): Promise<DeclarationError> {
  const error: unknown = await Promise.resolve()
    .then(declare)
    .then(
      () => new Error('it was taken'),
      (thrown: unknown) => thrown
    )
  if (!(error instanceof DeclarationError)) throw error
  return error
}

type Case = readonly [what: string, options: object, code: string, message: RegExp]

/** The message about a member that nothing reads, with the one that was meant. */
const strange = (of: string, name: string, meant: string): RegExp =>
  new RegExp(`^${of} has no option ${name}; it takes .*\\b${meant}\\b`)

const verifier = /^auth: each entry is a verifier, such as staticTokens\(\[…\]\) or jwt\({…}\) give, or a function/

test.each<Case>([
  ['autth', { autth: machines }, 'option', strange('handwire', 'autth', 'auth')],
  ['Auth', { Auth: machines }, 'option', strange('handwire', 'Auth', 'auth')],
  ['authorization', { authorization: machines }, 'option', strange('handwire', 'authorization', 'auth')],
  ['orgins', { orgins: ['https://app.example'] }, 'option', strange('handwire', 'orgins', 'origins')],
  ['host and limit', { host: 'a', limit: {} }, 'option', strange('handwire', 'host, limit', 'hosts')],
  ['limits of another name', { limits: { bodybytes: 1 } }, 'option', strange('limits', 'bodybytes', 'bodyBytes')],
  ['a limit in words', { limits: { bodyBytes: '1mb' } }, 'limits', /^limits\.bodyBytes is a number above 0/],
  ['a limit that is null', { limits: { sessions: null } }, 'limits', /^limits\.sessions is a number from 0 on/],
  ['a limit that is NaN', { limits: { callMs: Number.NaN } }, 'limits', /^limits\.callMs is a number above 0/],
  ['a limit that is half', { limits: { pageSize: 1.5 } }, 'limits', /^limits\.pageSize is a whole number/],
  ['a limit below 0', { limits: { sessions: -1 } }, 'limits', /^limits\.sessions is a number from 0 on/],
  ['calls of another name', { calls: { rat: '1/m' } }, 'option', /limits has no option rat; it takes .*\brate\b/],
  ['routes of another name', { routes: { fliter: () => false } }, 'option', strange('routes', 'fliter', 'filter')],
  ['routes in words', { routes: 'all' }, 'option', /^routes: its options are an object/],
  ['limits that are a number', { limits: 5 }, 'option', /^handwire: limits is an object/],
  ['limits that are null', { limits: null }, 'option', /^handwire: limits is an object/],
  ['a rate of another name', { calls: { rate: { max: 1, per: 9 } } }, 'option', strange('.*rate', 'per', 'perMs')],
  ['a timeout in words', { calls: { timeoutMs: '5s' } }, 'option', /limits: timeoutMs is a number/],
  ['a timeout in a text', { calls: { timeoutMs: '5' } }, 'option', /limits: timeoutMs is a number/],
  ['a heartbeat in a text', { heartbeatMs: '5' }, 'limits', /heartbeatMs is a number of milliseconds above 0/],
  ['a key that is no function', { calls: { key: 'ip' } }, 'option', /limits: key is a function/],
  ['health of another name', { health: { lve: '/alive' } }, 'option', strange('health', 'lve', 'live')],
  ['health that is null', { health: null }, 'option', /^health: its options are an object/],
  ['health without a slash', { health: 'ready' }, 'path', /^health\.ready is a path that begins with a slash/],
  [
    'a path without a slash',
    { path: 'mcp' },
    'path',
    /^MCP: path is a path that begins with a slash and has no query, such as '\/mcp'/
  ],
  ['a path with a query', { path: '/mcp?x' }, 'path', /^MCP: path is a path .* has no query/],
  ['no path at all', { path: '' }, 'path', /^MCP: path is a path/],
  ['a path that is a number', { path: 7 }, 'path', /^MCP: path is a path/],
  ['a prefix without a slash', { prefix: 'api' }, 'path', /^handwire: prefix is a path/],
  ['ports of another name', { ports: { sesions: {} } }, 'option', strange('ports', 'sesions', 'sessions')],
  ['a store that is a text', { ports: { sessions: 'redis' } }, 'option', /^ports: sessions is an object/],
  ['observers that are one', { observers: { called() {} } }, 'option', /^handwire: observers is a list/],
  ['an observer of nothing', { observers: [{ caled() {} }] }, 'observer', /^observers: each has .*\bcalled\b/],
  ['an observer that is null', { observers: [null] }, 'observer', /^observers: each has/],
  ['teach in words', { teach: 'no' }, 'option', /^handwire: teach is true or false/],
  ['onFrame in words', { onFrame: 'log' }, 'option', /^handwire: onFrame is a function/],
  ['instructions in a list', { instructions: ['a'] }, 'option', /^handwire: instructions is a text/],
  ['a title that is a number', { title: 1 }, 'server-info', /^MCP: title is a text/],
  ['no version', { version: undefined }, 'server-info', /^MCP: version is a text that clients are told/],
  ['a version that is a number', { version: 1 }, 'server-info', /^MCP: version is a text that clients are told/],
  ['an empty name', { name: '' }, 'server-info', /^MCP: name is a text that clients are told/]
])('an API does not boot with %s', async (_, options, code, message) => {
  const error = await refusal(() => booted({ ...named, ...options }))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
})

test.each<readonly [string, unknown]>([
  ['null', null],
  ['true', true],
  ['0', 0],
  ['an empty text', ''],
  ['a secret', 'secret'],
  ['an empty object', {}],
  ['the options of a verifier', issued],
  ['a chain of undefined', [undefined]],
  ['a chain of false', [false]],
  ['a chain in a chain', [[machines]]],
  ['a chain with a hole', [machines, undefined]],
  ['a verifier that is yet to come', Promise.resolve(machines)],
  ['a verifier with a slip', { verfy: () => ({ subject: 'ann' }) }]
])('auth cannot be %s', async (_, auth) => {
  const error = await refusal(() => booted({ ...named, auth }))
  expect(error.code).toBe('auth-verifier')
  expect(error.message).toMatch(verifier)
})

describe('auth that is undefined', () => {
  test('does not boot where nothing stands behind it, and says how to open', async () => {
    const error = await refusal(() => booted({ ...named, auth: undefined }))
    expect(error.code).toBe('auth-undefined')
    expect(error.message).toMatch(/^auth: undefined is nobody: give a verifier, or `auth: false` to let everybody in/)
  })

  test('does not boot in an endpoint of its own', async () => {
    const error = await refusal(() => booted({}, ({ mcp }) => mcp.serve({ ...named, auth: undefined } as never)))
    expect(error.code).toBe('auth-undefined')
  })

  test('does not boot where it is what all endpoints share', async () => {
    const error = await refusal(() => booted({ auth: undefined }, ({ mcp }) => mcp.serve(named)))
    expect(error.code).toBe('auth-undefined')
  })

  test('is overruled by an endpoint that says who comes in', async () => {
    const app = await booted({ auth: undefined }, ({ mcp }) => mcp.serve({ ...named, auth: machines }))
    await expect(app.mcp.test()).rejects.toThrow('401')
  })
})

test.each<Case>([
  ['autth', { autth: machines }, 'option', strange('mcp\\.serve', 'autth', 'auth')],
  ['a prefix', { prefix: '/v1' }, 'option', strange('mcp\\.serve', 'prefix', 'path')],
  ['auth: null', { auth: null }, 'auth-verifier', verifier]
])('an endpoint of a guarded API does not boot with %s', async (_, own, code, message) => {
  const error = await refusal(() => booted({ auth: machines }, ({ mcp }) => mcp.serve({ ...named, ...own })))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
})

test('what endpoints share cannot be misspelt', async () => {
  const error = await refusal(() => booted({ autth: machines }, ({ mcp }) => mcp.serve(named)))
  expect(error.message).toMatch(strange('handwire', 'autth', 'auth'))
})

test('a name cannot be misspelt, nor left out beside a version', async () => {
  const error = await refusal(() => booted({ nmae: 'acme', version: '1', auth: machines }))
  expect(error.message).toMatch(strange('handwire', 'nmae', 'name'))
  expect((await refusal(() => booted({ version: '1', auth: machines }))).code).toBe('no-name')
})

test('the plugin is registered once, and says how endpoints are added', async () => {
  const error = await refusal(() => booted({ ...named, auth: machines }, (app) => app.register(handwire, named)))
  expect(error.code).toBe('registered-twice')
  expect(error.message).toMatch(/scope\.mcp\.serve\(\)/)
})

test.each(['/:id(^(?:a|b)$)/mcp', '/t/:x(^\\d+?$)', '/a/:id?', '/'])('%j is a path', async (path) => {
  await booted({ ...named, path })
})

test('a decorator of the API that has its name is told from a second registration', async () => {
  const app = Fastify()
  onTestFinished(() => app.close())
  app.decorate('mcp', {} as never)
  const error = await refusal(() => app.register(handwire, named))
  expect(error.code).toBe('mcp-taken')
})

const handler = (): string => ''
const scope = { scope: ['w'] } as object
const scopes = { scopes: 'w' } as object

test.each<readonly [string, Setup, string, RegExp]>([
  ['a tool with scope', ({ mcp }) => mcp.tool('t', scope, handler), 'option', strange('tool "t"', 'scope', 'scopes')],
  [
    'a tool with visble',
    ({ mcp }) => mcp.tool('t', { visble: () => false } as object, handler),
    'option',
    strange('tool "t"', 'visble', 'visible')
  ],
  [
    'a tool with limit',
    ({ mcp }) => mcp.tool('t', { limit: { rate: '1/h' } } as object, handler),
    'option',
    strange('tool "t"', 'limit', 'limits')
  ],
  [
    'a tool with timeout',
    ({ mcp }) => mcp.tool('t', { limits: { timeout: 5 } as object }, handler),
    'option',
    strange('the tool "t": limits', 'timeout', 'timeoutMs')
  ],
  [
    'a tool that is visible in words',
    ({ mcp }) => mcp.tool('t', { visible: 'x' as never }, handler),
    'option',
    /^tool "t": visible is a function/
  ],
  [
    'a tool with a number for a description',
    ({ mcp }) => mcp.tool('t', { description: 7 as never }, handler),
    'option',
    /^tool "t": description is a text/
  ],
  [
    'a tool that is visible in the end',
    ({ mcp }) => mcp.tool('t', { visible: (async () => false) as never }, handler),
    'visible',
    /^tools: "t": visible answers with true or false, and at once/
  ],
  [
    'a route that is visible in the end',
    (app) => app.get('/x', { config: { mcp: { tool: 'x', visible: (async () => false) as never } } }, handler),
    'visible',
    /"x": visible answers with true or false, and at once/
  ],
  [
    'a tool without a handler',
    ({ mcp }) => mcp.tool('t', {}, undefined as never),
    'handler',
    /^tool "t": its handler is a function/
  ],
  [
    'a route with a slip in its annotations',
    (app) => app.get('/x', { config: { mcp: { tool: 'x', annotations: { readonlyHint: true } as object } } }, handler),
    'option',
    /annotations has no option readonlyHint; it takes .*readOnlyHint/
  ],
  [
    'a resource that is visible in words',
    ({ mcp }) => mcp.resource('a://b', { visible: true as never }, handler),
    'option',
    /^resource "a:\/\/b": visible is a function/
  ],
  [
    'a prompt that is visible in words',
    ({ mcp }) => mcp.prompt('p', { visible: {} as never }, handler),
    'option',
    /^prompt "p": visible is a function/
  ],
  [
    'a route that is visible in words',
    (app) => app.get('/x', { config: { mcp: { tool: 'x', visible: 'all' as never } } }, handler),
    'option',
    /^route GET \/x: config\.mcp: visible is a function/
  ],
  [
    'a test with header',
    ({ mcp }) => mcp.test({ header: { authorization: 'x' } } as object),
    'option',
    strange('mcp\\.test', 'header', 'headers')
  ],
  ['a tool with scopes in a text', ({ mcp }) => mcp.tool('t', scopes, handler), 'scope', /"t": .* such as \['w'\]/],
  [
    'a resource with scope',
    ({ mcp }) => mcp.resource('a://b', scope, handler),
    'option',
    strange('resource "a://b"', 'scope', 'scopes')
  ],
  [
    'a template with scope',
    ({ mcp }) => mcp.resource('a://{b}', scope, handler),
    'option',
    strange('resource "a://{b}"', 'scope', 'scopes')
  ],
  [
    'a prompt with scope',
    ({ mcp }) => mcp.prompt('p', scope, handler),
    'option',
    strange('prompt "p"', 'scope', 'scopes')
  ],
  ['a prompt with scopes in a text', ({ mcp }) => mcp.prompt('p', scopes, handler), 'scope', /"p": scopes are a list/],
  [
    'a route with scope',
    (app) => app.get('/x', { config: { mcp: { tool: 'x', ...scope } } }, handler),
    'option',
    strange('route GET /x: config\\.mcp', 'scope', 'scopes')
  ],
  [
    'a route with scopes in a text',
    (app) => app.get('/x', { config: { mcp: { tool: 'x', ...scopes } } }, handler),
    'scope',
    /^route GET \/x: .*scopes are a list/
  ]
])('%s is refused', async (_, setup, code, message) => {
  const error = await refusal(() => booted({ ...named, auth: machines, routes: true }, setup))
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
})

describe('a check that says what is no principal lets nobody in', () => {
  test.each<readonly [string, unknown]>([
    ['true', true],
    ['a name', 'ann'],
    ['an object without a subject', { id: 1 }],
    ['a subject that is a number', { subject: 7 }],
    ['scopes in a text', { subject: 'ann', scopes: 'nonadmin todo:write-own' }],
    ['scopes that are null', { subject: 'ann', scopes: null }],
    ['scopes in a set', { subject: 'ann', scopes: new Set(['w']) }],
    ['scopes with a number', { subject: 'ann', scopes: ['w', 1] }]
  ])('%s', async (_, said) => {
    const asACheck = await booted({ ...named, auth: () => said })
    await expect(asACheck.mcp.test()).rejects.toThrow('500')
    const asAVerifier = await booted({ ...named, auth: { verify: () => said } })
    await expect(asAVerifier.mcp.test({ headers: { authorization: 'Bearer x' } })).rejects.toThrow('500')
  })

  test.each<readonly [string, unknown]>([
    ['jwt', jwt],
    ['staticTokens', staticTokens]
  ])('%s that was not called', async (_, auth) => {
    const app = await booted({ ...named, auth })
    await expect(app.mcp.test()).rejects.toThrow('500')
  })
})
