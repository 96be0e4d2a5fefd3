/** What the headers and the method of a request earn: the Content-Type and Accept tables, 405 with Allow, odd but legal requests. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { initialize } from '../support/bench.ts'
import { listening } from '../support/listening.ts'
import { both, httpPost, raw, send } from '../support/loopback.ts'

const json = 'application/json'

test.each<[string | undefined, number]>([
  [json, 200],
  ['application/json; charset=utf-8', 200],
  ['application/json;charset=UTF-8', 200],
  ['application/json; charset="utf-8"', 200],
  ['Application/JSON', 200],
  ['application/json; profile=x', 200],
  ['application/json; charset=latin1', 415],
  ['application/json; charset=utf-16', 415],
  ['application/jsonp', 415],
  ['application/json-rpc', 415],
  ['text/json', 415],
  ['text/plain', 415],
  ['text/plain; application/json', 415],
  ['application/x-www-form-urlencoded', 415],
  ['multipart/form-data; boundary=x', 415],
  ['', 415],
  [undefined, 415]
])('a POST with Content-Type %j is %i', async (type, status) => {
  const { url } = await listening()
  const headers = type === undefined ? {} : { 'content-type': type }
  const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })
  expect(reply.status).toBe(status)
})

test.each<[string | undefined, number]>([
  [both, 200],
  ['text/event-stream, application/json', 200],
  ['application/json,text/event-stream', 200],
  ['application/json;q=0.9, text/event-stream;q=0.1', 200],
  ['Application/Json, Text/Event-Stream', 200],
  ['*/*', 200],
  ['application/*, text/*', 200],
  ['application/json, text/event-stream, */*;q=0.1', 200],
  ['application/json, */*', 200],
  [undefined, 200],
  [json, 406],
  ['text/event-stream', 406],
  ['text/html', 406],
  ['application/json, text/event-stream;q=0', 406],
  ['*/*, text/event-stream;q=0', 406],
  ['text/*;q=0, */*', 406],
  ['application/jsonx, text/event-stream', 406]
])('a POST with Accept %j is %i', async (accept, status) => {
  const { url } = await listening()
  const headers = { 'content-type': json, ...(accept === undefined ? {} : { accept }) }
  const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize()) })
  expect(reply.status).toBe(status)
})

test.each<[string | undefined, number]>([
  ['text/event-stream', 200],
  ['TEXT/EVENT-STREAM', 200],
  [both, 200],
  ['text/*', 200],
  ['*/*', 200],
  [undefined, 200],
  [json, 406],
  ['text/event-stream;q=0, */*', 406]
])('a GET with Accept %j is %i', async (accept, status) => {
  const { url, open } = await listening()
  const { session } = await open()
  const headers = { 'mcp-session-id': session, ...(accept === undefined ? {} : { accept }) }
  expect((await send(url, { headers })).status).toBe(status)
})

test.each(['OPTIONS', 'HEAD', 'PUT', 'PATCH', 'TRACE'])('%s is 405 with Allow', async (method) => {
  const { url } = await listening()
  const reply = await send(url, { method })
  expect(reply.status).toBe(405)
  expect(reply.headers.allow).toBe('GET, POST, DELETE')
})

test.each(['GET', 'DELETE'])('a %s with a Content-Type and an empty body is served', async (method) => {
  const { url, open } = await listening()
  const { session } = await open()
  const headers = { 'mcp-session-id': session, 'content-type': json, 'content-length': '0' }
  expect((await send(url, { method, headers })).status).toBe(method === 'GET' ? 200 : 204)
})

test('a DELETE with another Content-Type is served', async () => {
  const { url, open } = await listening()
  const headers = { 'mcp-session-id': (await open()).session, 'content-type': 'text/plain' }
  expect((await send(url, { method: 'DELETE', headers })).status).toBe(204)
})

test('a DELETE with a chunked empty body is served', async () => {
  const { url, open } = await listening()
  const headers = { 'mcp-session-id': (await open()).session, 'transfer-encoding': 'chunked', 'content-type': json }
  expect((await send(url, { method: 'DELETE', headers })).status).toBe(204)
})

