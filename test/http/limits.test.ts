/** Each limit in its HTTP clothes: 413, 429 and 503 with Retry-After, never silence. */
import { expect, test } from 'vitest'
import { initialize } from '../support/bench.ts'
import { gate, until } from '../support/gate.ts'
import { listening } from '../support/listening.ts'
import { raw, send } from '../support/loopback.ts'

const headers = { 'content-type': 'application/json' }
const body = JSON.stringify(initialize())

test('past the most sessions initialize is 503 with Retry-After', async () => {
  const { url, open } = await listening({ plugin: { limits: { sessions: 1 } } })
  await open()
  const reply = await send(url, { method: 'POST', headers, body })
  expect(reply.status).toBe(503)
  expect(reply.headers['retry-after']).toBe('1')
  expect(reply.headers['mcp-session-id']).toBeUndefined()
  expect(await reply.json()).toMatchObject({ id: 0, error: { code: -32000 } })
})

test('past the most requests in flight a request is 429 with Retry-After', async () => {
  const hold = gate()
  const started = gate()
  const { open } = await listening({
    plugin: { limits: { inFlight: 1 } },
    offer: ({ mcp }) =>
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
  })
  const peer = await open()
  const running = peer.call('hold')
  await started.passed
  const reply = await peer.call('hold', {}, 'second')
  expect(reply.status).toBe(429)
  expect(reply.headers['retry-after']).toBe('1')
  expect(await reply.json()).toMatchObject({ id: 'second', error: { code: -32000 } })
  hold.open()
  expect((await running).status).toBe(200)
})

test('a body over bodyBytes is 413, announced or chunked', async () => {
  const { url } = await listening({ plugin: { limits: { bodyBytes: 200 } } })
  const large = body.padEnd(201)
  for (const more of [{}, { 'transfer-encoding': 'chunked' }]) {
    const reply = await send(url, { method: 'POST', headers: { ...headers, ...more }, body: large })
    expect(reply.status).toBe(413)
    expect((await reply.json()).error).toEqual({ code: -32600, message: 'The message is too large' })
  }
})

test('a body of bodyBytes is taken, counted in bytes', async () => {
  const { url } = await listening({ plugin: { limits: { bodyBytes: 200 } } })
  expect((await send(url, { method: 'POST', headers, body: body.padEnd(200) })).status).toBe(200)
  const wide = body.replace('test', 'ü'.repeat(54))
  expect(wide.length).toBeLessThan(200)
  expect((await send(url, { method: 'POST', headers, body: wide })).status).toBe(413)
})

test('the limit of the API for its own bodies is not ours', async () => {
  const { url } = await listening({ fastify: { bodyLimit: 50 } })
  expect((await send(url, { method: 'POST', headers, body })).status).toBe(200)
})

test('a body that never comes whole is no message', async () => {
  const { url, app, open } = await listening()
  const peer = await open()
  const socket = await raw(url)
  const { host } = new URL(url)
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a"`
  )
  await (await peer.request('ping')).closed
  socket.destroy()
  await until(() => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count))), 0)
  expect((await (await peer.request('ping')).json()).result).toEqual({})
})

test('while the server closes a request is 503', async () => {
  const hold = gate()
  const started = gate()
  const { open, app } = await listening({
    fastify: { return503OnClosing: false },
    offer: ({ mcp }) =>
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
  })
  const peer = await open()
  const running = peer.call('hold')
  await started.passed
  const closed = app.close()
  const reply = await peer.request('ping')
  expect(reply.status).toBe(503)
  hold.open()
  await running
  await closed
})
