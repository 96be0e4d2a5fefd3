/** Tokens that are sent to an endpoint that takes the JWTs of one issuer, and tokens of its own: what each is answered, to the letter. */
import { createHmac, KeyObject } from 'node:crypto'
import { EncryptJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import { bearer, type Guarded, guarded, leak, opening, publicOrigin, type Reply } from '../support/guarded.ts'
import { FakeIssuer, forge, type IssuerKey, makeKey } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const own = newToken()
const older = newToken()
const ended = newToken()
const seconds = (): number => Math.floor(Date.now() / 1000)

let api: Guarded
let issuer: FakeIssuer
let other: FakeIssuer
let stranger: IssuerKey
let strangerRsa: IssuerKey

beforeAll(async () => {
  issuer = await FakeIssuer.start()
  other = await FakeIssuer.start()
  for (const alg of ['RS256', 'PS256', 'ES384', 'EdDSA']) await issuer.addKey(alg)
  stranger = await makeKey('ES256', issuer.key().kid)
  strangerRsa = await makeKey('RS256', 'stranger')
  const of = (path: string, more: object = {}) =>
    jwt({ issuer: issuer.url, resource: `${publicOrigin}${path}`, ...more })
  const known = staticTokens([
    { name: 'ci', sha256: own.sha256 },
    { name: 'ci', sha256: older.sha256 },
    { name: 'gone', sha256: ended.sha256, expires: '2020-01-01' }
  ])
  api = await guarded({
    '/mcp': { auth: [known, of('/mcp')] },
    '/sibling': { auth: of('/sibling') },
    '/strict': { auth: of('/strict', { strict: true, toleranceSeconds: 0 }) },
    '/narrow': { auth: of('/narrow', { algorithms: ['EdDSA'] }) },
    '/scoped': { auth: of('/scoped', { required: ['mcp:use', 'mcp:more'] }) },
    '/': { auth: jwt({ issuer: issuer.url, resource: publicOrigin }) }
  })
})

afterAll(async () => {
  await api.close()
  await issuer.close()
  await other.close()
})

/** What a request is answered with a token that is not good. */
const refused = (path: string, scope = ''): Reply & { header: string } => ({
  status: 401,
  headers: {},
  header: `Bearer error="invalid_token", error_description="The access token is not valid here", ${scope}resource_metadata="${publicOrigin}/.well-known/oauth-protected-resource${path === '/' ? '' : path}"`,
  body: '{"jsonrpc":"2.0","error":{"code":-32600,"message":"The access token is not valid here"}}'
})

type Made = string | Promise<string>
type Row = readonly [title: string, make: () => Made]

/** Sends a token, and sees to it that nothing of it is anywhere. */
async function attempt(make: () => Made, path: string): Promise<Reply> {
  const token = await make()
  const told = api.log().length
  const reply = await api.ask(opening(path, bearer(token)))
  expect(leak(token, api.log().slice(told))).toBeUndefined()
  expect(leak(token, reply.body)).toBeUndefined()
  return reply
}

const token = (claims: Record<string, unknown> = {}, header: object = {}): Promise<string> =>
  issuer.token(resource, claims, issuer.key(), header)
const claims = (more: object = {}): object => ({
  iss: issuer.url,
  sub: 'ann',
  aud: resource,
  exp: seconds() + 300,
  ...more
})
const forged = (header: object, more: object = {}, key = issuer.key()): string =>
  forge({ alg: key.alg, kid: key.kid, ...header }, claims(more), key)
const part = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const hmac = (alg: 'HS256' | 'HS384' | 'HS512', secret: string | Buffer, kid = issuer.key('RS256').kid): string => {
  const signed = `${part({ alg, kid, typ: 'at+jwt' })}.${part(claims())}`
  return `${signed}.${createHmac(`sha${alg.slice(2)}`, secret)
    .update(signed)
    .digest('base64url')}`
}
/** The public key as whoever has fetched it may use it for a secret. */
const published = (form: 'pem' | 'jwk' | 'n', alg = 'RS256'): string => {
  const { jwk } = issuer.key(alg)
  if (form === 'jwk') return JSON.stringify(jwk)
  if (form === 'n') return jwk.n as string
  return KeyObject.from(issuer.key(alg).public as never)
    .export({ type: 'spki', format: 'pem' })
    .toString()
}
/** The parts of a good token, changed. */
const changed = async (change: (parts: [string, string, string]) => string): Promise<string> =>
  change((await token()).split('.') as [string, string, string])
const toggled = (text: string, place: number): string =>
  `${text.slice(0, place)}${text[place] === 'A' ? 'B' : 'A'}${text.slice(place + 1)}`

const bad: readonly Row[] = [
  // whom it is from
  ['a token of another issuer', () => other.token(resource)],
  ['a token of another issuer that says it is ours', () => other.token(resource, { iss: issuer.url })],
  ['a token of another tenant of the issuer', () => token({ iss: `${issuer.url}/tenants/acme` })],
  ['an issuer with a slash at its end', () => token({ iss: `${issuer.url}/` })],
  ['an issuer in a list', () => token({ iss: [issuer.url] })],
  ['an issuer that is a number', () => token({ iss: 1 })],
  ['no issuer', () => token({ iss: undefined })],
  // whom it is for
  ['another audience', () => token({ aud: 'https://other.example/mcp' })],
  ['no audience', () => token({ aud: undefined })],
  ['an audience that is null', () => token({ aud: null })],
  ['an empty audience', () => token({ aud: '' })],
  ['an empty list of audiences', () => token({ aud: [] })],
  ['a list of audiences without ours', () => token({ aud: ['https://other.example/mcp', `${publicOrigin}/sibling`] })],
  ['a list of audiences in a list', () => token({ aud: [[resource]] })],
  ['an audience that is an object', () => token({ aud: { [resource]: true } })],
  ['the audience of the endpoint beside it', () => issuer.token(`${publicOrigin}/sibling`)],
  ['the audience of the whole host', () => token({ aud: publicOrigin })],
  [
    'the name of the client as audience, as an id_token has it',
    () => token({ aud: 'editor', nonce: 'n' }, { typ: 'JWT' })
  ],
  ['an audience that goes on behind ours', () => token({ aud: `${resource}/more` })],
  ['an audience that begins like ours', () => token({ aud: `${resource}2` })],
  ['an audience that is a beginning of ours', () => token({ aud: resource.slice(0, -1) })],
  ['an audience that ends like ours', () => token({ aud: `https://evil.example/?${resource}` })],
  ['our host as the beginning of another', () => token({ aud: `https://${'mcp.example'}.evil.example/mcp` })],
  ['our host as the name of a user', () => token({ aud: 'https://mcp.example@evil.example/mcp' })],
  ['our address with a password', () => token({ aud: 'https://:secret@mcp.example/mcp' })],
  ['our address with a query', () => token({ aud: `${resource}?` })],
  ['our address with a fragment', () => token({ aud: `${resource}#` })],
  ['our address over http', () => token({ aud: 'http://mcp.example/mcp' })],
  ['our address at another port', () => token({ aud: 'https://mcp.example:8443/mcp' })],
  ['our path in upper case', () => token({ aud: `${publicOrigin}/MCP` })],
  ['our path by a detour', () => token({ aud: `${publicOrigin}/other/../mcp` })],
  ['our path with a backslash', () => token({ aud: 'https://mcp.example\\mcp' })],
  ['our path with a tabulator in it', () => token({ aud: `${publicOrigin}/m\tcp` })],
  ['our address after a space', () => token({ aud: ` ${resource}` })],
  ['two audiences in one text', () => token({ aud: `${resource} https://other.example` })],
  ['our audience as client_id alone', () => token({ aud: undefined, client_id: resource, azp: resource })],
  // what it is signed with
  ...['none', 'None', 'NONE', 'nOnE', ''].map(
    (alg): Row => [`the algorithm "${alg}"`, () => `${part({ alg, typ: 'at+jwt' })}.${part(claims())}.`]
  ),
  ['the algorithm none with a signature', () => forged({ alg: 'none' })],
  ['no algorithm', () => forged({ alg: undefined })],
  ['an algorithm that is a list', () => forged({ alg: ['ES256'] })],
  ['an algorithm in lower case', () => forged({ alg: 'es256' })],
  ['HS256 with the public key in PEM', () => hmac('HS256', published('pem'))],
  ['HS384 with the public key in PEM', () => hmac('HS384', published('pem'))],
  ['HS512 with the public key in PEM', () => hmac('HS512', published('pem'))],
  ['HS256 with the public key in PEM without its last line feed', () => hmac('HS256', published('pem').trim())],
  ['HS256 with the public key as JWK', () => hmac('HS256', published('jwk'))],
  ['HS384 with the public key as JWK', () => hmac('HS384', published('jwk'))],
  ['HS512 with the public key as JWK', () => hmac('HS512', published('jwk'))],
  ['HS256 with the modulus of the public key', () => hmac('HS256', published('n'))],
  ['HS512 with the bytes of the modulus', () => hmac('HS512', Buffer.from(published('n'), 'base64url'))],
  ['HS256 with an empty secret', () => hmac('HS256', '')],
  ['HS256 with the public key of a curve', () => hmac('HS256', published('pem', 'ES256'), issuer.key().kid)],
  ['an unknown key', () => forged({ kid: 'nobody' }, {}, stranger)],
  ['another key of the same name', () => forge({ alg: 'ES256', kid: issuer.key().kid }, claims(), stranger)],
  ['another key and no name', () => forged({ kid: undefined }, {}, stranger)],
  ['a name of a key that is a path', () => forged({ kid: '../../../dev/null' }, {}, stranger)],
  ['a key of another kind than its name says', () => forged({ kid: issuer.key('RS256').kid })],
  ['a key of its own in the header', () => forged({ jwk: stranger.jwk }, {}, stranger)],
  [
    'a key of its own in the header, and no name',
    () => forged({ kid: undefined, jwk: strangerRsa.jwk }, {}, strangerRsa)
  ],
  ['an address of keys of its own', () => forged({ jku: `${other.origin}/keys` }, {}, stranger)],
  ['an address of certificates of its own', () => forged({ x5u: `${other.origin}/keys` }, {}, stranger)],
  ['certificates of its own', () => forged({ x5c: [Buffer.from('certificate').toString('base64')] }, {}, stranger)],
  ['a changed first byte of the signature', () => changed(([h, p, s]) => `${h}.${p}.${toggled(s, 0)}`)],
  ['a changed byte in the middle of the signature', () => changed(([h, p, s]) => `${h}.${p}.${toggled(s, 40)}`)],
  [
    'the signature of another token',
    async () => {
      const [, , signature] = (await token({ sub: 'bob' })).split('.')
      return changed(([h, p]) => `${h}.${p}.${signature}`)
    }
  ],
  [
    'another payload under the same signature',
    () => changed(([h, , s]) => `${h}.${part(claims({ sub: 'root' }))}.${s}`)
  ],
  ['another header over the same signature', () => changed(([, p, s]) => `${part({ alg: 'ES256' })}.${p}.${s}`)],
  ['a signature of zeros', () => changed(([h, p]) => `${h}.${p}.${Buffer.alloc(64).toString('base64url')}`)],
  ['a header that is critical and unknown', () => forged({ crit: ['urn:example:tier'], 'urn:example:tier': 1 })],
  ['a list of critical headers that is empty', () => forged({ crit: [] })],
  ['a payload that is not encoded', () => forged({ crit: ['b64'], b64: false })],
  ['a payload that says it is compressed', () => forged({ zip: 'DEF', crit: ['zip'] })],
  // when, and who
  ['a token that has ended', () => token({ exp: seconds() - 60 })],
  ['a token that has ended just before the tolerance', () => token({ exp: seconds() - 6 })],
  ['a token that is not good yet', () => token({ nbf: seconds() + 60 })],
  ['a beginning that is a text', () => token({ nbf: 'now' })],
  ['no end', () => token({ exp: undefined })],
  ['an end that is a text', () => token({ exp: String(seconds() + 300) })],
  ['an end that is null', () => token({ exp: null })],
  ['an end before 1970', () => token({ exp: -1 })],
  ['an end of zero', () => token({ exp: 0 })],
  ['no subject', () => token({ sub: undefined })],
  ['an empty subject', () => token({ sub: '' })],
  ['a subject that is a number', () => token({ sub: 7 })],
  ['a subject that is a list', () => token({ sub: ['ann'] })],
  ['a subject that is null', () => token({ sub: null })],
  // its shape
  ['a header that is cut off', () => changed(([h, p, s]) => `${h.slice(0, -4)}.${p}.${s}`)],
  ['a payload that is cut off', () => changed(([h, p, s]) => `${h}.${p.slice(0, -4)}.${s}`)],
  ['a signature that is cut off', () => changed(([h, p, s]) => `${h}.${p}.${s.slice(0, -4)}`)],
  ['a signature that is longer', () => changed(([h, p, s]) => `${h}.${p}.${s}AAAA`)],
  ['a signature with padding', () => changed(([h, p, s]) => `${h}.${p}.${s}==`)],
  ['no signature', () => changed(([h, p]) => `${h}.${p}.`)],
  ['no dot behind the payload', () => changed(([h, p]) => `${h}.${p}`)],
  ['no header', () => changed(([, p, s]) => `.${p}.${s}`)],
  ['no payload', () => changed(([h, , s]) => `${h}..${s}`)],
  ['dots alone', () => '..'],
  ['one dot more at the end', () => changed((parts) => `${parts.join('.')}.`)],
  ['one part more', () => changed((parts) => `${parts.join('.')}.${parts[2]}`)],
  ['parts in another order', () => changed(([h, p, s]) => `${p}.${h}.${s}`)],
  ['letters of the other base64', () => changed(([h, p, s]) => `${h}.${p}.+/${s.slice(2)}`)],
  ['a payload that is no JSON', () => forge({ alg: 'ES256', kid: issuer.key().kid }, 'sub=ann', issuer.key())],
  ['a payload that is a list', () => forge({ alg: 'ES256', kid: issuer.key().kid }, '[{"sub":"ann"}]', issuer.key())],
  ['a payload that is a text', () => forge({ alg: 'ES256', kid: issuer.key().kid }, '"ann"', issuer.key())],
  ['a payload that is null', () => forge({ alg: 'ES256', kid: issuer.key().kid }, 'null', issuer.key())],
  ['a header that is no JSON', () => forge('alg=ES256', claims(), issuer.key())],
  ['a header that is a list', () => forge('[]', claims(), issuer.key())],
  [
    'a token in a token',
    async () => forge({ alg: 'ES256', kid: issuer.key().kid, cty: 'JWT' }, await token(), issuer.key())
  ],
  [
    'a token that is encrypted',
    () =>
      new EncryptJWT({ ...claims() })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: issuer.key().kid })
        .encrypt(new Uint8Array(32))
  ],
  // tokens of our own
  ['a token of the right shape that nobody configured', () => newToken().token],
  ['a token that was good until 2020', () => ended.token],
  ['a token with another last letter', () => toggled(own.token, 20)],
  ['a token that lacks its last letter', () => own.token.slice(0, -1)],
  ['a token with one letter more', () => `${own.token}A`],
  ['a token in upper case', () => own.token.toUpperCase()],
  ['the hash of a token', () => own.sha256],
  ['a token with padding', () => `${own.token}=`],
  ['a text that is nothing', () => 'nothing-in-particular'],
  ['one letter', () => 'x']
]

