/**
 * The authorization server's store in a real Redis: it does what the other stores do, servers that share one are one server,
 * and nothing hangs when it is away. Where there is no redis-server the tests are skipped, and say so.
 */
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type AuthorizationServerOptions, type AuthorizationStore, redisStore } from '../../src/auth/server/index.ts'
import { type Authority, authority, freePort } from '../auth/server/authority.ts'
import { Browser } from '../auth/server/browser.ts'
import { keepsToContract } from '../auth/server/store-contract.ts'
import { initialize } from '../support/bench.ts'
import { until } from '../support/gate.ts'
import { both } from '../support/loopback.ts'
import { findProgram } from './nginx.ts'
import { start } from './oauth/serving.ts'
import { RedisServer, Way } from './redis.ts'

if (findProgram('redis-server') === undefined) {
  test.skip('the store in Redis: skipped, because there is no redis-server on this machine', () => {})
} else {
  let redis: RedisServer
  let prefixes = 0
  const newPrefix = (): string => {
    prefixes += 1
    return `test-${prefixes}:`
  }
  beforeAll(async () => {
    redis = await RedisServer.started()
  })
  afterAll(() => redis.remove())

  /** A store that is open until the test ends, under a prefix of its own. */
  const opened = async (prefix = newPrefix(), url = redis.url): Promise<AuthorizationStore> => {
    const store = redisStore({ url, prefix })
    onTestFinished(async () => store.close?.())
    await store.open?.()
    return store
  }

  /** Two servers that are one to their clients. */
  const pair = async (auth: Partial<AuthorizationServerOptions> = {}): Promise<[Authority, Authority]> => {
    const place = { url: redis.url, prefix: newPrefix() }
    const one = await authority({ auth: { ...auth, store: redisStore(place) } })
    const { issuer, resource } = one
    return [one, await authority({ auth: { ...auth, store: redisStore(place), issuer, resource } })]
  }

  /** Goes on when it is so. */
  const turnsOut = (so: () => Promise<boolean>): Promise<void> => until(so, true)
  const answers = (store: AuthorizationStore): Promise<boolean> =>
    store.count('Client').then(
      () => true,
      () => false
    )

  describe('redisStore', () => {
    keepsToContract(opened, { seconds: 0.1, pass: turnsOut })

    test('keeps until the second it was told, by a clock of Redis itself', async () => {
      const prefix = 'clock:'
      const store = await opened(prefix)
      await store.upsert('Client', 'a', {}, { expiresIn: 60, grantId: 'g', uid: 'u' })
      await store.upsert('Client', 'b', {}, { grantId: 'ever' })
      const keys = await look(async (raw) => {
        const found = await raw.keys(`${prefix}*`)
        return Promise.all(found.map(async (key) => [key, await raw.pTTL(key)] as const))
      })
      const left = new Map(keys)
      for (const brief of ['row:Client:a', 'grant:Client:g', 'uid:Client:u']) {
        expect(left.get(prefix + brief)).toBeGreaterThan(0)
        expect(left.get(prefix + brief)).toBeLessThanOrEqual(60_000)
      }
      for (const kept of ['row:Client:b', 'grant:Client:ever', 'all:Client:']) expect(left.get(prefix + kept)).toBe(-1)
      expect(left.size).toBe(6)
    })

    test('leaves nothing behind of what has expired, was destroyed or was revoked', async () => {
      const prefix = 'behind:'
      const store = await opened(prefix)
      for (const id of ['a', 'b', 'c']) await store.upsert('Code', id, {}, { expiresIn: 0.1, grantId: id, uid: id })
      await store.upsert('Code', 'd', {}, { grantId: 'g', uid: 'd' })
      await store.upsert('Session', 'e', {}, { grantId: 'g', uid: 'e' })
      await store.revokeByGrantId('Code', 'g')
      await store.destroy('Session', 'e')
      await look((raw) => turnsOut(async () => (await raw.keys(`${prefix}*`)).length === 0))
    })

    test('an index that goes on loses what has expired with each write', async () => {
      const prefix = 'index:'
      const store = await opened(prefix)
      await store.upsert('Token', 'long', {}, { expiresIn: 3600, grantId: 'g' })
      for (const id of ['a', 'b', 'c']) await store.upsert('Token', id, {}, { expiresIn: 0.1, grantId: 'g' })
      await turnsOut(async () => (await store.find('Token', 'c')) === undefined)
      await store.upsert('Token', 'last', {}, { expiresIn: 7200, grantId: 'g' })
      const members = (index: string) => look((raw) => raw.zRange(prefix + index, 0, -1))
      expect(await members('grant:Token:g')).toEqual(['long', 'last'])
      expect(await members('all:Token:')).toEqual(['long', 'last'])
    })

    test('two of them consume, and add, once between them', async () => {
      const [one, other] = [await opened('shared:'), await opened('shared:')]
      await one.upsert('Code', 'a', {})
      expect((await Promise.all([one, other].map((store) => store.consume('Code', 'a')))).sort()).toEqual([false, true])
      const added = await Promise.all([one, other].map((store, place) => store.add('Keys', 'k', { place })))
      expect(added.sort()).toEqual([false, true])
    })

    test('does not see what stands under another prefix or in another database', async () => {
      const store = await opened('mine:')
      await store.upsert('Grant', 'a', {})
      expect(await (await opened('yours:')).find('Grant', 'a')).toBeUndefined()
      expect(await (await opened('mine:', `${redis.url}/1`)).find('Grant', 'a')).toBeUndefined()
      expect(await (await opened('mine:')).find('Grant', 'a')).toEqual({})
    })

    test('gives the password of its address, and tells it to nobody', async () => {
      const guarded = await RedisServer.forTest({ password: 'tulip' })
      const store = await opened('', `redis://:tulip@127.0.0.1:${guarded.port}`)
      expect(await store.count('Client')).toBe(0)
      const refused = redisStore({ url: `redis://:hunter2@127.0.0.1:${guarded.port}` }).open?.()
      await expect(refused).rejects.toThrow(`redisStore: ${guarded.url} cannot be used: WRONGPASS`)
      await expect(refused).rejects.not.toThrow('hunter2')
      await expect(redisStore({ url: guarded.url }).open?.()).rejects.toThrow('NOAUTH')
    })

    test('cannot be used before it is open, nor when it is closed', async () => {
      const store = redisStore({ url: redis.url })
      await expect(store.find('Grant', 'a')).rejects.toThrow('the store is not open')
      await store.open?.()
      await store.close?.()
      await expect(store.find('Grant', 'a')).rejects.toThrow('the store is not open')
      await store.close?.()
    })

    test('is closed when what was asked is answered', async () => {
      const store = redisStore({ url: redis.url, prefix: 'closing:' })
      await store.open?.()
      const asked = Promise.all([store.add('Grant', 'a', {}), store.count('Grant')])
      await store.close?.()
      expect(await asked).toEqual([true, 1])
    })
  })

  describe('two servers that share a Redis', () => {
    test('know the same clients, and what is begun at one goes on at the other', async () => {
      const [one, other] = await pair()
      const client = await one.client({ ...webClient, client_name: 'Web' })
      const { url, verifier } = one.begin(client, { redirect_uri: webClient.redirect_uris[0] })
      const back = await one.allow(url)
      const changed = { resource: one.resource, redirect_uri: webClient.redirect_uris[0] as string }
      const { status, body } = await other.exchange(client, back, verifier, changed)
      expect(status).toBe(200)
      expect(await one.call(body.access_token)).toEqual({ status: 200, text: 'ann todo:read todo:write' })
      expect(await other.call(body.access_token)).toMatchObject({ status: 200 })
      expect((await other.refresh(client, body.refresh_token)).status).toBe(200)
    })

    test('take a code once, and what it was good for is over when it comes again', async () => {
      const [one, other] = await pair()
      const client = await one.client()
      const { url, verifier } = one.begin(client)
      const back = await one.allow(url)
      const { body } = await other.exchange(client, back, verifier, { resource: one.resource })
      expect(await one.exchange(client, back, verifier)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' }
      })
      expect((await other.refresh(client, body.refresh_token)).status).toBe(400)
      expect((await other.call(body.access_token)).status).toBe(401)
    })

    test('take a refresh token that was used at the other a moment ago once more', async () => {
      const [one, other] = await pair()
      const { client, tokens } = await one.logIn()
      const answers = await Promise.all([one, other].map((server) => server.refresh(client, tokens.refresh_token)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
    })

    test('notice a refresh token that is used at both, and end its whole family', async () => {
      const [one, other] = await pair({ reuseSeconds: 0 })
      const { client, tokens } = await one.logIn()
      const { body: rotated } = await other.refresh(client, tokens.refresh_token)
      expect(rotated.refresh_token).toBeDefined()
      expect(await one.refresh(client, tokens.refresh_token)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' }
      })
      expect((await other.refresh(client, rotated.refresh_token)).status).toBe(400)
      for (const server of [one, other]) expect((await server.call(rotated.access_token)).status).toBe(401)
    })

    test('take a login of each other', async () => {
      const [one, other] = await pair()
      const browser = new Browser(one.origin)
      const client = await one.client()
      await one.allow(one.begin(client).url, browser)
      // the same cookies at the other's port, as behind a balancer
      const elsewhere = new Browser(other.origin)
      elsewhere.cookies.push(...browser.cookies)
      const page = await elsewhere.go(one.begin(client).url.replace(one.origin, other.origin))
      expect(page.html).toContain('You are signed in as')
    })

    test('sign with the same keys, and find those that the other has made since', async () => {
      const [one, other] = await pair()
      const before = await keysOf(one)
      expect(await keysOf(other)).toEqual(before)
      const { client, tokens } = await one.logIn()
      await other.server.rotateKeys()
      const { body } = await other.refresh(client, tokens.refresh_token)
      expect(await one.call(body.access_token)).toMatchObject({ status: 200 })
      expect(await keysOf(one)).toHaveLength(2)
      expect(await keysOf(one)).toEqual(await keysOf(other))
      expect((await other.call(tokens.access_token)).status).toBe(200)
    })

    test('may be two processes of handwire serve', async () => {
      const shared = await RedisServer.forTest()
      const publicUrl = 'http://127.0.0.1:1/mcp'
      const ports = [await freePort(), await freePort()]
      const serve = (port: number): Promise<{ end(): Promise<void> }> =>
        start(
          [
            ...['--import', 'tsx', 'src/cli/index.ts', 'serve', '--port', String(port), '--public-url', publicUrl],
            ...['--auth-server', '--auth-store', shared.url]
          ],
          /speaks MCP/
        )
      const running = await Promise.all(ports.map(serve))
      onTestFinished(async () => void (await Promise.all(running.map((program) => program.end()))))
      const [one, other] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string]
      const keys = await Promise.all([one, other].map(async (at) => (await fetch(`${at}/oauth/jwks`)).json()))
      expect(keys[0]).toEqual(keys[1])
      const metadata = { ...webClient, token_endpoint_auth_method: 'client_secret_post' }
      const registered = await fetch(`${one}/oauth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(metadata)
      })
      const { client_id: id, client_secret: secret } = (await registered.json()) as Record<string, string>
      const known = (client: string, clientSecret: string) =>
        fetch(`${other}/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: 'none',
            client_id: client,
            client_secret: clientSecret
          })
        }).then((response) => response.json())
      expect(await known(id as string, secret as string)).toMatchObject({ error: 'invalid_grant' })
      expect(await known(id as string, 'wrong')).toMatchObject({ error: 'invalid_client' })
    })
  })

  describe('a Redis that is away', () => {
    test('keeps the API from starting, and is named', async () => {
      const port = await freePort()
      const store = redisStore({ url: `redis://ann:hunter2@127.0.0.1:${port}` })
      await expect(authority({ auth: { store } })).rejects.toThrow(
        `redisStore: redis://127.0.0.1:${port} cannot be used: connect ECONNREFUSED`
      )
    })

    test('is answered 503 where tokens are verified and 500 where they are made, until it is back with all it knew', async () => {
      const own = await RedisServer.forTest({ keeping: true })
      const store = redisStore({ url: own.url })
      const server = await authority({ auth: { store } })
      const { client, tokens } = await server.logIn()
      const { url } = server.begin(client)
      await own.stop()

      const refused = await ask(server, tokens.access_token)
      expect(refused.status).toBe(503)
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(refused.headers.get('www-authenticate')).toBeNull()
      expect(await server.refresh(client, tokens.refresh_token)).toMatchObject({
        status: 500,
        body: { error: 'server_error' }
      })
      expect((await server.register(webClient)).status).toBe(500)
      expect(await new Browser(server.origin).go(url)).toMatchObject({ status: 500 })
      expect(await keysOf(server)).toHaveLength(1)
      await expect(store.find('Client', client)).rejects.toThrow(/^redisStore: redis:\/\/127\.0\.0\.1:\d+: /)

      await own.start()
      await turnsOut(() => answers(store))
      expect(await server.call(tokens.access_token)).toMatchObject({ status: 200 })
      expect((await server.refresh(client, tokens.refresh_token)).status).toBe(200)
      expect(await server.client()).toBe(client)
    })

    test('that hangs is not waited for, and is found again when it goes on', async () => {
      const own = await RedisServer.forTest()
      const store = redisStore({ url: own.url })
      const server = await authority({ auth: { store } })
      const { client, tokens } = await server.logIn()
      own.freeze()
      expect((await ask(server, tokens.access_token)).status).toBe(503)
      await expect(store.find('Client', client)).rejects.toThrow('no answer within 2000 ms')
      expect((await server.register(webClient)).status).toBe(500)
      own.thaw()
      await turnsOut(() => answers(store))
      expect(await server.call(tokens.access_token)).toMatchObject({ status: 200 })
      expect((await server.refresh(client, tokens.refresh_token)).status).toBe(200)
    })

    test('that a connection leads to no more is looked for by new ones, until one gets there', async () => {
      const way = await Way.forTest(redis.port)
      const store = await opened(newPrefix(), way.url)
      expect(await answers(store)).toBe(true)
      way.lose()
      await expect(store.count('Client')).rejects.toThrow('no answer within 2000 ms')
      await turnsOut(async () => way.taken === 2)
      await expect(store.count('Client')).rejects.toThrow('no answer within 2000 ms')
      way.heal()
      await turnsOut(() => answers(store))
      expect(way.taken).toBe(3)
    })

    test('that hangs from the start keeps the API from starting', async () => {
      const own = await RedisServer.forTest()
      own.freeze()
      await expect(redisStore({ url: own.url }).open?.()).rejects.toThrow('cannot be used: no answer within 5000 ms')
    })

    test('that hangs does not keep the API from closing', async () => {
      const own = await RedisServer.forTest()
      const store = await opened('', own.url)
      own.freeze()
      const asked = store.find('Client', 'a')
      await Promise.all([store.close?.(), expect(asked).rejects.toThrow('redisStore')])
    })

    test('is found again by a connection that is new each time, for as long as it takes', async () => {
      const own = await RedisServer.forTest()
      const store = await opened('', own.url)
      for (let round = 0; round < 3; round += 1) {
        await own.stop()
        await turnsOut(async () => !(await answers(store)))
        await own.start()
        await turnsOut(() => answers(store))
      }
      expect(await store.add('Grant', 'a', {})).toBe(true)
    })
  })

  /** Looks into Redis itself. */
  async function look<T>(at: (raw: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const raw = createClient({ url: redis.url })
    await raw.connect()
    try {
      return await at(raw as ReturnType<typeof createClient>)
    } finally {
      raw.destroy()
    }
  }
}

const webClient = { client_name: 'Web', redirect_uris: ['https://app.example/callback'] }

async function keysOf({ origin }: Authority): Promise<unknown[]> {
  return ((await (await fetch(`${origin}/oauth/jwks`)).json()) as { keys: unknown[] }).keys
}

/** A first request with a token. */
function ask({ resource }: Authority, token: string): Promise<Response> {
  const headers = { accept: both, authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(resource, { method: 'POST', headers, body: JSON.stringify(initialize()) })
}
