/** The end of the server with connections open. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { gate, turns } from '../support/gate.ts'
import { watched } from '../support/listening.ts'
import { httpGet, httpPost, raw } from '../support/loopback.ts'

test('close ends GET and POST streams and resolves with them open', async () => {
  const started = gate()
  const server = await watched({
    plugin: { limits: { graceMs: 50 } },
    realTime: true,
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hang', {}, async (_, context) => {
        context.progress({ progress: 1 })
        started.open()
        await gate().passed
        return 'never'
      })
    }
  })
  const get = await server.peer.get()
  const post = await server.peer.call('hang')
  await started.passed
  await server.app.close()
  expect(await get.closed).toEqual({ whole: true })
  expect(await post.closed).toEqual({ whole: true })
  expect((await post.rest()).at(-1)?.message.error).toEqual({ code: -32000, message: 'The server is closing' })
})

test('a call that outlasts the grace period is answered with an error, where nothing was said before', async () => {
  const started = gate()
  const { app, peer, clock } = await watched({
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hang', {}, () => {
        started.open()
        return gate().passed
      })
    }
  })
  const post = peer.call('hang', {}, 7)
  await started.passed
  const closed = app.close()
  await turns()
  clock.pass(1000)
  expect(await (await post).json()).toEqual({
    jsonrpc: '2.0',
    id: 7,
    error: { code: -32000, message: 'The server is closing' }
  })
  await closed
})

test('close does not wait for connections that are kept alive', async () => {
  const { app, peer, url } = await watched({ fastify: { forceCloseConnections: 'idle' } })
  const [get, idle] = [await raw(url), await raw(url)]
  get.write(httpGet(url, peer.session))
  await once(get, 'data')
  idle.write(httpPost(url, { id: 1, method: 'ping' }, peer.session))
  await once(idle, 'data')
  await app.close()
  get.destroy()
  idle.destroy()
})

test('a GET that comes while the server closes gets no stream that nobody ends', async () => {
  const hold = gate()
  const started = gate()
  const { app, peer } = await watched({
    fastify: { return503OnClosing: false },
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
    }
  })
  const post = peer.call('hold')
  await started.passed
  const closed = app.close()
  const get = await peer.get()
  hold.open()
  await post
  await get.closed
  await closed
})

test('close lets a running call give its answer within the grace period', async () => {
  const hold = gate()
  const started = gate()
  const { app, peer } = await watched({
    offer: ({ mcp }) => {
      mcp.resource('a://b', {}, () => 'b')
      mcp.tool('hold', {}, async () => {
        started.open()
        await hold.passed
        return 'held'
      })
    }
  })
  const post = peer.call('hold')
  await started.passed
  const closed = app.close()
  await turns()
  hold.open()
  expect((await (await post).json()).result.content[0].text).toBe('held')
  await closed
})