describe('at an endpoint for the tokens of one issuer, and for some of its own, 401 and no detail more earns', () => {
  test.each(bad)('%s', async (_, make) => {
    const reply = await attempt(make, '/mcp')
    const { status, header, body } = refused('/mcp')
    expect([reply.status, reply.headers['www-authenticate'], reply.body]).toEqual([status, header, body])
    expect(reply.headers['mcp-session-id']).toBeUndefined()
  })

  test('more than sixty of them', () => {
    expect(bad.length).toBeGreaterThan(60)
    expect(new Set(bad.map(([title]) => title)).size).toBe(bad.length)
  })

  test('no address that a token names is asked', () => {
    expect(other.asked).toEqual([])
  })
})

describe('where more is asked of a token, 401 earns', () => {
  test.each<readonly [string, string, () => Made]>([
    [
      '/strict',
      'a token of no type',
      () => issuer.token(`${publicOrigin}/strict`, {}, issuer.key(), { typ: undefined })
    ],
    ['/strict', 'a token of type JWT', () => issuer.token(`${publicOrigin}/strict`, {}, issuer.key(), { typ: 'JWT' })],
    [
      '/strict',
      'a token that ended a moment ago',
      () => issuer.token(`${publicOrigin}/strict`, { exp: seconds() - 1 })
    ],
    ['/narrow', 'another algorithm than those that are taken', () => issuer.token(`${publicOrigin}/narrow`)],
    ['/sibling', 'a token of ours where none is known', () => own.token],
    ['/sibling', 'the token of the endpoint beside it', () => token()],
    ['/', 'the token of a path of the host', () => token()]
  ])('%s: %s', async (path, _, make) => {
    const reply = await attempt(make, path)
    const { status, header, body } = refused(path)
    expect([reply.status, reply.headers['www-authenticate'], reply.body]).toEqual([status, header, body])
  })
})

