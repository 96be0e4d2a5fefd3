/** People who log in elsewhere: what they agree to before, and what is believed when they come back. */
import Fastify, { type FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AuthorizationStore, memoryStore, upstreamOpenId } from '../../../src/auth/server/index.ts'
import { type Authority, authority, native } from './authority.ts'
import { Browser, type Visit } from './browser.ts'

/** A provider that says what a test wants it to say. */
interface Provider {
  app: FastifyInstance
  issuer: string
  /** What the last token request held. */
  asked: { form?: URLSearchParams; authorization?: string | undefined }
  /** Claims of the next ID token. */
  claims: Record<string, unknown>
  /** Signs the next ID token, where it is not the published key. */
  sign?: (claims: Record<string, unknown>) => Promise<string>
  metadata: Record<string, unknown>
}

async function provider(): Promise<Provider> {
  const app = Fastify()
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(body as string))
  )
  const made: Provider = { app, issuer: '', asked: {}, claims: {}, metadata: {} }
  app.get('/.well-known/openid-configuration', () => made.metadata)
  app.get('/jwks', async () => ({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] }))
  app.post('/token', async ({ body, headers }) => {
    made.asked = { form: body as URLSearchParams, authorization: headers.authorization }
    const sign =
      made.sign ??
      ((claims: Record<string, unknown>) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey))
    return { access_token: 'x', token_type: 'Bearer', id_token: await sign(made.claims) }
  })
  made.issuer = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  made.metadata = {
    issuer: made.issuer,
    authorization_endpoint: `${made.issuer}/authorize`,
    token_endpoint: `${made.issuer}/token`,
    jwks_uri: `${made.issuer}/jwks`
  }
  return made
}

interface Sent {
  server: Authority
  upstream: Provider
  browser: Browser
  store: AuthorizationStore
  /** The page on which somebody agreed. */
  page: Visit
  /** Where the browser was sent. */
  away: URL
  /** Comes back with a code. */
  back(changed?: Record<string, string>, from?: Browser): Promise<Visit>
  client: string
  verifier: string
}

/** Somebody has agreed, and is at the provider. */
async function sent(metadata: Record<string, unknown> = {}): Promise<Sent> {
  const upstream = await provider()
  Object.assign(upstream.metadata, metadata)
  const store = memoryStore()
  const authenticate = upstreamOpenId({
    issuer: upstream.issuer,
    clientId: 'our id',
    clientSecret: 'our secret',
    name: 'Example Login',
    account: ({ sub, name }) => (sub === 'eve' ? undefined : { subject: String(sub), name: String(name) })
  })
  const server = await authority({ auth: { authenticate, store } })
  const browser = new Browser(server.origin)
  const client = await server.client(native)
  const { url, verifier } = server.begin(client)
  const page = await browser.go(url)
  const away = new URL((await browser.submit(page, { action: 'allow' })).url)
  const seconds = Math.floor(Date.now() / 1000)
  upstream.claims = {
    iss: upstream.issuer,
    aud: 'our id',
    sub: 'ann',
    name: 'Ann',
    iat: seconds,
    exp: seconds + 60,
    nonce: away.searchParams.get('nonce')
  }
  const back = (changed: Record<string, string> = {}, from = browser) =>
    from.go(
      `${server.issuer}/callback?${new URLSearchParams({ code: 'the-code', state: away.searchParams.get('state') ?? '', ...changed })}`
    )
  return { server, upstream, browser, store, page, away, back, client, verifier }
}

