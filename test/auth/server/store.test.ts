/** Where the authorization server keeps things: both stores do the same, and what is in a file outlives the server. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type AuthorizationStore, memoryStore, sqliteStore } from '../../../src/auth/server/index.ts'
import { readKeys, rotateKeys } from '../../../src/auth/server/keys.ts'
import { authority, freePort } from './authority.ts'
import { Browser } from './browser.ts'
import { keepsToContract } from './store-contract.ts'

function file(): string {
  const directory = mkdtempSync(join(tmpdir(), 'handwire-auth-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'auth.db')
}

describe.each([
  ['memoryStore', () => memoryStore()],
  ['sqliteStore', () => sqliteStore(file())]
])('%s', (_name, make) => {
  const opened = async (): Promise<AuthorizationStore> => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = make()
    onTestFinished(async () => {
      vi.useRealTimers()
      await store.close?.()
    })
    await store.open?.()
    return store
  }

  keepsToContract(opened, { seconds: 10, pass: async () => void vi.setSystemTime(Date.now() + 11_000) })

  test('forgets what has expired, and not before', async () => {
    const store = await opened()
    await store.upsert('Client', 'a', {}, { expiresIn: 10, uid: 'u' })
    vi.setSystemTime(Date.now() + 9000)
    expect(await store.count('Client')).toBe(1)
    vi.setSystemTime(Date.now() + 1500)
    expect(await store.find('Client', 'a')).toBeUndefined()
    expect(await store.findByUid('Client', 'u')).toBeUndefined()
    expect(await store.count('Client')).toBe(0)
    await store.purge?.()
    expect(await store.add('Client', 'a', {})).toBe(true)
  })
})

describe('a file', () => {
  test('keeps clients, logins, refresh tokens and keys over a restart', async () => {
    const [path, port] = [file(), await freePort()]
    const before = await authority({ port, auth: { store: sqliteStore(path) } })
    const browser = new Browser(before.origin)
    const client = await before.client()
    const { url, verifier } = before.begin(client)
    const { body } = await before.exchange(client, await before.allow(url, browser), verifier)
    await before.app.close()

    const after = await authority({ port, auth: { store: sqliteStore(path) } })
    expect(await after.call(body.access_token)).toMatchObject({ status: 200 })
    expect(await after.client()).toBe(client)
    expect((await browser.go(after.begin(client).url)).html).toContain('You are signed in as')
    expect((await after.refresh(client, body.refresh_token)).status).toBe(200)
  })

  test('is readable by its owner alone, and what stands in it for secrets does not open anything', async () => {
    const path = file()
    const server = await authority({ auth: { store: sqliteStore(path) } })
    const browser = new Browser(server.origin)
    const client = await server.client()
    const { url, verifier } = server.begin(client)
    const back = await server.allow(url, browser)
    const { body } = await server.exchange(client, back, verifier)
    await browser.go(server.begin(client).url)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const text = ['', '-wal'].map((end) => readFileSync(`${path}${end}`, 'latin1')).join('')
    expect(text).toContain(client)
    // what names a request stands in addresses, too
    const values = browser.cookies.filter(({ name }) => !/asked|resume/.test(name)).map(({ value }) => value)
    const code = new URL(back.url).searchParams.get('code') as string
    const secrets = [code, verifier, body.access_token, body.refresh_token as string, ...values]
    expect(values.length).toBeGreaterThan(0)
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })

  test('is shared by two servers: tokens of one are refreshed at the other, and its new key is found', async () => {
    const [path, port] = [file(), await freePort()]
    const one = await authority({ port, auth: { store: sqliteStore(path) } })
    const { issuer, resource } = one
    const other = await authority({ auth: { store: sqliteStore(path), issuer, resource } })
    const { client, tokens } = await one.logIn()
    await other.server.rotateKeys()
    const form = { grant_type: 'refresh_token', client_id: client, refresh_token: tokens.refresh_token as string }
    const refreshed = await fetch(`${other.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
    expect(refreshed.status).toBe(200)
    const { access_token: token } = (await refreshed.json()) as { access_token: string }
    expect(await one.call(token)).toMatchObject({ status: 200 })
    const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: unknown[] }
    expect(keys).toHaveLength(2)
  })

  test('has as many keys and secrets as are believed, the newest first', async () => {
    const store = memoryStore()
    const first = await readKeys(store)
    for (let rotation = 0; rotation < 5; rotation += 1) await rotateKeys(store)
    const { signing, cookies } = await readKeys(store)
    expect([signing.length, cookies.length]).toEqual([4, 4])
    expect(signing.map(({ kid }) => kid)).not.toContain(first.signing[0]?.kid)
    expect(cookies).not.toContain(first.cookies[0])
  })

  test('that cannot be opened keeps the API from starting, and says which', async () => {
    const path = join(file(), 'below', 'a', 'file')
    await expect(authority({ auth: { store: sqliteStore(path) } })).rejects.toThrow(
      `sqliteStore: ${path} cannot be used`
    )
  })

  test('that cannot be read any more is answered 503, and not with a login', async () => {
    const store = memoryStore()
    const server = await authority({ auth: { store } })
    const { tokens } = await server.logIn()
    store.find = () => Promise.reject(new Error('disk on fire'))
    const { status, text } = await server.call(tokens.access_token)
    expect(status).toBe(503)
    expect(text).not.toContain('disk')
  })
})
