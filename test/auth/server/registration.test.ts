/** Who may register as a client, and what comes of it (RFC 7591). */
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/auth/server/index.ts'
import { authority, native } from './authority.ts'

type Client = Record<string, unknown>
const read = async (response: Response) => ({ status: response.status, body: (await response.json()) as Client })

describe('a registration', () => {
  test('is answered with the client, which is public', async () => {
    const server = await authority()
    const { status, body } = await read(await server.register({ redirect_uris: ['http://localhost:1234/cb'] }))
    expect(status).toBe(201)
    expect(body).toMatchObject({
      client_id: expect.stringMatching(/^[\w-]{43}$/),
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://localhost:1234/cb'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none'
    })
    expect(Object.keys(body).filter((key) => /secret|registration/.test(key))).toEqual([])
  })

  test('of the same metadata is the same client, and takes no more room', async () => {
    const store = memoryStore()
    const server = await authority({ auth: { store } })
    const first = await read(await server.register(native))
    const again = await read(await server.register({ ...native, scope: 'todo:read', software_version: '2' }))
    expect(again).toEqual(first)
    expect(await store.count('Client')).toBe(1)
  })

  test('of other metadata is another client', async () => {
    const server = await authority()
    const others = [native, { ...native, client_name: 'B' }, { ...native, redirect_uris: ['a.b.c:/cb'] }]
    const ids = await Promise.all(others.map((metadata) => server.client(metadata)))
    expect(new Set(ids).size).toBe(3)
  })

  test('with a secret is another client each time, whose secret does not stand in the store', async () => {
    const store = memoryStore()
    const server = await authority({ auth: { store } })
    const metadata = { ...native, token_endpoint_auth_method: 'client_secret_basic' }
    const [one, other] = [await read(await server.register(metadata)), await read(await server.register(metadata))]
    expect(one.body['client_id']).not.toBe(other.body['client_id'])
    const kept = await store.find('Client', one.body['client_id'] as string)
    expect(one.body['client_secret']).toEqual(expect.any(String))
    expect(kept?.['client_secret']).not.toBe(one.body['client_secret'])
  })

  test('keeps nothing that would be fetched from elsewhere', async () => {
    const server = await authority()
    const { body } = await read(
      await server.register({
        ...native,
        jwks_uri: 'http://169.254.169.254/keys',
        logo_uri: 'https://tracker.example/logo.png',
        sector_identifier_uri: 'https://internal.example/uris'
      })
    )
    expect(Object.keys(body).filter((key) => /jwks|logo|sector/.test(key))).toEqual([])
  })

  test('leaves out what this server does not offer', async () => {
    const server = await authority()
    const device = 'urn:ietf:params:oauth:grant-type:device_code'
    const { status, body } = await read(
      await server.register({ ...native, grant_types: [...native.grant_types, device], scope: 'openid email unknown' })
    )
    expect(status).toBe(201)
    expect(body['grant_types']).toEqual(native.grant_types)
  })

  test('shows no name that turns text around', async () => {
    const server = await authority()
    const { body } = await read(await server.register({ ...native, client_name: 'Good\u202e\n\u0000 app' }))
    expect(body['client_name']).toBe('Good  app')
  })
})

describe('the kind of a client', () => {
  test.each([
    ['http://127.0.0.1:7777/cb', 'native'],
    ['http://[::1]/cb', 'native'],
    ['http://localhost/cb', 'native'],
    ['cursor://anysphere.cursor-retrieval/oauth/cb', 'native'],
    ['vscode://vscode.github-authentication/did-authenticate', 'native'],
    ['com.example.app:/cb', 'native'],
    ['https://claude.ai/api/mcp/auth_callback', 'web']
  ])('that comes back to %s is %s', async (uri, kind) => {
    const server = await authority()
    const { status, body } = await read(await server.register({ ...native, redirect_uris: [uri] }))
    expect({ status, kind: body['application_type'] }).toEqual({ status: 201, kind })
  })

  test('that comes back to the web and to this machine is native', async () => {
    const server = await authority()
    const uris = ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect']
    const { body } = await read(await server.register({ ...native, redirect_uris: uris, application_type: 'web' }))
    expect(body['application_type']).toBe('native')
  })
})

