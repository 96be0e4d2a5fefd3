/** What an authorization server can be told, and what it says when it cannot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyRequest } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Ceiling, Failures } from '../../../src/auth/server/ceiling.ts'
import {
  type AuthorizationServerOptions,
  authorizationServer,
  hashPassword,
  memoryStore,
  passwordFile
} from '../../../src/auth/server/index.ts'
import handwire from '../../../src/http/index.ts'
import { authority, freePort } from './authority.ts'

const made = (changed: Partial<AuthorizationServerOptions>) => () =>
  authorizationServer({
    resource: 'https://mcp.example/mcp',
    authenticate: () => undefined,
    store: memoryStore(),
    ...changed
  })

describe('options that cannot be are refused at once', () => {
  test.each<[string, Partial<AuthorizationServerOptions>, string]>([
    ['a resource by http', { resource: 'http://mcp.example/mcp' }, 'is not https'],
    ['an issuer by http', { issuer: 'http://mcp.example/oauth' }, 'is not https'],
    ['an issuer with a query', { issuer: 'https://mcp.example/oauth?a' }, 'origin and a plain path'],
    ['an issuer with a slash at the end', { issuer: 'https://mcp.example/oauth/' }, 'origin and a plain path'],
    ['an issuer with a parameter of a route', { issuer: 'https://mcp.example/:a' }, 'origin and a plain path'],
    ['an issuer that is none', { issuer: 'mcp.example' }, 'is no URL'],
    ['nobody to log in', { authenticate: undefined as never }, 'nobody could log in'],
    ['a scope with a space', { scopes: ['a b'] }, 'cannot be a scope'],
    ['a scope of OpenID', { scopes: ['openid'] }, 'cannot be a scope'],
    ['a required scope that is not offered', { scopes: ['a'], required: ['b'] }, 'the required scope "b"'],
    ['a login for ever', { refreshSeconds: Number.POSITIVE_INFINITY }, 'refreshSeconds']
  ])('%s', (_name, changed, message) => {
    expect(made(changed)).toThrow(message)
  })
})

test('http is for this machine alone', () => {
  expect(made({ resource: 'http://localhost:3000/mcp' })().issued).toEqual({
    resource: 'http://localhost:3000/mcp',
    issuers: ['http://localhost:3000/oauth'],
    scopes: ['mcp']
  })
})

test('the scopes that are required are', async () => {
  const server = await authority({ auth: { scopes: ['use', 'more'], required: ['use'] } })
  const { tokens } = await server.logIn({ scope: 'more' })
  expect(await server.call(tokens.access_token)).toMatchObject({ status: 403 })
  const { tokens: enough } = await server.logIn({ scope: 'use' })
  expect(await server.call(enough.access_token)).toEqual({ status: 200, text: 'ann use' })
})

test('a server is mounted once', async () => {
  const auth = made({})()
  const app = Fastify()
  onTestFinished(() => app.close())
  auth.mount(app)
  expect(() => auth.mount(app)).toThrow('for(resource)')
})

test('routes are not in the documentation of the API', async () => {
  const hidden: unknown[] = []
  const app = Fastify()
  app.addHook('onRoute', ({ url, schema }) => void (url.startsWith('/oauth') && hidden.push(schema)))
  await app.register(handwire, { name: 'acme', version: '0', auth: made({})() })
  onTestFinished(() => app.close())
  expect(hidden.length).toBeGreaterThan(5)
  expect(hidden.every((schema) => (schema as { hide?: boolean }).hide === true)).toBe(true)
})

describe('passwordFile', () => {
  const file = (text: string): string => {
    const directory = mkdtempSync(join(tmpdir(), 'handwire-people-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    writeFileSync(join(directory, 'people'), text)
    return join(directory, 'people')
  }
  const request = {} as FastifyRequest

  test('knows people by name and password', async () => {
    const people = passwordFile(
      file(`# people\n\nann:${await hashPassword('tulip')}\nbob smith:${await hashPassword('rose')}  a b\n`)
    )
    const log = (username: string, password: string) => people.authenticate({ username, password, request })
    expect(await log('ann', 'tulip')).toEqual({ subject: 'ann', name: 'ann' })
    expect(await log('bob smith', 'rose')).toEqual({ subject: 'bob smith', name: 'bob smith', scopes: ['a', 'b'] })
    expect(await log('ann', 'rose')).toBeUndefined()
    expect(await log('eve', 'tulip')).toBeUndefined()
    expect(await log('', '')).toBeUndefined()
  })

  test('makes another hash of a password each time, and knows it however it was typed', async () => {
    const [one, other] = [await hashPassword('Zoe\u0308'), await hashPassword('Zoe\u0308')]
    expect(one).not.toBe(other)
    const people = passwordFile(file(`zoe:${one}\n`))
    expect(await people.authenticate({ username: 'zoe', password: 'Zo\u00eb', request })).toBeDefined()
  })

  test('sees that somebody was taken out', async () => {
    const path = file(`ann:${await hashPassword('tulip')}\n`)
    const people = passwordFile(path)
    expect(await people.find?.('ann')).toBeDefined()
    writeFileSync(path, '')
    expect(await people.find?.('ann')).toBeUndefined()
    expect(await people.authenticate({ username: 'ann', password: 'tulip', request })).toBeUndefined()
  })

  test.each([
    ['a password in clear', 'ann:tulip', 'line 1 of'],
    ['a cheap hash', `ann:scrypt$2$8$1$c2FsdHNhbHQ$${'a'.repeat(43)}`, 'out of bounds'],
    [
      'a name twice',
      `ann:scrypt$15$8$3$c2FsdA$${'a'.repeat(43)}\nann:scrypt$15$8$3$c2FsdA$${'a'.repeat(43)}`,
      'line 2 of'
    ]
  ])('keeps the API from starting for %s, without telling it', async (_name, text, message) => {
    const starting = authority({ auth: { authenticate: passwordFile(file(text)) } })
    await expect(starting).rejects.toThrow(message)
    await expect(starting).rejects.not.toThrow(/tulip|aaaa/)
  })

  test('keeps the API from starting when it is not there', async () => {
    await expect(authority({ auth: { authenticate: passwordFile('/nowhere/people') } })).rejects.toThrow(
      'cannot be read'
    )
  })
})

describe('limits', () => {
  test('so many a minute, refilled steadily', () => {
    let now = 0
    const ceiling = new Ceiling(2, () => now)
    expect([ceiling.take(), ceiling.take(), ceiling.take()]).toEqual([undefined, undefined, 30])
    now = 30_000
    expect([ceiling.take(), ceiling.take()]).toEqual([undefined, 30])
  })

  test('failures by name double the wait, up to five minutes, and are forgotten', () => {
    let now = 0
    const failures = new Failures(() => now)
    const waits: number[] = []
    for (let failure = 0; failure < 16; failure += 1) {
      failures.failed('ann')
      waits.push(failures.wait('ann'))
      now += failures.wait('ann') * 1000
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    now += 1_000_000
    failures.failed('ann')
    expect(failures.wait('ann')).toBe(0)
  })

  test('failures are kept of ten thousand names and no more', () => {
    const failures = new Failures(() => 0)
    for (let failure = 0; failure < 6; failure += 1) failures.failed('ann')
    for (let name = 0; name < 10_000; name += 1) failures.failed(`x${name}`)
    expect(failures.wait('ann')).toBe(0)
  })
})

test('the API starts when the store is open, and not before', async () => {
  const store = memoryStore()
  let open = () => {}
  const opening = new Promise<void>((resolve) => {
    open = resolve
  })
  store.open = () => opening
  const port = await freePort()
  const starting = authority({ port, auth: { store } })
  let started = false
  void starting.then(() => {
    started = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(started).toBe(false)
  open()
  expect((await (await starting).register({ redirect_uris: ['http://localhost/'] })).status).toBe(201)
})