describe('people who log in elsewhere', () => {
  test('agree first, and come back to the client with what they agreed to', async () => {
    const { server, upstream, page, away, back, client, verifier } = await sent()
    expect(page.html).toContain('Allow, and sign in at Example Login')
    expect(page.html).not.toContain('password')
    expect(away.href).toContain(`${upstream.issuer}/authorize?`)
    expect(Object.fromEntries(away.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'our id',
      redirect_uri: `${server.issuer}/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256'
    })
    const { status, body } = await server.exchange(client, await back(), verifier)
    expect(status).toBe(200)
    expect(await server.call(body.access_token)).toEqual({ status: 200, text: 'ann todo:read todo:write' })
    expect(Object.fromEntries(upstream.asked.form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: `${server.issuer}/callback`,
      code_verifier: expect.stringMatching(/^[\w-]{43}$/)
    })
    expect(upstream.asked.authorization).toBe(`Basic ${Buffer.from('our+id:our+secret').toString('base64')}`)
  })

  test('are asked for no login while they are logged in here', async () => {
    const { server, browser, back, client } = await sent()
    await back()
    const again = await browser.go(server.begin(client).url)
    expect(again.html).toContain('You are signed in as <strong>Ann</strong>')
    expect((await browser.submit(again, { action: 'allow' })).url).toContain('/callback?code=')
  })

  test('get another state each time', async () => {
    const { server, browser, away, client } = await sent()
    const page = await browser.go(server.begin(client).url)
    const again = new URL((await browser.submit(page, { action: 'allow' })).url)
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(again.searchParams.get(name)).not.toBe(away.searchParams.get(name))
  })

  test('have no state before they agree', async () => {
    const { server, client, store } = await sent()
    const browser = new Browser(server.origin)
    await browser.go(server.begin(client).url)
    expect(browser.cookies.filter(({ name }) => name.includes('away'))).toEqual([])
    expect(await store.count('Away')).toBe(1)
  })

  test('who may not log in here are told so, and can still cancel', async () => {
    const { upstream, back, browser } = await sent()
    upstream.claims = { ...upstream.claims, sub: 'eve' }
    const refused = await back()
    expect(refused.status).toBe(403)
    expect(refused.html).toContain('You may not log in here')
    const action = /action="([^"]+)"/.exec(refused.html)?.[1] as string
    const cancelled = await browser.submit({ ...refused, url: new URL(action, refused.url).href }, { action: 'deny' })
    expect(cancelled.url).toContain('error=access_denied')
  })

  test('are sent with a secret in the body to a provider that wants it there', async () => {
    const { upstream, back } = await sent({ token_endpoint_auth_methods_supported: ['client_secret_post'] })
    await back()
    expect(upstream.asked.authorization).toBeUndefined()
    expect(upstream.asked.form?.get('client_secret')).toBe('our secret')
  })
})

describe('who comes back is not believed', () => {
  test.each([
    ['without a state', { state: '' }],
    ['with another state', { state: 'x'.repeat(43) }]
  ])('%s', async (_name, changed) => {
    const { upstream, back } = await sent()
    expect((await back(changed)).status).toBe(400)
    expect(upstream.asked.form).toBeUndefined()
  })

  test('in another browser', async () => {
    const { server, upstream, back } = await sent()
    expect((await back({}, new Browser(server.origin))).status).toBe(400)
    expect(upstream.asked.form).toBeUndefined()
  })

  test('a second time', async () => {
    const { back } = await sent()
    expect((await back()).url).toContain('code=')
    expect((await back()).status).toBe(400)
  })

  test.each([
    ['with an answer of another provider', { iss: 'https://other.example' }],
    ['with an error', { code: '', error: 'access_denied' }]
  ])('%s', async (_name, changed) => {
    const { back } = await sent()
    const { status, html } = await back(changed as Record<string, string>)
    expect(status).toBe(403)
    expect(html).toContain('The login did not work')
  })

  test('without the name of a provider that always says it', async () => {
    const { back } = await sent({ authorization_response_iss_parameter_supported: true })
    expect((await back()).status).toBe(403)
  })

  test.each<[string, Record<string, unknown>]>([
    ['of another login', { nonce: 'another' }],
    ['of no login', { nonce: undefined }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['for another client', { aud: 'another' }],
    ['for several, of which another asked', { aud: ['our id', 'another'], azp: 'another' }],
    ['for several, and nobody knows who asked', { aud: ['our id', 'another'] }],
    ['that has ended', { exp: 1000 }],
    ['without an end', { exp: undefined }],
    ['of nobody', { sub: undefined }]
  ])('with an ID token %s', async (_name, changed) => {
    const { server, upstream, back } = await sent()
    upstream.claims = { ...upstream.claims, ...changed }
    const { status, html } = await back()
    expect(status).toBe(403)
    expect(html).toContain('The login did not work')
    expect(JSON.stringify(server.lines)).not.toContain('the-code')
  })

  test.each(['none', 'HS256', 'another key'])('with an ID token that is signed by %s', async (how) => {
    const { upstream, back } = await sent()
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    upstream.sign = async (claims) => {
      if (how === 'none') return `${part({ alg: 'none' })}.${part(claims)}.`
      if (how === 'HS256')
        return new SignJWT(claims).setProtectedHeader({ alg: how }).sign(Buffer.from('our secret'.padEnd(32)))
      const { privateKey } = await generateKeyPair('ES256')
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey)
    }
    expect((await back()).status).toBe(403)
  })
})

test('a provider that cannot be reached is said, without words from inside', async () => {
  const upstream = await provider()
  const account = () => undefined
  const authenticate = upstreamOpenId({ issuer: upstream.issuer, clientId: 'a', clientSecret: 'b', account })
  const server = await authority({ auth: { authenticate } })
  await upstream.app.close()
  const browser = new Browser(server.origin)
  const page = await browser.go(server.begin(await server.client()).url)
  const refused = await browser.submit(page, { action: 'allow' })
  expect(refused.status).toBe(503)
  expect(refused.html).toContain('cannot be reached')
  expect(refused.html).not.toContain('ECONNREFUSED')
})

test('another server of this kind can be the provider', async () => {
  const upstream = await authority()
  const registered = await upstream.register({
    client_name: 'Downstream',
    redirect_uris: ['http://127.0.0.1/oauth/callback'],
    token_endpoint_auth_method: 'client_secret_basic'
  })
  const { client_id: clientId, client_secret: clientSecret } = (await registered.json()) as Record<string, string>
  const authenticate = upstreamOpenId({
    issuer: upstream.issuer,
    clientId: clientId as string,
    clientSecret: clientSecret as string,
    account: ({ sub }) => ({ subject: `upstream ${sub}` })
  })
  const server = await authority({ auth: { authenticate } })
  const client = await server.client()
  const { url, verifier } = server.begin(client)
  const [browser, other] = [new Browser(server.origin), new Browser(upstream.origin)]
  const away = await browser.submit(await browser.go(url), { action: 'allow' })
  const back = await browser.go((await upstream.allow(away.url, other)).url)
  const { body } = await server.exchange(client, back, verifier)
  expect(await server.call(body.access_token)).toEqual({ status: 200, text: 'upstream ann todo:read todo:write' })
})