describe('what is refused', () => {
  test.each([
    ['javascript:alert(1)'],
    ['JavaScript:alert(1)'],
    ['data:text/html,x'],
    ['file:///etc/passwd'],
    ['vbscript:x'],
    ['ms-msdt:/id'],
    ['urn:ietf:wg:oauth:2.0:oob'],
    ['http://evil.example/cb'],
    ['http://127.0.0.1.evil.example/cb'],
    ['http://localhost@evil.example/cb'],
    ['https://app.example/cb#fragment'],
    ['https://user:pass@app.example/cb'],
    ['/cb'],
    [`https://app.example/${'a'.repeat(2048)}`]
  ])('a redirect to %s', async (uri) => {
    const server = await authority()
    const { status, body } = await read(
      await server.register({ ...native, redirect_uris: ['https://a.example/', uri] })
    )
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_redirect_uri' })
  })

  test.each([
    ['no redirect', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['redirects that are no list', { redirect_uris: 'https://a.example/' }, 'invalid_redirect_uri'],
    ['a name that is no text', { client_name: 5 }, 'invalid_client_metadata'],
    ['keys in the place of a secret', { token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    ['the implicit flow', { response_types: ['token'] }, 'invalid_client_metadata'],
    ['no flow with people', { grant_types: ['client_credentials'] }, 'invalid_client_metadata']
  ])('%s', async (_name, changed, error) => {
    const server = await authority()
    const { status, body } = await read(await server.register({ ...native, ...changed }))
    expect({ status, error: body['error'] }).toEqual({ status: 400, error })
  })

  test.each([
    ['no JSON', '{', {}],
    ['a list', '[]', {}],
    ['another content type', JSON.stringify(native), { 'content-type': 'text/plain' }]
  ])('%s', async (_name, body, headers) => {
    const server = await authority()
    expect(await read(await server.register(body, headers))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' }
    })
  })

  test('a body of more than 16 KiB', async () => {
    const server = await authority()
    const { status } = await server.register({ ...native, client_name: 'x'.repeat(20_000) })
    expect(status).toBe(413)
  })
})

describe('a flood of registrations', () => {
  test('is refused from a number a minute on, while known clients go on', async () => {
    const server = await authority({ auth: { registration: { perMinute: 2 } } })
    const names = ['a', 'b', 'c']
    const answers = []
    for (const client_name of names) answers.push(await server.register({ ...native, client_name }))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429])
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await server.register({ ...native, client_name: 'a' })).status).toBe(201)
  })

  test('ends when as many clients are kept as may be', async () => {
    const server = await authority({ auth: { registration: { max: 2 } } })
    const answers = []
    for (const client_name of ['a', 'b', 'c']) answers.push(await server.register({ ...native, client_name }))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429])
    expect(answers[2]?.headers.get('retry-after')).toBe('3600')
  })
})

describe('a client', () => {
  const day = 86_400_000

  test('that nobody uses is forgotten after a day', async () => {
    let now = Date.now()
    const store = memoryStore(() => now)
    const server = await authority({ auth: { store } })
    const client = await server.client()
    now += day - 1000
    expect(await store.find('Client', client)).toBeDefined()
    now += 2000
    expect(await store.find('Client', client)).toBeUndefined()
  })

  test('that got tokens is kept for ninety days after', async () => {
    let now = Date.now()
    const store = memoryStore(() => now)
    const server = await authority({ auth: { store } })
    const { client } = await server.logIn()
    await expect.poll(async () => (await store.find('Client', client))?.['used']).toBeDefined()
    expect((await read(await server.register(native))).body['used']).toBeUndefined()
    now += 89 * day
    expect(await store.find('Client', client)).toBeDefined()
    now += 2 * day
    expect(await store.find('Client', client)).toBeUndefined()
  })
})