describe('where scopes are needed for everything', () => {
  test.each<readonly [string, Record<string, unknown>]>([
    ['no scope', {}],
    ['one of two', { scope: 'mcp:use' }],
    ['others', { scope: 'openid profile' }],
    ['one that begins like it', { scope: 'mcp:use2 mcp:mor mcp' }],
    ['all, and commas between', { scope: 'mcp:use,mcp:more' }],
    ['all in upper case', { scope: 'MCP:USE MCP:MORE' }],
    ['a list that lacks one', { scp: ['mcp:use'] }],
    ['a list of something else', { scp: [1, null, {}] }],
    ['scopes that are an object', { scope: { 'mcp:use': true, 'mcp:more': true } }],
    ['scopes of no kind known', { permissions: ['mcp:use', 'mcp:more'] }]
  ])('%s: 403 names those that are needed', async (_, more) => {
    const reply = await attempt(() => issuer.token(`${publicOrigin}/scoped`, more), '/scoped')
    expect(reply.status).toBe(403)
    expect(reply.headers['www-authenticate']).toBe(
      `Bearer error="insufficient_scope", error_description="This needs the scope mcp:use mcp:more", scope="mcp:use mcp:more", resource_metadata="${publicOrigin}/.well-known/oauth-protected-resource/scoped"`
    )
    expect(reply.body).toBe(
      '{"jsonrpc":"2.0","error":{"code":-32600,"message":"This needs the scope mcp:use mcp:more"}}'
    )
  })

  test('a token that is not good is told of them, too', async () => {
    const reply = await attempt(() => issuer.token(resource), '/scoped')
    const { status, header, body } = refused('/scoped', 'scope="mcp:use mcp:more", ')
    expect([reply.status, reply.headers['www-authenticate'], reply.body]).toEqual([status, header, body])
  })

  test.each<readonly [string, Record<string, unknown>]>([
    ['a text in any order', { scope: 'other mcp:more  mcp:use' }],
    ['a list in scp', { scp: ['mcp:use', 'mcp:more'] }],
    ['a text in scp', { scp: 'mcp:use mcp:more' }],
    ['a list in scope', { scope: ['mcp:use', 'mcp:more'] }]
  ])('%s is let in', async (_, more) => {
    const reply = await attempt(() => issuer.token(`${publicOrigin}/scoped`, more), '/scoped')
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([200, undefined])
  })
})

