/** From registration to tokens, and what does not get there. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Authority, authority, native, password } from './authority.ts'
import { Browser } from './browser.ts'

describe('a client that people allow', () => {
  test('gets from registration to a tool call, and refreshes', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'todo:read todo:write' })
    expect(await server.call(tokens.access_token)).toEqual({ status: 200, text: 'ann todo:read todo:write' })
    const { status, body } = await server.refresh(client, tokens.refresh_token)
    expect(status).toBe(200)
    expect(await server.call(body.access_token)).toMatchObject({ status: 200 })
  })

  test('gets an access token for the endpoint alone, of type at+jwt, that says who, what and until when', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn({ scope: 'todo:read' })
    const [header, claims] = tokens.access_token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    expect(header).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(claims).toMatchObject({
      iss: server.issuer,
      aud: server.resource,
      sub: 'ann',
      client_id: client,
      scope: 'todo:read'
    })
    expect(claims.exp - claims.iat).toBe(600)
  })

  test('is told state and issuer with the code, at its own port of this machine', async () => {
    const server = await authority()
    const { url } = server.begin(await server.client())
    const back = new URL((await server.allow(url)).url)
    expect(back.origin + back.pathname).toBe('http://127.0.0.1:4321/callback')
    expect(Object.fromEntries(back.searchParams)).toEqual({
      code: expect.any(String),
      iss: server.issuer,
      state: 'abc'
    })
  })

  test('may leave out resource and scope', async () => {
    const server = await authority()
    const client = await server.client()
    const { url, verifier } = server.begin(client, { resource: undefined, scope: undefined })
    const back = new URL((await server.allow(url)).url)
    const { status, body } = await server.token({
      grant_type: 'authorization_code',
      client_id: client,
      code: back.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: 'http://127.0.0.1:4321/callback'
    })
    expect(status).toBe(200)
    expect(await server.call(body.access_token)).toEqual({ status: 200, text: 'ann todo:read todo:write' })
  })

  test('may name the resource with a slash at the end', async () => {
    const server = await authority()
    const client = await server.client()
    const resource = `${server.resource}/`
    const { url, verifier } = server.begin(client, { resource })
    const { body } = await server.exchange(client, await server.allow(url), verifier, { resource })
    expect(await server.call(body.access_token)).toMatchObject({ status: 200 })
  })

  test('may ask for OpenID scopes and for some that nobody knows', async () => {
    const server = await authority()
    const { tokens } = await server.logIn({ scope: 'openid offline_access profile todo:read', prompt: 'consent' })
    expect(tokens).toMatchObject({ scope: 'todo:read', refresh_token: expect.any(String) })
  })

  test('may have a secret, and needs it then', async () => {
    const server = await authority()
    const registered = await server.register({ ...native, token_endpoint_auth_method: 'client_secret_post' })
    const { client_id: client, client_secret: secret } = (await registered.json()) as Record<string, string>
    const { url, verifier } = server.begin(client as string)
    const back = await server.allow(url)
    expect(await server.exchange(client as string, back, verifier, { client_secret: 'x' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' }
    })
    expect(await server.exchange(client as string, back, verifier, { client_secret: secret as string })).toMatchObject({
      status: 200
    })
  })

  test('goes through a private scheme by a page that opens its program', async () => {
    const server = await authority()
    const redirect = 'cursor://anysphere.cursor-retrieval/oauth/acme/callback'
    const client = await server.client({ ...native, redirect_uris: [redirect] })
    const { url, verifier } = server.begin(client, { redirect_uri: redirect })
    const back = await server.allow(url)
    expect(back.url).toMatch(/^cursor:\/\/anysphere/)
    expect(back.status).toBe(200)
    expect(back.html).toContain('Open cursor')
    expect(await server.exchange(client, back, verifier, { redirect_uri: redirect })).toMatchObject({ status: 200 })
  })

  test('may come from the web, and then is not asked about again in the same session', async () => {
    const server = await authority()
    const redirect = 'https://app.example/callback'
    const client = await server.client({ ...native, redirect_uris: [redirect] })
    const browser = new Browser(server.origin)
    expect((await server.allow(server.begin(client, { redirect_uri: redirect }).url, browser)).url).toContain('code=')
    const again = await browser.go(server.begin(client, { redirect_uri: redirect }).url)
    expect(again.url).toMatch(/^https:\/\/app\.example\/callback\?code=/)
  })
})

describe('what is refused at the page of authorization', () => {
  const cases: [string, Record<string, string | undefined>, string][] = [
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['a request without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: undefined }, 'invalid_request'],
    ['tokens in the redirect', { response_type: 'token' }, 'invalid_request'],
    ['another response mode', { response_mode: 'fragment' }, 'invalid_request']
  ]
  test.each(cases)('%s', async (_name, changed, error) => {
    const server = await authority()
    const { url } = await new Browser(server.origin).go(server.begin(await server.client(), changed).url)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:4321\/callback/)
    expect(new URL(url.replace('#', '?')).searchParams.get('error')).toBe(error)
  })

  test.each([
    ['a redirect that differs in one letter', { redirect_uri: 'http://127.0.0.1:4321/callbacK' }],
    ['a redirect to another host', { redirect_uri: 'http://localhost:4321/callback' }],
    ['a client that is not registered', { client_id: 'nobody' }]
  ])('%s, without sending the browser anywhere', async (_name, changed) => {
    const server = await authority()
    const visit = await new Browser(server.origin).go(server.begin(await server.client(), changed).url)
    expect(visit.status).toBe(400)
    expect(visit.url).toMatch(server.issuer)
    expect(visit.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('a no of the user is told to the client', async () => {
    const server = await authority()
    const browser = new Browser(server.origin)
    const page = await browser.go(server.begin(await server.client()).url)
    const { searchParams } = new URL((await browser.submit(page, { action: 'deny' })).url)
    expect(Object.fromEntries(searchParams)).toMatchObject({ error: 'access_denied', state: 'abc' })
  })
})

describe('what is refused at the token endpoint', () => {
  const refused = async (change: (server: Authority) => Record<string, string>) => {
    const server = await authority()
    const client = await server.client()
    const { url, verifier } = server.begin(client)
    return server.exchange(client, await server.allow(url), verifier, change(server))
  }

  test.each([
    ['another verifier', { code_verifier: 'b'.repeat(43) }, 'invalid_grant'],
    ['no verifier', { code_verifier: '' }, 'invalid_grant'],
    ['another redirect', { redirect_uri: 'http://127.0.0.1:4322/callback' }, 'invalid_grant'],
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['another code', { code: 'x'.repeat(43) }, 'invalid_grant']
  ])('%s', async (_name, changed, error) => {
    const { status, body } = await refused(() => changed)
    expect(status).toBe(400)
    expect(body.error).toBe(error)
  })

  test('another client', async () => {
    const server = await authority()
    const [client, other] = [await server.client(), await server.client({ ...native, client_name: 'Other' })]
    const { url, verifier } = server.begin(client)
    const { body } = await server.exchange(other, await server.allow(url), verifier)
    expect(body.error).toBe('invalid_grant')
  })

  test('a code that was used, whose tokens end with it', async () => {
    const server = await authority()
    const client = await server.client()
    const { url, verifier } = server.begin(client)
    const back = await server.allow(url)
    const { body } = await server.exchange(client, back, verifier)
    expect((await server.exchange(client, back, verifier)).body.error).toBe('invalid_grant')
    expect(await server.call(body.access_token)).toMatchObject({ status: 401 })
    expect((await server.refresh(client, body.refresh_token)).body.error).toBe('invalid_grant')
  })

  test('one of two uses of a code at the same moment', async () => {
    const server = await authority()
    const client = await server.client()
    const { url, verifier } = server.begin(client)
    const back = await server.allow(url)
    const answers = await Promise.all([1, 2, 3, 4].map(() => server.exchange(client, back, verifier)))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  })
})

describe('refresh tokens', () => {
  test('are good once: a second use ends everything that goes with them', async () => {
    const server = await authority({ auth: { reuseSeconds: 0 } })
    const { client, tokens } = await server.logIn()
    const { body: rotated } = await server.refresh(client, tokens.refresh_token)
    expect(rotated.refresh_token).not.toBe(tokens.refresh_token)
    expect(await server.call(rotated.access_token)).toMatchObject({ status: 200 })
    expect((await server.refresh(client, tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await server.refresh(client, rotated.refresh_token)).body.error).toBe('invalid_grant')
    expect(await server.call(rotated.access_token)).toMatchObject({ status: 401 })
  })

  test('that were used a moment ago are good once more, for clients that send several requests at once', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    const answers = await Promise.all([1, 2, 3].map(() => server.refresh(client, tokens.refresh_token)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(3)
    for (const { body } of answers) expect(await server.call(body.access_token)).toMatchObject({ status: 200 })
  })

  test('may ask for less, and not for more', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn({ scope: 'todo:read' })
    const more = await server.refresh(client, tokens.refresh_token, { scope: 'todo:read todo:write' })
    expect(more).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
  })

  test('of another client are refused', async () => {
    const server = await authority()
    const { tokens } = await server.logIn()
    const other = await server.client({ ...native, client_name: 'Other' })
    expect((await server.refresh(other, tokens.refresh_token)).body.error).toBe('invalid_grant')
  })

  test('are for those who asked to use them', async () => {
    const server = await authority()
    const client = await server.client({ ...native, grant_types: ['authorization_code'] })
    const { url, verifier } = server.begin(client)
    const { body } = await server.exchange(client, await server.allow(url), verifier)
    expect(body.refresh_token).toBeUndefined()
  })

  test('end with the people that they stand for', async () => {
    const people = new Map([['ann', { subject: 'ann' }]])
    const accounts = {
      authenticate: ({ username }: { username: string }) => people.get(username),
      find: async (subject: string) => people.get(subject)
    }
    const server = await authority({ auth: { authenticate: accounts } })
    const { client, tokens } = await server.logIn()
    people.clear()
    expect((await server.refresh(client, tokens.refresh_token)).body.error).toBe('invalid_grant')
  })

  test('give no scopes that their people have lost', async () => {
    const ann: { subject: string; scopes: string[] } = { subject: 'ann', scopes: ['todo:read', 'todo:write'] }
    const server = await authority({ auth: { authenticate: { authenticate: () => ann, find: () => ann } } })
    const { client, tokens } = await server.logIn()
    ann.scopes = ['todo:read']
    expect((await server.refresh(client, tokens.refresh_token)).body.scope).toBe('todo:read')
  })
})

describe('revocation', () => {
  const revoke = (server: Authority, form: Record<string, string>) =>
    fetch(`${server.issuer}/revoke`, { method: 'POST', body: new URLSearchParams(form) })

  test('of a refresh token ends it and the access tokens of its grant', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    expect(await server.call(tokens.access_token)).toMatchObject({ status: 200 })
    const { status } = await revoke(server, { client_id: client, token: tokens.refresh_token as string })
    expect(status).toBe(200)
    expect((await server.refresh(client, tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect(await server.call(tokens.access_token)).toMatchObject({ status: 401 })
  })

  test('by another client does nothing, and says nothing', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    const other = await server.client({ ...native, client_name: 'Other' })
    const { status } = await revoke(server, { client_id: other, token: tokens.refresh_token as string })
    expect(status).toBe(200)
    expect((await server.refresh(client, tokens.refresh_token)).status).toBe(200)
  })

  test('of one login leaves another of the same person with the same client alone', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    const { tokens: others } = await server.logIn()
    await revoke(server, { client_id: client, token: tokens.refresh_token as string })
    expect((await server.refresh(client, others.refresh_token)).status).toBe(200)
  })
})

describe('access tokens', () => {
  test('of a new key and of the one before are good', async () => {
    const server = await authority()
    const { client, tokens } = await server.logIn()
    await server.server.rotateKeys()
    const { body } = await server.refresh(client, tokens.refresh_token)
    const keyOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid
    expect(keyOf(body.access_token)).not.toBe(keyOf(tokens.access_token))
    expect(await server.call(tokens.access_token)).toMatchObject({ status: 200 })
    expect(await server.call(body.access_token)).toMatchObject({ status: 200 })
    const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: Record<string, string>[] }
    expect(keys.map(({ kid }) => kid)).toEqual([keyOf(body.access_token), keyOf(tokens.access_token)])
    expect(keys.filter((key) => 'd' in key)).toEqual([])
  })

  test('with one letter changed are not', async () => {
    const server = await authority()
    const { tokens } = await server.logIn()
    const token = tokens.access_token
    const changed = `${token.slice(0, -10)}${token.at(-10) === 'A' ? 'B' : 'A'}${token.slice(-9)}`
    expect(await server.call(changed)).toMatchObject({ status: 401 })
  })

  test('for one endpoint are not for another of the same server', async () => {
    const server = await authority()
    const other = server.server.for(`${server.origin}/other`)
    const { tokens } = await server.logIn()
    await expect(other.verify(tokens.access_token, {})).rejects.toThrow('aud')
    const client = await server.client()
    const resource = `${server.origin}/other`
    const { url, verifier } = server.begin(client, { resource })
    const { body } = await server.exchange(client, await server.allow(url), verifier, { resource })
    await expect(other.verify(body.access_token, {})).resolves.toMatchObject({ subject: 'ann' })
    expect(await server.call(body.access_token)).toMatchObject({ status: 401 })
  })
})

test('neither logs nor the console tell a token, a code, a password or a cookie', async () => {
  const said = vi.spyOn(console, 'warn')
  const others = [vi.spyOn(console, 'info'), vi.spyOn(console, 'error'), vi.spyOn(console, 'log')]
  onTestFinished(() => void vi.restoreAllMocks())
  const server = await authority()
  const client = await server.client()
  const browser = new Browser(server.origin)
  const { url, verifier } = server.begin(client)
  const page = await browser.go(url)
  await browser.submit(page, { action: 'allow', username: 'ann', password: 'wrong secret' })
  const back = await server.allow(url, browser)
  const { body } = await server.exchange(client, back, verifier)
  await server.call(body.access_token)
  await server.refresh(client, body.refresh_token)
  await server.refresh(client, body.refresh_token)
  await server.token({ grant_type: 'refresh_token', client_id: client, refresh_token: 'guessed-token' })
  const log = JSON.stringify(server.lines)
  const secrets = [
    ...[password, 'wrong secret', verifier, 'guessed-token', body.access_token, body.refresh_token as string],
    ...[new URL(back.url).searchParams.get('code') as string],
    ...browser.set.map((line) => line.slice(line.indexOf('=') + 1, line.indexOf(';'))).filter((value) => value !== '')
  ]
  expect(secrets.length).toBeGreaterThan(10)
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([])
  expect(log).toContain('token issued')
  expect(log).toContain('login failed')
  expect([said, ...others].flatMap(({ mock }) => mock.calls)).toEqual([])
})
