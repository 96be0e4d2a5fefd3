/** A stream that listens ends with the token that opened it; whoever comes back with a fresh one misses nothing. */
import { expect, onTestFinished, test } from 'vitest'
import { jwt } from '../../src/auth/index.ts'
import { countingIds, TestClock } from '../support/clock.ts'
import { bearer, type Guarded, guarded, opening, post, publicHost, publicOrigin } from '../support/guarded.ts'
import { FakeIssuer } from '../support/issuer.ts'
import { type LoopbackReply, send } from '../support/loopback.ts'

const resource = `${publicOrigin}/mcp`

interface Scene {
  api: Guarded
  issuer: FakeIssuer
  clock: TestClock
  token: string
  session: string
  listen(token: string, lastEventId?: string): Promise<LoopbackReply>
  /** Tells the session that a list has changed. */
  change(): void
}

/** A session whose token is good for five minutes. */
async function scene(): Promise<Scene> {
  const issuer = await FakeIssuer.open()
  const clock = new TestClock()
  let count = 0
  let change = (): void => undefined
  const auth = jwt({ issuer: issuer.url, resource })
  const api = await guarded(
    { '/mcp': { auth, ports: { clock, ids: countingIds() }, limits: { sessionIdleMs: 3_600_000 } } },
    ({ mcp }) => {
      mcp.tool('first', {}, () => '')
      change = () => {
        count += 1
        mcp.tool(`tool-${count}`, {}, () => '')
      }
    }
  )
  onTestFinished(async () => {
    const closed = api.close()
    clock.pass(10_000_000)
    await closed
  })
  const token = await issuer.token(resource)
  const { headers } = await api.ask(opening('/mcp', bearer(token)))
  const session = String(headers['mcp-session-id'])
  await api.ask(post('/mcp', { method: 'notifications/initialized' }, bearer(token), ['Mcp-Session-Id', session]))
  const listen = (fresh: string, lastEventId?: string): Promise<LoopbackReply> =>
    send(`http://127.0.0.1:${api.port}/mcp`, {
      headers: {
        host: publicHost,
        accept: 'text/event-stream',
        authorization: `Bearer ${fresh}`,
        'mcp-session-id': session,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
      }
    })
  return { api, issuer, clock, token, session, listen, change: () => change() }
}

const opened = 'notifications/tools/list_changed'

/** Nothing went wrong, whatever happened. */
const faults = ({ api }: Scene): string[] =>
  api
    .log()
    .split('\n')
    .filter((line) => /"level":(?:40|50|60)/.test(line))

test('it ends when the token has ended, and not before', async () => {
  const server = await scene()
  const { clock, token, listen, change } = server
  const stream = await listen(token)
  clock.pass(298_000)
  change()
  expect((await stream.next())?.message.method).toBe(opened)
  clock.pass(3000)
  expect(await stream.closed).toEqual({ whole: true })
  expect(faults(server)).toEqual([])
})

test('a fresh token reads on where the last one ended', async () => {
  const server = await scene()
  const { clock, issuer, token, listen, change } = server
  const stream = await listen(token)
  change()
  const seen = await stream.next()
  clock.pass(301_000)
  await stream.closed
  change()
  const fresh = await issuer.token(resource, { jti: 'fresh', exp: Math.floor(Date.now() / 1000) + 900 })
  const again = await listen(fresh, seen?.id)
  expect((await again.next())?.message.method).toBe(opened)
  clock.pass(500_000)
  change()
  expect((await again.next())?.message.method).toBe(opened)
  expect(faults(server)).toEqual([])
})

test('what happens in the moment of its end is not lost', async () => {
  const server = await scene()
  const { clock, issuer, token, listen, change } = server
  const stream = await listen(token)
  change()
  const seen = await stream.next()
  clock.pass(301_000)
  change()
  await stream.closed
  const heard = (await stream.rest()).length
  const fresh = await issuer.token(resource, { jti: 'fresh' })
  const again = await listen(fresh, seen?.id)
  change()
  const told = [await again.next(), ...(heard === 0 ? [await again.next()] : [])]
  expect(told.map((event) => event?.message.method)).toEqual(told.map(() => opened))
  expect(faults(server)).toEqual([])
})

test('the token that has ended opens no stream again', async () => {
  const { clock, issuer, listen } = await scene()
  const ended = await issuer.token(resource, { exp: Math.floor(Date.now() / 1000) - 60 })
  clock.pass(301_000)
  const reply = await listen(ended)
  expect(reply.status).toBe(401)
})