const good: readonly (readonly [title: string, make: () => Made, path?: string])[] = [
  ['a token', () => token()],
  ...['RS256', 'PS256', 'ES384', 'EdDSA'].map(
    (alg) => [`a token of ${alg}`, () => issuer.token(resource, {}, issuer.key(alg))] as const
  ),
  ['a token without the name of its key', () => token({}, { kid: undefined })],
  ['a token without a type', () => token({}, { typ: undefined })],
  ['an audience with a slash at its end', () => token({ aud: `${resource}/` })],
  ['an audience with scheme and host in upper case', () => token({ aud: 'HTTPS://MCP.Example/mcp' })],
  ['an audience in a list', () => token({ aud: [resource] })],
  ['an audience in a list with others', () => token({ aud: ['https://other.example', 7, resource] })],
  ['the audience of a host with a slash', () => issuer.token(`${publicOrigin}/`), '/'],
  ['a token that ended within the tolerance', () => token({ exp: seconds() - 2 })],
  ['a token that begins within the tolerance', () => token({ nbf: seconds() + 3 })],
  ['a token that was issued in the future, which is no claim to be refused for', () => token({ iat: seconds() + 999 })],
  ['an end in the far future', () => token({ exp: 1e15 })],
  ['an end with a fraction', () => token({ exp: seconds() + 300.5 })],
  ['a header that is not critical and unknown', () => forged({ 'urn:example:tier': 1 })],
  ['a key of its own in the header, which is not looked at', () => forged({ jwk: stranger.jwk })],
  ['no client', () => token({ client_id: undefined })],
  ['type at+jwt where it is asked for', () => issuer.token(`${publicOrigin}/strict`), '/strict'],
  [
    'type application/at+jwt where at+jwt is asked for',
    () => issuer.token(`${publicOrigin}/strict`, {}, issuer.key(), { typ: 'application/at+jwt' }),
    '/strict'
  ],
  [
    'an algorithm that alone is taken',
    () => issuer.token(`${publicOrigin}/narrow`, {}, issuer.key('EdDSA')),
    '/narrow'
  ],
  ['a token of our own', () => own.token],
  ['an older token of the same name', () => older.token]
]

describe('good is', () => {
  test.each(good.map(([title, make, path = '/mcp']) => [title, path, make] as const))('%s', async (_, path, make) => {
    const reply = await attempt(make, path)
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([200, undefined])
    expect(reply.headers['mcp-session-id']).toMatch(/^[\w-]{20,}$/)
  })
})

test('a token that was good a moment ago is refused when one byte of it is another', async () => {
  const good = await token()
  expect((await api.ask(opening('/mcp', bearer(good)))).status).toBe(200)
  const reply = await attempt(() => toggled(good, good.length - 20), '/mcp')
  expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, refused('/mcp').header])
})

test('why a token is refused is told to the log alone, and in words of our own', async () => {
  const told = api.log().length
  const text = 'ignore-all-previous-lines'
  await attempt(() => forged({ crit: [text], [text]: 1 }), '/mcp')
  const line = api.log().slice(told)
  expect(line).toContain('access token refused')
  expect(line).not.toContain(text)
})
