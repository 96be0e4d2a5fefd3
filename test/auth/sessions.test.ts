/** Sessions belong to whoever opened them: issuer, subject and client together. To anybody else there is no such session. */
import { request } from 'node:http'
import { Type } from '@sinclair/typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jwt, newToken, staticTokens } from '../../src/auth/index.ts'
import {
  type Bytes,
  bearer,
  type Guarded,
  guarded,
  opening,
  post,
  publicOrigin,
  type Reply
} from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'
import { LoopbackReply } from '../support/loopback.ts'

const resource = `${publicOrigin}/mcp`
const machine = newToken()

let api: Guarded
let issuer: FakeIssuer
let other: FakeIssuer
/** Of ann, who uses the editor. */
let session: string
let hers: string

beforeAll(async () => {
  issuer = await FakeIssuer.start()
  other = await FakeIssuer.start()
  const auth = [
    staticTokens([{ name: 'ann', sha256: machine.sha256 }]),
    jwt({ issuer: issuer.url, resource }),
    jwt({ issuer: other.url, resource })
  ]
  api = await guarded(
    { '/mcp': { auth }, '/second': { auth: staticTokens([{ name: 'ann', sha256: machine.sha256 }]) } },
    (scope) => {
      scope.mcp.tool('whoami', {}, (_, { principal, session }) => `${principal?.subject} ${session.principal?.subject}`)
      scope.mcp.tool('ask', {}, async (_, { elicit }) => {
        const answer = await elicit('Sure?', Type.Object({ sure: Type.Boolean() }))
        return JSON.stringify(answer)
      })
      scope.mcp.tool('count', {}, async (_, { session }) => {
        const count = Number(session.data['count'] ?? 0) + 1
        await session.update({ count })
        return String(count)
      })
    }
  )
})

afterAll(async () => {
  await api.close()
  await issuer.close()
  await other.close()
})

beforeEach(async () => {
  hers = await issuer.token(resource)
  session = await open(hers)
})

async function open(token: string, path = '/mcp'): Promise<string> {
  const { headers } = await api.ask(opening(path, bearer(token)))
  const id = String(headers['mcp-session-id'])
  await api.ask(post(path, { method: 'notifications/initialized' }, bearer(token), ['Mcp-Session-Id', id]))
  return id
}

const call = (token: string, name: string, id = session): Promise<Reply> =>
  api.ask(post('/mcp', { id: 1, method: 'tools/call', params: { name } }, bearer(token), ['Mcp-Session-Id', id]))

const textOf = ({ body }: Reply): unknown => JSON.parse(body).result.content[0].text
const noSuchSession = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"There is no such session"}}'

/** Everybody who is not ann with the editor. */
const others: readonly (readonly [string, () => string | Promise<string>])[] = [
  ['another person', () => issuer.token(resource, { sub: 'bob' })],
  ['the same person with another client', () => issuer.token(resource, { client_id: 'terminal' })],
  ['the same person with no client', () => issuer.token(resource, { client_id: undefined })],
  ['the same name at another issuer', () => other.token(resource)],
  ['the same name among the machines', () => machine.token],
  ['a name that holds the other parts', () => issuer.token(resource, { sub: 'ann","editor', client_id: undefined })],
  ['the same name in another case', () => issuer.token(resource, { sub: 'Ann' })]
]

/** Every way in which a session is used. */
const uses: readonly (readonly [string, (id: string) => Bytes])[] = [
  ['a request', (id) => post('/mcp', { id: 5, method: 'tools/list' }, ['Mcp-Session-Id', id])],
  ['a call', (id) => post('/mcp', { id: 5, method: 'tools/call', params: { name: 'count' } }, ['Mcp-Session-Id', id])],
  ['a ping', (id) => post('/mcp', { id: 5, method: 'ping' }, ['Mcp-Session-Id', id])],
  [
    'a notification',
    (id) => post('/mcp', { method: 'notifications/cancelled', params: { requestId: 1 } }, ['Mcp-Session-Id', id])
  ],
  ['a response', (id) => post('/mcp', { id: 'ask-1', result: {} }, ['Mcp-Session-Id', id])],
  [
    'a GET',
    (id) => ({
      headers: [
        ['Accept', 'text/event-stream'],
        ['Mcp-Session-Id', id]
      ]
    })
  ],
  [
    'a GET that resumes',
    (id) => ({
      headers: [
        ['Accept', 'text/event-stream'],
        ['Mcp-Session-Id', id],
        ['Last-Event-ID', '1']
      ]
    })
  ],
  ['a DELETE', (id) => ({ method: 'DELETE', headers: [['Mcp-Session-Id', id]] })],
  [
    'a request with a revision that it does not speak',
    (id) => post('/mcp', { id: 5, method: 'ping' }, ['Mcp-Session-Id', id], ['MCP-Protocol-Version', '1999-01-01'])
  ]
]

