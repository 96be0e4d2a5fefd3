/** What an attacker tried on an endpoint: to listen on after the end, to be somebody else, to lead it to this machine. */
import type { FastifyRequest } from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { introspection } from '../../src/auth/index.ts'
import { upstreamOpenId } from '../../src/auth/server/index.ts'
import type { EndpointOptions } from '../../src/http/index.ts'
import { countingIds, TestClock } from '../support/clock.ts'
import { until } from '../support/gate.ts'
import { bearer, guarded, guardedOnce, opening, post, publicHost, publicOrigin } from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'
import { type LoopbackReply, send } from '../support/loopback.ts'

const resource = `${publicOrigin}/mcp`
const minute = 60_000

interface Listener {
  clock: TestClock
  stream: LoopbackReply
  /** How many timers wait while it listens. */
  timers: number
  ended(): boolean
  /** Tells the session that a list has changed. */
  change(): void
}

/** Somebody who listens by GET. */
async function listener(auth: EndpointOptions['auth']): Promise<Listener> {
  const clock = new TestClock()
  let count = 0
  let change = (): void => undefined
  const options = { ports: { clock, ids: countingIds() }, limits: { sessionIdleMs: 100 * minute } }
  const api = await guarded({ '/mcp': { ...(auth === undefined ? {} : { auth }), ...options } }, ({ mcp }) => {
    mcp.tool('first', {}, () => '')
    change = () => {
      count += 1
      mcp.tool(`tool-${count}`, {}, () => '')
    }
  })
  onTestFinished(async () => {
    const closed = api.close()
    clock.pass(1000 * minute)
    await closed
  })
  const { headers } = await api.ask(opening('/mcp', bearer('opaque')))
  const session = String(headers['mcp-session-id'])
  await api.ask(post('/mcp', { method: 'notifications/initialized' }, bearer('opaque'), ['Mcp-Session-Id', session]))
  const stream = await send(`http://127.0.0.1:${api.port}/mcp`, {
    headers: {
      host: publicHost,
      accept: 'text/event-stream',
      authorization: 'Bearer opaque',
      'mcp-session-id': session
    }
  })
  expect(stream.status).toBe(200)
  let over = false
  void stream.closed.then(() => {
    over = true
  })
  return { clock, stream, timers: clock.pending, ended: () => over, change: () => change() }
}

/** The next look at who listens: over when the one after it is set, or when the stream has ended. */
async function look({ clock, timers, ended }: Listener): Promise<void> {
  clock.pass(minute)
  await until(() => ended() || clock.pending === timers, true)
}

/** An issuer to whom one opaque token is known, and its verifier. */
async function asking(): Promise<{ issuer: FakeIssuer; auth: EndpointOptions['auth'] }> {
  const issuer = await FakeIssuer.open()
  issuer.opaque.set('opaque', { active: true, sub: 'ann', aud: resource })
  const options = { issuer: issuer.url, resource, clientId: 'api', clientSecret: 'secret', cacheMs: 0 }
  return { issuer, auth: introspection(options) }
}

describe('a stream that listens', () => {
  test('ends at the next look when its token was revoked, and is told nothing any more', async () => {
    const { issuer, auth } = await asking()
    const listens = await listener(auth)
    issuer.opaque.clear()
    listens.clock.pass(minute)
    expect(await listens.stream.closed).toEqual({ whole: true })
    listens.change()
    expect(listens.stream.received).not.toContain('list_changed')
  })

  test('goes on for those who are still welcome, and is looked at again and again', async () => {
    const { issuer, auth } = await asking()
    const listens = await listener(auth)
    const before = issuer.introspected.length
    for (const _ of [1, 2, 3]) await look(listens)
    expect(issuer.introspected.length).toBe(before + 3)
    listens.change()
    expect((await listens.stream.next())?.message.method).toBe('notifications/tools/list_changed')
  })

  test('goes on while the issuer is away, and ends when that is back and the token is not good any more', async () => {
    const { issuer, auth } = await asking()
    const listens = await listener(auth)
    issuer.faults.set('introspection', 'failure')
    await look(listens)
    listens.change()
    expect((await listens.stream.next())?.message.method).toBe('notifications/tools/list_changed')
    issuer.faults.clear()
    issuer.opaque.clear()
    listens.clock.pass(minute)
    expect(await listens.stream.closed).toEqual({ whole: true })
  })

  test('ends when the same credentials are of somebody else now', async () => {
    let subject = 'ann'
    const listens = await listener(() => ({ subject }))
    subject = 'bob'
    listens.clock.pass(minute)
    expect(await listens.stream.closed).toEqual({ whole: true })
  })
})

describe('a check of the host that says scopes as', () => {
  test.each<[what: string, scopes: unknown]>([
    ['a text', 'todo:read-write admin:nothing'],
    ['a text in a list of other things', ['todo:read', 7]],
    ['null', null],
    ['an object', {}]
  ])('%s lets nobody in, and the log says why', async (_, scopes) => {
    const api = await guardedOnce((() => ({ subject: 'ann', scopes })) as unknown as () => { subject: string })
    const reply = await api.ask(opening('/mcp'))
    expect(reply.status).toBe(500)
    expect(reply.body).not.toContain('scopes')
    const failed = api
      .log()
      .split('\n')
      .find((line) => line.includes('"level":50'))
    expect(failed).toContain('the scopes of a principal are a list')
  })
})

test('an object of the host that becomes somebody else does not take over a session', async () => {
  const user = { issuer: 'host', subject: '', scopes: [] as string[] }
  const check = (request: FastifyRequest) => {
    user.subject = String(request.headers['x-user'])
    return user
  }
  const api = await guardedOnce(check, ({ mcp }) =>
    mcp.tool('whoami', {}, (_, { session }) => String(session.principal?.subject))
  )
  const { headers } = await api.ask(opening('/mcp', ['X-User', 'ann']))
  const session = ['Mcp-Session-Id', String(headers['mcp-session-id'])] as const
  await api.ask(post('/mcp', { method: 'notifications/initialized' }, ['X-User', 'ann'], session))
  const call = { id: 2, method: 'tools/call', params: { name: 'whoami', arguments: {} } }
  expect((await api.ask(post('/mcp', call, ['X-User', 'bob'], session))).status).toBe(404)
  const hers = await api.ask(post('/mcp', call, ['X-User', 'ann'], session))
  expect(JSON.parse(hers.body)).toMatchObject({ result: { content: [{ text: 'ann' }] } })
})

test.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])(
  'a provider in the web has no %s on this machine',
  async (name) => {
    const issuer = 'https://login.example'
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`
    }
    let published: object = metadata
    vi.stubGlobal('fetch', async () => Response.json(published))
    onTestFinished(() => void vi.unstubAllGlobals())
    const begin = () => {
      const login = upstreamOpenId({ issuer, clientId: 'api', clientSecret: 'secret', account: () => undefined })
      return login.begin('https://mcp.example/oauth/callback', { state: 's', nonce: 'n', verifier: 'v' })
    }
    expect(await begin()).toContain(`${issuer}/authorize?`)
    published = { ...metadata, [name]: 'http://127.0.0.1:8080/admin' }
    await expect(begin()).rejects.toThrow(`has no ${name} that can be trusted`)
  }
)
