/** The plugin inside somebody else's API: their hooks and headers hold for the endpoint, and the endpoint changes nothing of theirs. */
import { expect, test } from 'vitest'
import { initialize } from '../support/bench.ts'
import { gate, until } from '../support/gate.ts'
import { listening } from '../support/listening.ts'
import { both, send } from '../support/loopback.ts'

const json = { 'content-type': 'application/json', accept: both }

test('an onSend header of the API is on JSON bodies, streams, 202 and refusals', async () => {
  const hold = gate()
  const { url, open } = await listening({
    before: (app) => void app.addHook('onSend', async (_, reply) => void reply.header('x-api', 'theirs')),
    offer: ({ mcp }) =>
      mcp.tool('step', {}, async (_, context) => {
        context.progress({ progress: 1 })
        await hold.passed
        return 'done'
      })
  })
  const peer = await open()
  const replies = [
    await peer.request('ping'),
    await peer.call('step'),
    await peer.get(),
    await peer.post({ method: 'notifications/initialized' }),
    await peer.post({ id: 1 }),
    await send(url, { method: 'PUT' }),
    await peer.delete()
  ]
  hold.open()
  expect(replies.map(({ headers }) => headers['x-api'])).toEqual(replies.map(() => 'theirs'))
})

test('a hook of the API that refuses is answered in the way of that API', async () => {
  const { url } = await listening({
    before: (app) => {
      app.setErrorHandler((error: Error, _, reply) => reply.code(401).send({ theirs: error.message }))
      app.addHook('onRequest', async (request) => {
        if (request.headers['x-key'] !== 'open') throw new Error('no key')
      })
    }
  })
  const reply = await send(url, { method: 'POST', headers: json, body: JSON.stringify(initialize()) })
  expect(reply.status).toBe(401)
  expect(await reply.json()).toEqual({ theirs: 'no key' })
})

test('other routes keep their own body parsing, validation and errors', async () => {
  const { url } = await listening({
    offer: (app) => {
      app.post('/echo', (request) => ({ got: request.body }))
      app.post('/strict', { schema: { body: { type: 'object', required: ['a'] } } }, () => 'fine')
      app.get('/boom', () => {
        throw new Error('theirs')
      })
    }
  })
  const at = (path: string): string => new URL(path, url).href
  const echo = await send(at('/echo'), { method: 'POST', headers: json, body: '{"a":[1]}' })
  expect(await echo.json()).toEqual({ got: { a: [1] } })
  const text = await send(at('/echo'), { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hi' })
  expect(await text.json()).toEqual({ got: 'hi' })
  const wrong = await send(at('/echo'), { method: 'POST', headers: json, body: '{' })
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({ statusCode: 400, code: 'FST_ERR_CTP_INVALID_JSON_BODY' })
  const misfit = await send(at('/strict'), { method: 'POST', headers: json, body: '{}' })
  expect(await misfit.json()).toMatchObject({ statusCode: 400, code: 'FST_ERR_VALIDATION' })
  expect(await (await send(at('/boom'), {})).json()).toMatchObject({ statusCode: 500, message: 'theirs' })
  expect((await send(at('/nowhere'), {})).status).toBe(404)
})

test('other routes take foreign Origins and Hosts, any Accept, and get no header of ours', async () => {
  const { url } = await listening({ offer: (app) => app.get('/open', () => ({ open: true })) })
  const headers = { origin: 'https://elsewhere.example', host: 'other.example', accept: 'text/html' }
  const reply = await send(new URL('/open', url).href, { headers })
  expect(reply.status).toBe(200)
  expect(Object.keys(reply.headers).filter((name) => /^(access-control|mcp|x-accel|cache)/.test(name))).toEqual([])
})

test('the endpoint sends no CORS header, also not to a preflight', async () => {
  const { url, open } = await listening()
  const peer = await open()
  const origin = `http://127.0.0.1:${new URL(url).port}`
  const replies = [
    await peer.post({ id: 1, method: 'ping' }, { origin }),
    await send(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  ]
  for (const { headers } of replies)
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('the endpoint serves where it is put, and nowhere else', async () => {
  const { url } = await listening({ plugin: { path: '/api/tools' } })
  expect(url.endsWith('/api/tools')).toBe(true)
  const sending = { method: 'POST', headers: json, body: JSON.stringify(initialize()) }
  expect((await send(url, sending)).status).toBe(200)
  expect((await send(new URL('/mcp', url).href, sending)).status).toBe(404)
})

test('handlers are lent the Fastify request of their exchange', async () => {
  const { open } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('who', {}, (_, { request }) =>
        String((request as { headers: Record<string, string> }).headers['x-user'] ?? 'nobody')
      )
  })
  const peer = await open()
  const params = { name: 'who', arguments: {} }
  const reply = await peer.post({ id: 1, method: 'tools/call', params }, { 'x-user': 'ada' })
  expect((await reply.json()).result.content[0].text).toBe('ada')
})

test('a stream is logged and timed by the API like any other reply', async () => {
  const ended: number[] = []
  const { open } = await listening({
    before: (app) => void app.addHook('onResponse', async (_, reply) => void ended.push(reply.statusCode)),
    offer: ({ mcp }) =>
      mcp.tool('step', {}, (_, context) => {
        context.progress({ progress: 1 })
        return 'done'
      })
  })
  const peer = await open()
  ended.length = 0
  await (await peer.call('step')).closed
  await until(() => ended.length, 1)
  expect(ended).toEqual([200])
})

test('nothing is logged above info while everything goes well', async () => {
  const { open, lines, app } = await listening({
    offer: ({ mcp }) =>
      mcp.tool('step', {}, (_, context) => {
        context.progress({ progress: 1 })
        return 'done'
      })
  })
  const peer = await open()
  await (await peer.call('step')).closed
  const get = await peer.get()
  await peer.delete()
  await get.closed
  await app.close()
  expect(lines).toEqual([])
})