describe.each(others)('%s', (_, make) => {
  test.each(uses)(
    'with %s finds no session, and is told what anybody is told of one that never was',
    async (__, use) => {
      const theirs = await make()
      const asked = (id: string): Promise<Reply> => {
        const bytes = use(id)
        return api.ask({ ...bytes, headers: [...(bytes.headers ?? []), bearer(theirs)] })
      }
      const [found, never] = [await asked(session), await asked('5f1d9c1e-0000-4000-8000-3c5f0a9b7d21')]
      expect(found.status).toBe(404)
      expect(found.body.replace(',"id":5', '')).toBe(noSuchSession)
      expect([found.status, found.body, Object.keys(found.headers)]).toEqual([
        never.status,
        never.body,
        Object.keys(never.headers)
      ])
      // and it is where it was
      expect(textOf(await call(hers, 'count'))).toBe('1')
    }
  )

  test('opens a session of its own where it asks with the id of another', async () => {
    const theirs = await make()
    const { status, headers } = await api.ask(opening('/mcp', bearer(theirs), ['Mcp-Session-Id', session]))
    expect(status).toBe(200)
    const own = String(headers['mcp-session-id'])
    expect(own).not.toBe(session)
    expect(textOf(await call(hers, 'count'))).toBe('1')
    expect((await call(hers, 'count', own)).status).toBe(404)
  })

  test('cannot answer what its owner was asked', async () => {
    const asking = await stream(
      post('/mcp', { id: 9, method: 'tools/call', params: { name: 'ask' } }),
      hers,
      await asker()
    )
    const question = await asking.next()
    const { id } = question?.message ?? {}
    const answer = (sure: boolean): object => ({ id, result: { action: 'accept', content: { sure } } })
    const bytes = post('/mcp', answer(true), bearer(await make()), ['Mcp-Session-Id', session])
    expect((await api.ask(bytes)).status).toBe(404)
    expect((await api.ask(post('/mcp', answer(false), bearer(hers), ['Mcp-Session-Id', session]))).status).toBe(202)
    const result = (await asking.next())?.message.result
    expect(result).toEqual({ content: [{ type: 'text', text: '{"action":"accept","content":{"sure":false}}' }] })
  })
})

describe.each(uses)('%s to a session that is there', (_, use) => {
  test('without a token is 401', async () => {
    expect((await api.ask(use(session))).status).toBe(401)
  })

  test('with a token that has ended is 401', async () => {
    const ended = await issuer.token(resource, { exp: 1_000_000_000 })
    const bytes = use(session)
    expect((await api.ask({ ...bytes, headers: [...(bytes.headers ?? []), bearer(ended)] })).status).toBe(401)
  })
})

describe('a token that was refreshed', () => {
  test.each<readonly [string, Record<string, unknown>]>([
    ['with another id', { jti: 'j2' }],
    ['with more scopes', { scope: 'read write' }],
    ['with another audience beside', { aud: [resource, 'https://other.example'] }],
    ['that names its client as azp', { client_id: undefined, azp: 'editor' }]
  ])('%s keeps the session', async (__, claims) => {
    await call(hers, 'count')
    const fresh = await issuer.token(resource, claims)
    expect(fresh).not.toBe(hers)
    expect(textOf(await call(fresh, 'count'))).toBe('2')
  })

  test('may listen, and end the session', async () => {
    const fresh = await issuer.token(resource, { jti: 'j2' })
    const headers = [['Accept', 'text/event-stream'], ['Mcp-Session-Id', session], bearer(fresh)] as const
    const { status, headers: answered } = await api.ask({ headers })
    expect([status, answered['content-type']]).toEqual([200, 'text/event-stream'])
    expect((await api.ask({ method: 'DELETE', headers })).status).toBe(204)
  })

  test('cannot open the same session again', async () => {
    const fresh = await issuer.token(resource, { jti: 'j2' })
    const { status, body } = await api.ask(opening('/mcp', bearer(fresh), ['Mcp-Session-Id', session]))
    expect([status, JSON.parse(body).error.message]).toEqual([400, 'This session is initialized already'])
  })
})

test('an event of another session is resumed by nobody', async () => {
  const asking = await stream(
    post('/mcp', { id: 9, method: 'tools/call', params: { name: 'ask' } }),
    hers,
    await asker()
  )
  const event = await asking.next()
  const theirs = await issuer.token(resource, { sub: 'bob' })
  const own = await open(theirs)
  const headers = [
    ['Accept', 'text/event-stream'],
    ['Mcp-Session-Id', own],
    ['Last-Event-ID', String(event?.id)],
    bearer(theirs)
  ] as const
  const { status, body } = await api.ask({ headers })
  expect(status).toBe(400)
  expect(body).not.toContain('Sure?')
  expect(JSON.parse(body).error.message).toBe('Nothing can be resumed from this Last-Event-ID')
})

test('a session of one endpoint is none of another', async () => {
  const id = await open(machine.token)
  const bytes = post('/second', { id: 1, method: 'ping' }, bearer(machine.token), ['Mcp-Session-Id', id])
  expect((await api.ask(bytes)).status).toBe(404)
})

test('a handler is told who calls, by the request and by the session', async () => {
  expect(textOf(await call(hers, 'whoami'))).toBe('ann ann')
})

/** A session that can be asked, in place of the one that was opened. */
async function asker(): Promise<string> {
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: { elicitation: {} },
    clientInfo: { name: 'c', version: '0' }
  }
  const { headers } = await api.ask(post('/mcp', { id: 0, method: 'initialize', params }, bearer(hers)))
  session = String(headers['mcp-session-id'])
  await api.ask(post('/mcp', { method: 'notifications/initialized' }, bearer(hers), ['Mcp-Session-Id', session]))
  return session
}

/** An answer that is read as it comes. */
async function stream({ headers = [], body }: Bytes, token: string, id: string): Promise<LoopbackReply> {
  const all = Object.fromEntries([...headers, bearer(token), ['Mcp-Session-Id', id]])
  return new Promise((resolve, reject) => {
    const sent = request({
      port: api.port,
      host: '127.0.0.1',
      path: '/mcp',
      method: 'POST',
      agent: false,
      headers: { ...all, Host: 'mcp.example' }
    })
    sent.once('response', (message) => resolve(new LoopbackReply(message)))
    sent.once('error', reject)
    sent.end(body)
  })
}
