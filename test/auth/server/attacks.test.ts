/** What an attacker tried on the authorization server, each with what was to be had by it. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, importJWK, type JWK, SignJWT } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { memoryStore, sqliteStore } from '../../../src/auth/server/index.ts'
import { until } from '../../support/gate.ts'
import { type Authority, authority, native, password } from './authority.ts'
import { Browser } from './browser.ts'

const web = (...redirect_uris: string[]) => ({ ...native, redirect_uris })
const good = 'https://app.example/callback'

describe('a client of several hosts', () => {
  const other = 'https://evil.example/callback'

  test('gets no code for one of them because somebody has allowed another', async () => {
    const server = await authority()
    const browser = new Browser(server.origin)
    const client = await server.client(web(good, other))
    const allowed = await server.allow(server.begin(client, { redirect_uri: good }).url, browser)
    expect(new URL(allowed.url).searchParams.get('code')).toEqual(expect.any(String))
    const silent = await browser.go(server.begin(client, { redirect_uri: other, prompt: 'none' }).url)
    expect(silent.url).not.toContain('code=')
    const again = await browser.go(server.begin(client, { redirect_uri: other }).url)
    expect(again.url).toContain(`${server.issuer}/interaction/`)
    expect(again.html).toContain('<dd>evil.example</dd>')
  })

  test('is asked about again for the same host, too', async () => {
    const server = await authority()
    const browser = new Browser(server.origin)
    const client = await server.client(web(good, other))
    const { url } = server.begin(client, { redirect_uri: good })
    await server.allow(url, browser)
    expect((await browser.go(server.begin(client, { redirect_uri: good }).url)).html).toContain('<dd>app.example</dd>')
  })

  test('is not one of several addresses at one host, which is not asked about again', async () => {
    const server = await authority()
    const browser = new Browser(server.origin)
    const client = await server.client(web(good, 'https://app.example/other'))
    await server.allow(server.begin(client, { redirect_uri: good }).url, browser)
    const again = await browser.go(server.begin(client, { redirect_uri: good }).url)
    expect(new URL(again.url).searchParams.get('code')).toEqual(expect.any(String))
  })
})

/** Requests of which the head has come, and a part of the body, and no more. */
async function unfinished(path: string, count: number): Promise<{ server: Authority; closed: Promise<unknown> }> {
  let begun = 0
  const server = await authority({
    before: (app) =>
      app.addHook('onRequest', async ({ method }) => {
        if (method === 'POST') begun += 1
      })
  })
  const type = path === 'register' ? 'application/json' : 'application/x-www-form-urlencoded'
  const head = `POST /oauth/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\nContent-Length: 9\r\n\r\na`
  const sockets = Array.from({ length: count }, () => connect(Number(new URL(server.origin).port), '127.0.0.1'))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const closed = Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => undefined).resume()
      socket.write(head)
      return new Promise((resolve) => socket.once('close', resolve))
    })
  )
  await until(() => begun, count)
  return { server, closed }
}

describe.each(['token', 'register', 'revoke'])('bodies at /%s that do not come', (path) => {
  test('keep nobody else from being answered', async () => {
    const { server } = await unfinished(path, 100)
    const get = async (url: string): Promise<number> => (await fetch(url, { redirect: 'manual' })).status
    expect(await get(`${server.origin}/.well-known/oauth-authorization-server/oauth`)).toBe(200)
    expect(await get(`${server.issuer}/jwks`)).toBe(200)
    expect(await get(server.begin(await server.client()).url)).toBe(303)
    expect((await server.logIn()).tokens.access_token).toEqual(expect.any(String))
  })

  test('are waited for ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { closed } = await unfinished(path, 1)
    vi.advanceTimersByTime(10_000)
    await closed
  })

  test('are refused past their longest length, before anybody reads what they say', async () => {
    const server = await authority()
    const status = async (bytes: number): Promise<number> => {
      const headers = { 'content-type': path === 'register' ? 'application/json' : 'application/x-www-form-urlencoded' }
      return (await fetch(`${server.issuer}/${path}`, { method: 'POST', headers, body: 'a'.repeat(bytes) })).status
    }
    expect(await status(57_345)).toBe(413)
    expect(await status(10_000)).toBe(400)
  })
})

describe('redirects of programs', () => {
  test.each([
    'googlechrome://evil.example/callback',
    'googlechromes://evil.example/callback',
    'microsoft-edge:https://evil.example/callback',
    'microsoft-edge-https://evil.example/callback',
    'firefox://open-url?url=https://evil.example',
    'x-safari-https://evil.example/callback',
    'web+evil:callback',
    'http+unix://evil',
    'itms-services://?action=x',
    'market://x',
    'jnlp:x'
  ])('are not %s, which leads into the web', async (uri) => {
    const server = await authority()
    const refused = await server.register(web(uri))
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ error: 'invalid_redirect_uri' })
  })

  test.each([
    ['vscode://evil.extension/callback', 'vscode://evil.extension/callback'],
    ['com.example:https://evil.example/callback', 'com.example:https://evil.example/callback'],
    ['com.example.app:/callback?window=1', 'com.example.app:/callback']
  ])('%s are shown as %s', async (uri, shown) => {
    const server = await authority()
    const client = await server.client(web(uri))
    const { html } = await new Browser(server.origin).go(server.begin(client, { redirect_uri: uri }).url)
    expect(html).toContain(`<dd>${shown} <small>the program on this computer for such links</small></dd>`)
  })
})

