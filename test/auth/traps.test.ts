/** What others got wrong with tokens, and what their users miss: each in one test by name. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import { bearer, type Guarded, guarded, guardedOnce, leak, opening, post, publicOrigin } from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'

const resource = `${publicOrigin}/mcp`
const machine = newToken()

let issuer: FakeIssuer
let api: Guarded

beforeAll(async () => {
  issuer = await FakeIssuer.start()
  const auth = [staticTokens([{ name: 'ci', sha256: machine.sha256 }]), jwt({ issuer: issuer.url, resource })]
  api = await guarded({ '/mcp': { auth } })
})

afterAll(async () => {
  await api.close()
  await issuer.close()
})

const status = async (token: string): Promise<number> => (await api.ask(opening('/mcp', bearer(token)))).status

test('a token of another issuer, without an end, without an audience or for another server is refused', async () => {
  const other = await FakeIssuer.open()
  expect(await status(await issuer.token(resource))).toBe(200)
  expect(await status(await other.token(resource))).toBe(401)
  expect(await status(await issuer.token(resource, { exp: undefined }))).toBe(401)
  expect(await status(await issuer.token(undefined))).toBe(401)
  expect(await status(await issuer.token('https://other.example/mcp'))).toBe(401)
})

test('the scheme of a token is read in any case', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEARER'])
    expect((await api.ask(opening('/mcp', ['Authorization', `${scheme} ${machine.token}`]))).status).toBe(200)
})

test('another caller neither uses nor ends a session, whose id is all they know', async () => {
  const [hers, theirs] = [await issuer.token(resource), await issuer.token(resource, { sub: 'bob' })]
  const { headers } = await api.ask(opening('/mcp', bearer(hers)))
  const id = ['Mcp-Session-Id', String(headers['mcp-session-id'])] as const
  const ping = post('/mcp', { id: 1, method: 'ping' }, id)
  const as = (token: string) => ({ ...ping, headers: [...(ping.headers ?? []), bearer(token)] })
  expect((await api.ask(as(theirs))).status).toBe(404)
  expect((await api.ask({ method: 'DELETE', headers: [id, bearer(theirs)] })).status).toBe(404)
  expect((await api.ask(as(hers))).status).toBe(200)
  expect((await api.ask({ method: 'DELETE', headers: [id, bearer(hers)] })).status).toBe(204)
})

test('a refreshed token keeps its session', async () => {
  const { headers } = await api.ask(opening('/mcp', bearer(await issuer.token(resource, { jti: 'first' }))))
  const id = ['Mcp-Session-Id', String(headers['mcp-session-id'])] as const
  const refreshed = await issuer.token(resource, { jti: 'second', scope: 'more' })
  expect((await api.ask(post('/mcp', { id: 1, method: 'ping' }, id, bearer(refreshed)))).status).toBe(200)
})

test('a static token and OAuth are taken at one endpoint, which tells the way to OAuth', async () => {
  expect(await status(machine.token)).toBe(200)
  expect(await status(await issuer.token(resource))).toBe(200)
  const { headers } = await api.ask(opening('/mcp'))
  expect(headers['www-authenticate']).toContain('resource_metadata=')
})

test('with static tokens alone the challenge promises no OAuth', async () => {
  const alone = await guardedOnce(staticTokens([{ name: 'ci', sha256: machine.sha256 }]))
  const { status: refused, headers } = await alone.ask(opening('/mcp'))
  expect([refused, headers['www-authenticate']]).toEqual([401, 'Bearer realm="guarded"'])
})

test('discovery is complete: challenge, document, issuer, its metadata, and a token for the resource that the document names', async () => {
  const refusal = await api.ask(opening('/mcp'))
  const [, where = ''] = /resource_metadata="([^"]*)"/.exec(String(refusal.headers['www-authenticate'])) ?? []
  const document = JSON.parse((await api.ask({ path: new URL(where).pathname })).body)
  expect(document.resource).toBe(resource)
  const [found] = document.authorization_servers
  const answered = await fetch(`${found}/.well-known/oauth-authorization-server`)
  const metadata = (await answered.json()) as { issuer: string }
  expect(metadata.issuer).toBe(found)
  expect(await status(await issuer.token(document.resource))).toBe(200)
})

test('a token is nowhere in the log, also when it is wrong or in the query', async () => {
  const token = await issuer.token(resource)
  for (const sent of [token, `${token.slice(0, -4)}AAAA`, machine.token])
    for (const path of ['/mcp', `/mcp?access_token=${sent}`]) await api.ask({ ...opening(path, bearer(sent)) })
  expect(api.log()).toContain('access token refused')
  expect([leak(token, api.log()), leak(machine.token, api.log())]).toEqual([undefined, undefined])
})
