/** The time between the wish to close and the end: nothing new is begun, what runs may finish. */
import { expect, test } from 'vitest'
import { initialize } from '../support/bench.ts'
import { gate } from '../support/gate.ts'
import { type Listening, listening } from '../support/listening.ts'
import { both, type LoopbackPeer, type LoopbackReply, send } from '../support/loopback.ts'

interface Draining extends Listening {
  peer: LoopbackPeer
  /** The reply of the call that runs. */
  running: Promise<LoopbackReply>
  finish(): void
  closed: Promise<void>
}

/** A server that closes while one call runs. */
async function draining(capabilities: object = {}, asks = false): Promise<Draining> {
  const hold = gate()
  const started = gate()
  const server = await listening({
    fastify: { return503OnClosing: false },
    plugin: { health: true },
    offer: ({ mcp }) =>
      mcp.tool('hold', {}, async (_, context) => {
        started.open()
        if (asks) return `${(await context.roots()).length} roots`
        await hold.passed
        return 'held'
      })
  })
  const peer = await server.open(capabilities)
  const running = peer.call('hold')
  await started.passed
  return { ...server, peer, running, finish: () => hold.open(), closed: server.app.close() as unknown as Promise<void> }
}

test('readiness is 503 with Retry-After at once, liveness stays 200', async () => {
  const { url, running, finish, closed } = await draining()
  const ready = await send(new URL('/readyz', url).href, {})
  expect([ready.status, ready.headers['retry-after']]).toEqual([503, '1'])
  expect(await ready.text()).toBe('{"status":"unavailable"}')
  expect((await send(new URL('/healthz', url).href, {})).status).toBe(200)
  finish()
  await running
  await closed
})

test('new sessions, requests and streams are 503 with Retry-After, and the call that runs is answered', async () => {
  const { url, peer, running, finish, closed } = await draining()
  const headers = { 'content-type': 'application/json', accept: both }
  const refused = [
    await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) }),
    await peer.request('tools/list', {}, 'new'),
    await peer.get()
  ]
  for (const reply of refused) {
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
    expect((await reply.json()).error).toEqual({ code: -32000, message: 'The server is closing' })
  }
  finish()
  expect((await (await running).json()).result.content[0].text).toBe('held')
  await closed
})

test('a running call still gets the answers it asked for', async () => {
  const { peer, running, closed } = await draining({ roots: {} }, true)
  const reply = await running
  const question = await reply.next()
  const answer = await peer.post({ id: question?.message.id, result: { roots: [{ uri: 'file:///a' }] } })
  expect(answer.status).toBe(202)
  expect((await reply.next())?.message.result.content[0].text).toBe('1 roots')
  await closed
})

test('a client that lost the stream of a running call may still resume it', async () => {
  const hold = gate()
  const { app, open } = await listening({
    fastify: { return503OnClosing: false },
    offer: ({ mcp }) =>
      mcp.tool('step', {}, async (_, context) => {
        context.progress({ progress: 1 })
        await hold.passed
        return 'stepped'
      })
  })
  const peer = await open()
  const reply = await peer.call('step')
  const event = await reply.next()
  reply.cut()
  const closed = app.close()
  const resumed = await peer.get(event?.id)
  expect(resumed.status).toBe(200)
  hold.open()
  expect((await resumed.rest()).at(-1)?.message.result.content[0].text).toBe('stepped')
  await closed
})

test('an API that lets Fastify answer while it closes is not ready either', async () => {
  const hold = gate()
  const started = gate()
  const { app, url, open } = await listening({
    plugin: { health: true },
    offer: ({ mcp }) =>
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
  })
  const running = (await open()).call('hold')
  await started.passed
  const closed = app.close()
  expect((await send(new URL('/readyz', url).href, {})).status).toBe(503)
  hold.open()
  expect((await running).status).toBe(200)
  await closed
})