test('header names in any case are understood', async () => {
  const { url, open } = await listening()
  const peer = await open()
  const socket = await raw(url)
  let seen = ''
  socket.on('data', (data) => {
    seen += data
  })
  const post = httpPost(url, { id: 1, method: 'ping' }, peer.session, [
    'MCP-PROTOCOL-VERSION: 2025-06-18',
    'ACCEPT: application/json, text/event-stream',
    'CONNECTION: close'
  ])
  socket.write(post.replace('Mcp-Session-Id', 'mCP-sESSION-iD').replace('Content-Type', 'CONTENT-TYPE'))
  await once(socket, 'close')
  expect(seen).toContain('HTTP/1.1 200')
  expect(seen).toContain('{"jsonrpc":"2.0","id":1,"result":{}}')
})

test('a client that waits for 100 Continue is told to go on', async () => {
  const { url, open } = await listening()
  const peer = await open()
  const socket = await raw(url)
  const post = httpPost(url, { id: 1, method: 'ping' }, peer.session, ['Expect: 100-continue', 'Connection: close'])
  const body = post.indexOf('\r\n\r\n') + 4
  socket.write(post.slice(0, body))
  const [first] = await once(socket, 'data')
  expect(String(first)).toContain('HTTP/1.1 100 Continue')
  socket.write(post.slice(body))
  const [second] = await once(socket, 'data')
  expect(String(second)).toContain('HTTP/1.1 200')
  socket.destroy()
})

test('a chunked body is put together, wherever it was cut', async () => {
  const { url, open } = await listening()
  const peer = await open()
  const socket = await raw(url)
  let seen = ''
  socket.on('data', (data) => {
    seen += data
  })
  const body = Buffer.from('{"jsonrpc":"2.0","id":"ü","method":"ping"}')
  const head = httpPost(url, {}, peer.session, ['Transfer-Encoding: chunked', 'Connection: close'])
  socket.write(head.slice(0, head.indexOf('\r\n\r\n') + 4).replace(/Content-Length: \d+\r\n/, ''))
  for (const byte of body) {
    socket.write('1\r\n')
    socket.write(Buffer.from([byte]))
    socket.write('\r\n')
  }
  socket.write('0\r\n\r\n')
  await once(socket, 'close')
  expect(seen).toContain('{"jsonrpc":"2.0","id":"ü","result":{}}')
})

test('a body that is no UTF-8 is refused', async () => {
  const { url } = await listening()
  const body = Buffer.from('{"jsonrpc":"2.0","id":"\xff","method":"ping"}', 'latin1')
  const reply = await send(url, { method: 'POST', headers: { 'content-type': json }, body })
  expect(reply.status).toBe(400)
  expect((await reply.json()).error?.message).toBe('Parse error: not UTF-8')
})

test('an empty session header counts as none', async () => {
  const { url } = await listening()
  const headers = { 'content-type': json, 'mcp-session-id': '' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  expect((await send(url, { method: 'POST', headers, body })).status).toBe(400)
})

test.each<[string, Record<string, string>, number]>([
  ['a foreign Origin', { origin: 'https://evil.example' }, 403],
  ['an Origin with another port', { origin: 'http://localhost:1' }, 403],
  ['the Origin null', { origin: 'null' }, 403],
  ['a foreign Host', { host: 'evil.example' }, 403]
])('%s is refused on every method', async (_, foreign, status) => {
  const { url, open } = await listening()
  const peer = await open()
  const headers = { 'content-type': json, 'mcp-session-id': peer.session, ...foreign }
  for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
    expect((await send(url, { method, headers })).status).toBe(status)
  }
  expect((await (await peer.request('ping')).json()).result).toEqual({})
})

test.each(['localhost', '127.0.0.1', '[::1]'])('the local Origin %s with the served port may come in', async (name) => {
  const { url, open } = await listening()
  const peer = await open()
  const origin = `http://${name}:${new URL(url).port}`
  expect((await peer.post({ id: 1, method: 'ping' }, { origin })).status).toBe(200)
})

test('origins and hosts let further ones in', async () => {
  const { open } = await listening({ plugin: { origins: ['https://app.example'], hosts: ['mcp.example'] } })
  const peer = await open()
  const headers = { origin: 'https://app.example', host: 'mcp.example' }
  expect((await peer.post({ id: 1, method: 'ping' }, headers)).status).toBe(200)
})
