/** Large resources in one JSON body over real sockets: written as they come, stopped when nobody wants them. */
import { expect, test } from 'vitest'
import { big, chunk, endless } from '../support/big.ts'
import { gate, turns, until } from '../support/gate.ts'
import { httpPost, raw } from '../support/loopback.ts'

const read = { method: 'resources/read', params: { uri: 'big://r' } }

test('a large resource comes whole, as one JSON body', async () => {
  const { open } = await big(async function* () {
    for (let count = 0; count < 64; count += 1) yield chunk
  })
  const reply = await (await open()).post({ id: 1, ...read })
  expect(reply.headers['content-type']).toContain('application/json')
  expect((await reply.json()).result.contents[0].text).toHaveLength(64 * chunk.length)
})

test('the generator goes no further than a client that does not read lets it', async () => {
  const { open, url, watched } = await big(endless)
  const peer = await open()
  const socket = (await raw(url)).pause()
  socket.write(httpPost(url, { id: 1, ...read }, peer.session))
  let before = -1
  while (watched.yielded === 0 || watched.yielded !== before) {
    before = watched.yielded
    await turns(500)
  }
  // what the kernel and the streams in between hold
  expect(watched.yielded).toBeLessThan(512)
  socket.destroy()
  await until(() => watched.cleaned, true)
})

test('a client that reads nothing for callMs is cut off, and the generator cleans up', async () => {
  const { open, url, watched, app, clock } = await big(endless)
  const peer = await open()
  const socket = (await raw(url)).pause()
  socket.write(httpPost(url, { id: 1, ...read }, peer.session))
  let before = -1
  while (watched.yielded === 0 || watched.yielded !== before) {
    before = watched.yielded
    await turns(500)
  }
  expect(watched.cleaned).toBe(false)
  clock.pass(60_000)
  await until(() => watched.cleaned, true)
  await until(() => app.mcp.host.load.calls, 0)
  socket.destroy()
})

test('a client that leaves stops the generator: its signal fires and it cleans up', async () => {
  const { open, watched, app } = await big(endless)
  const reply = await (await open()).post({ id: 1, ...read })
  await reply.saw(chunk)
  reply.cut()
  await until(() => watched.cleaned, true)
  expect(watched.signal?.aborted).toBe(true)
  await until(() => app.mcp.host.load.calls, 0)
})

test('a client that leaves before the first piece stops the generator', async () => {
  const first = gate()
  const started = gate()
  const { open, url, watched, app } = await big(async function* () {
    started.open()
    await first.passed
    for (;;) yield chunk
  })
  const peer = await open()
  const socket = await raw(url)
  socket.write(httpPost(url, { id: 1, ...read }, peer.session))
  await started.passed
  socket.destroy()
  await (await peer.request('ping')).closed
  first.open()
  await until(() => app.mcp.host.load.calls, 0)
  await turns()
  expect(watched.cleaned).toBe(true)
})

test('a client that leaves is no fault of the server', async () => {
  const { open, watched, app, lines } = await big(endless)
  const reply = await (await open()).post({ id: 1, ...read })
  await reply.saw(chunk)
  reply.cut()
  await until(() => app.mcp.host.load.calls, 0)
  expect(watched.cleaned).toBe(true)
  expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test('a cancel during the flow cuts it and stops the generator', async () => {
  const { open, watched } = await big(endless)
  const peer = await open()
  const reply = await peer.post({ id: 'a', ...read })
  await reply.saw(chunk)
  await (await peer.post({ method: 'notifications/cancelled', params: { requestId: 'a' } })).closed
  expect(await reply.closed).toEqual({ whole: false })
  await until(() => watched.cleaned, true)
  expect(watched.signal?.aborted).toBe(true)
})

test('an error before the first piece is a JSON-RPC error', async () => {
  const { open, watched } = await big(async function* () {
    if (chunk !== '') throw new Error('secret')
    yield 'never'
  })
  const reply = await (await open()).post({ id: 1, ...read })
  expect(await reply.json()).toEqual({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'Internal error' } })
  expect(watched.cleaned).toBe(true)
})

test('an error after the first piece cuts the connection, and is logged once', async () => {
  const { open, app, lines } = await big(async function* () {
    yield chunk
    throw new Error('half way')
  })
  const reply = await (await open()).post({ id: 1, ...read })
  expect(await reply.closed).toEqual({ whole: false })
  expect(reply.received).not.toContain('half way')
  await until(() => app.mcp.host.load.calls, 0)
  expect(lines.filter(({ msg }) => msg === 'handler failed')).toHaveLength(1)
})

test('an error after the first piece leaves the connection-less rest of the API alone', async () => {
  const { open } = await big(async function* () {
    yield chunk
    throw new Error('half way')
  })
  const peer = await open()
  await (await peer.post({ id: 1, ...read })).closed
  expect((await (await peer.request('ping')).json()).result).toEqual({})
})

test('what a generator says between its pieces does not get into the body', async () => {
  const { open } = await big(async function* (context) {
    yield 'one '
    context.message('info', 'between')
    await turns()
    yield 'two'
  })
  const reply = await (await open()).post({ id: 1, ...read })
  expect((await reply.json()).result.contents[0].text).toBe('one two')
})

test('a generator that speaks between its pieces leaves no stream behind', async () => {
  const { open, app } = await big(async function* (context) {
    yield 'one '
    context.message('info', 'between')
    await turns()
    yield 'two'
  })
  await (await (await open()).post({ id: 1, ...read })).closed
  await until(() => app.mcp.host.load.calls, 0)
  expect(app.mcp.host.load.streams).toBe(0)
})