describe('an authorization that fails before anybody was asked', () => {
  const failing: [what: string, changed: Record<string, string | undefined>][] = [
    ['of somebody who is not logged in', { prompt: 'none' }],
    ['for another response type', { response_type: 'none' }],
    ['without PKCE', { code_challenge: undefined }],
    ['for another resource', { resource: 'https://other.example' }],
    ['with an answer in a form', { response_mode: 'form_post' }]
  ]

  test.each(failing)('%s ends here, and not at the site that anybody may have registered', async (_, changed) => {
    const server = await authority()
    const client = await server.client(web('https://evil.example/login'))
    const redirect_uri = 'https://evil.example/login'
    const page = await new Browser(server.origin).open(server.begin(client, { redirect_uri, ...changed }).url)
    expect(page.status).toBe(400)
    expect(page.headers.get('location')).toBeNull()
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.html).toContain('This cannot go on')
    expect(page.html).not.toMatch(/evil\.example|<script|<form/)
  })

  test.each(failing)('%s goes on to a program on this computer', async (_, changed) => {
    const server = await authority()
    const page = await new Browser(server.origin).open(server.begin(await server.client(), changed).url)
    const back = new URL(page.headers.get('location') ?? '')
    expect(back.host).toBe('127.0.0.1:4321')
    expect(back.searchParams.get('error')).toEqual(expect.any(String))
  })
})

test('whoever was asked and says no is sent back to the site', async () => {
  const server = await authority()
  const browser = new Browser(server.origin)
  const page = await browser.go(server.begin(await server.client(web(good)), { redirect_uri: good }).url)
  const back = new URL((await browser.submit(page, { action: 'deny' })).url)
  expect(back.origin).toBe('https://app.example')
  expect(back.searchParams.get('error')).toBe('access_denied')
})

describe('a key that was stolen', () => {
  /** A token signed with a former key, with the claims of somebody who has logged in. */
  async function forged(changed: object): Promise<{ server: Authority; token: string }> {
    const store = memoryStore()
    const server = await authority({ auth: { store } })
    const { tokens } = await server.logIn()
    const { signing } = (await store.find('Keys', 'keys')) as unknown as { signing: [JWK] }
    await server.server.rotateKeys()
    const header = { alg: 'ES256', typ: 'at+jwt', kid: signing[0].kid as string }
    const claims = { ...decodeJwt(tokens.access_token), ...changed }
    const key = await importJWK(signing[0], 'ES256')
    return { server, token: await new SignJWT(claims).setProtectedHeader(header).sign(key) }
  }

  test.each([
    ['for another person', { sub: 'admin' }],
    ['for another client', { client_id: 'another' }]
  ])('makes of a grant no token %s', async (_, changed) => {
    const { server, token } = await forged(changed)
    expect((await server.call(token)).status).toBe(401)
    expect(server.lines).toContainEqual(expect.objectContaining({ reason: 'its grant is of somebody else' }))
  })

  test('is still believed for the person whose grant it is', async () => {
    const { server, token } = await forged({})
    expect(await server.call(token)).toMatchObject({ status: 200 })
  })
})

describe('small things', () => {
  test('guesses at a name in other letters are guesses at the same name', async () => {
    const server = await authority()
    const browser = new Browser(server.origin)
    const page = await browser.go(server.begin(await server.client()).url)
    const guess = { action: 'allow', password: 'no' }
    for (const username of ['ann', 'Ann', 'aNn', 'anN', '\uff21nn']) await browser.submit(page, { ...guess, username })
    expect((await browser.submit(page, { action: 'allow', username: 'ANN', password })).status).toBe(429)
  })

  test('a file of SQLite that everybody could read is for its owner alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'handwire-auth-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'auth.db')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    const store = sqliteStore(path)
    await store.open?.()
    onTestFinished(() => store.close?.())
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['of characters that nobody sees', '\u2800\u3164\u115f\u034f', undefined],
    ['under a heap of accents', `Claude${'\u0323'.repeat(50)}`, `Claude${'\u0323'.repeat(3)}`],
    ['of several lines', 'Claude\n\u202eedualC', 'Claude edualC']
  ])('a name %s is shown plainly', async (_, client_name, shown) => {
    const server = await authority()
    const registered = await (await server.register({ ...native, client_name })).json()
    expect((registered as { client_name?: string }).client_name).toBe(shown)
  })

  test('what a made-up header asks for is not in the log', async () => {
    const server = await authority()
    const { tokens } = await server.logIn()
    const header = { alg: 'ES256', typ: 'at+jwt', crit: ['FORGED-LINE'], 'FORGED-LINE': 1 }
    const [, payload, signature] = tokens.access_token.split('.')
    const token = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
    expect((await server.call(token)).status).toBe(401)
    expect(JSON.stringify(server.lines)).not.toContain('FORGED')
    expect(server.lines).toContainEqual(
      expect.objectContaining({ reason: 'its header asks for what is not supported' })
    )
  })
})
