/** Traps about registration: prefixes that are not heeded, second endpoints that are refused, options that do not arrive. */
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import handwire from '../../src/http/index.ts'
import { initialize } from '../support/bench.ts'
import { both, LoopbackPeer, send } from '../support/loopback.ts'

const opening = {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: both },
  body: JSON.stringify(initialize())
}

test('the plugin registered twice in two scopes with prefixes serves two endpoints, each below its prefix', async () => {
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  for (const name of ['one', 'two'])
    await app.register(
      async (scope) => {
        await scope.register(handwire, { name, version: '1.0.0' })
        scope.mcp.tool(`of-${name}`, {}, () => name)
      },
      { prefix: `/${name}` }
    )
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  for (const name of ['one', 'two']) {
    const peer = await LoopbackPeer.open(`${origin}/${name}/mcp`)
    expect((await (await peer.call(`of-${name}`)).json()).result.content[0].text).toBe(name)
  }
  expect((await send(`${origin}/mcp`, opening)).status).toBe(404)
})

test('a prefix that is given with the plugin goes before the path, and nothing is served without it', async () => {
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  await app.register(handwire, { name: 'one', version: '1.0.0', prefix: '/v1' })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  expect((await send(`${origin}/v1/mcp`, opening)).status).toBe(200)
  expect((await send(`${origin}/mcp`, opening)).status).toBe(404)
})

test('everything that an endpoint is told of itself reaches the client', async () => {
  const app = Fastify({ forceCloseConnections: true })
  onTestFinished(() => app.close())
  const about = { name: 'todos', version: '3.1.4', title: 'Todos', instructions: 'Ask before you delete.' }
  await app.register(handwire, { ...about, limits: { pageSize: 1, bodyBytes: 400 }, teach: true })
  for (const name of ['a', 'b']) app.mcp.tool(name, {}, () => name)
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/mcp`
  const { result } = await (await send(url, opening)).json()
  const { name, version, title, instructions } = about
  expect(result).toMatchObject({ serverInfo: { name, version, title }, instructions })
  const peer = await LoopbackPeer.open(url)
  const first = (await (await peer.request('tools/list')).json()).result
  expect([first.tools.length, typeof first.nextCursor]).toEqual([1, 'string'])
  expect((await peer.request('ping', { _meta: { filler: 'x'.repeat(400) } })).status).toBe(413)
  expect((await (await peer.request('no/method')).json()).error?.data).toHaveProperty('requirement')
})
