/** Slips in the options of verifiers and of the authorization server: each is told where it stands, before anything is served. */
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { introspection, jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import { authorizationServer, memoryStore, upstreamOpenId } from '../../src/auth/server/index.ts'
import handwire, { type EndpointOptions } from '../../src/http/index.ts'
import { refused } from '../support/refused.ts'

const { token, sha256 } = newToken()
const issued = { issuer: 'https://login.example', resource: 'https://mcp.example/mcp' }
const client = { clientId: 'mcp', clientSecret: 'secret' }

/** Verifiers that may be told anything, as in JavaScript. */
const ofJwt = (options: unknown) => jwt(options as Parameters<typeof jwt>[0])
const ofIntrospection = (options: unknown) => introspection(options as Parameters<typeof introspection>[0])
const ofTokens = (tokens: unknown) => staticTokens(tokens as Parameters<typeof staticTokens>[0])
const ofToken = (entry: object) => ofTokens([{ name: 'ci', ...entry }])
const ofServer = (options: object | undefined) =>
  authorizationServer(
    (options === undefined
      ? options
      : { resource: issued.resource, authenticate: () => undefined, store: memoryStore(), ...options }) as Parameters<
      typeof authorizationServer
    >[0]
  )

const ofUpstream = (options: object) =>
  upstreamOpenId({ issuer: issued.issuer, ...client, account: () => undefined, ...options })

/** The message about a member that nothing reads, with the one that was meant. */
const strange = (of: string, name: string, meant: string): RegExp =>
  new RegExp(`^${of} has no option ${name}; it takes .*\\b${meant}\\b`)

type Case = readonly [what: string, declare: () => unknown, code: string, message: RegExp]

test.each<Case>([
  ['jwt with require', () => ofJwt({ ...issued, require: ['w'] }), 'option', strange('jwt', 'require', 'required')],
  ['jwt with audience', () => ofJwt({ ...issued, audience: 'a' }), 'option', strange('jwt', 'audience', 'resource')],
  ['jwt of nothing', () => ofJwt(undefined), 'option', /^jwt: its options are an object/],
  ['a clock in words', () => ofJwt({ ...issued, toleranceSeconds: 'x' }), 'auth-clock', /^jwt: toleranceSeconds is a/],
  ['a clock that is NaN', () => ofJwt({ ...issued, toleranceSeconds: Number.NaN }), 'auth-clock', /from 0 to 600/],
  ['a clock of years', () => ofJwt({ ...issued, toleranceSeconds: 1e9 }), 'auth-clock', /from 0 to 600/],
  [
    'introspection with secret',
    () => ofIntrospection({ ...issued, clientId: 'a', secret: 'hunter2' }),
    'option',
    strange('introspection', 'secret', 'clientSecret')
  ],
  ['introspection without a client', () => ofIntrospection(issued), 'auth-client', /: give clientId and clientSecret/],
  ['introspection of nothing', () => ofIntrospection(undefined), 'option', /^introspection: its options are an object/],
  [
    'a token with expire',
    () => ofToken({ sha256, expire: '2020-01-01' }),
    'option',
    strange('staticTokens: a token', 'expire', 'expires')
  ],
  [
    'a token in place of its hash',
    () => ofToken({ token }),
    'option',
    strange('staticTokens: a token', 'token', 'sha256')
  ],
  ['a token with scopes in a text', () => ofToken({ sha256, scopes: 'w' }), 'auth-token', /scopes of "ci" are a list/],
  ['two scopes in one text', () => ofToken({ sha256, scopes: ['r w'] }), 'auth-token', /scopes of "ci" are a list/],
  ['a token without a list', () => ofTokens({ name: 'ci', sha256 }), 'auth-token', /give at least one, in a list/],
  ['tokens of nothing', () => ofTokens(undefined), 'auth-token', /give at least one, in a list/],
  ['a token that is null', () => ofTokens([null]), 'option', /^staticTokens: a token: its options are an object/],
  [
    'an authorization server with scope',
    () => ofServer({ scope: ['w'] }),
    'option',
    strange('authorizationServer', 'scope', 'scopes')
  ],
  ['scopes of a server in a text', () => ofServer({ scopes: 'w' }), 'auth-scope', /: scopes are a list, or an object/],
  ['a server where nobody can log in', () => ofServer({ authenticate: 'people' }), 'auth-accounts', /`authenticate`/],
  [
    'required scopes of a server in a text',
    () => ofServer({ scopes: ['w'], required: 'w' }),
    'option',
    /^authorizationServer: required is a list of texts/
  ],
  [
    'registration of another name',
    () => ofServer({ registration: { perMinut: 5 } }),
    'option',
    strange('authorizationServer: registration', 'perMinut', 'perMinute')
  ],
  ['registration in words', () => ofServer({ registration: { perMinute: 'x' } }), 'option', /perMinute is a number/],
  ['registration that is NaN', () => ofServer({ registration: { max: Number.NaN } }), 'option', /max is a number/],
  ['registration of nobody', () => ofServer({ registration: { max: 0 } }), 'auth-registration', /are from 1 on/],
  [
    'an upstream with secret',
    () => ofUpstream({ secret: 'hunter2' }),
    'option',
    strange('upstreamOpenId', 'secret', 'clientSecret')
  ],
  ['an upstream without openid', () => ofUpstream({ scopes: ['email'] }), 'auth-upstream', /'openid' is among/],
  ['a cache in words', () => ofJwt({ ...issued, cacheMs: '5m' }), 'option', /^jwt: cacheMs is a number/],
  ['a strictness in words', () => ofJwt({ ...issued, strict: 'no' }), 'option', /^jwt: strict is true or false/],
  ['a server of nothing', () => ofServer(undefined), 'option', /^authorizationServer: its options are an object/]
])('%s is refused', (_, declare, code, message) => {
  const error = refused(declare)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(message)
  // what is said goes to logs
  expect(error.message).not.toContain(token)
  expect(error.message).not.toContain('hunter2')
})

type Guard = NonNullable<EndpointOptions['auth']>

async function booted(auth: unknown) {
  const app = Fastify()
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'acme', version: '1', auth: auth as Guard })
  return app
}

test.each<readonly [string, () => unknown]>([
  ['jwt', () => ofJwt({ ...issued, required: 'w' })],
  ['introspection', () => ofIntrospection({ ...issued, ...client, required: 'w' })],
  ['a verifier of its own', () => ({ verify: () => undefined, required: 'w' })]
])('scopes that %s requires are no text', async (_, auth) => {
  await expect(booted(auth())).rejects.toThrow(/^auth: required is a list of scopes: write \['w'\] \[scope\]/)
})

test('two lists of static tokens in one chain are refused: the first would refuse the tokens of the second', async () => {
  const chain = [ofToken({ sha256 }), ofToken({ sha256: newToken().sha256 })]
  await expect(booted(chain)).rejects.toThrow(/^auth: a chain has one staticTokens\(\[…\]\), with all tokens/)
})

test('options that are undefined, as those of a configuration may be, are as if they were left out', async () => {
  const left = { required: undefined, scopes: undefined, cacheMs: undefined, timeoutMs: undefined, now: undefined }
  const app = await booted([
    ofToken({ sha256, scopes: undefined, expires: undefined }),
    ofJwt({ ...issued, ...left, algorithms: undefined, jwksUri: undefined, toleranceSeconds: undefined }),
    ofIntrospection({ ...issued, ...client, ...left, endpoint: undefined })
  ])
  const { server } = await app.mcp.test({ headers: { authorization: `Bearer ${token}` } })
  expect(server.serverInfo.name).toBe('acme')
})
