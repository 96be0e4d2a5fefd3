/**
 * deploy/nginx.conf, in a real nginx between client and server: nothing of a stream waits in it, nothing is lost in it. Where
 * nginx is not installed the tests are skipped, and say so.
 */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import type { Readable } from 'node:stream'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { offerReference } from '../../src/cli/reference.ts'
import { SseParser } from '../../src/http/sse.ts'
import { initialize } from '../support/bench.ts'
import { chunk, endless } from '../support/big.ts'
import { type Gate, gate, turns, until } from '../support/gate.ts'
import { both, httpPost, raw, send } from '../support/loopback.ts'
import { findProgram, fronted } from './nginx.ts'

const json = { 'content-type': 'application/json', accept: both }
const mebibyte = 1024 * 1024

/** A tool that tells of a first step, and of its result when the test lets it. */
function step({ mcp }: FastifyInstance, hold: Gate): void {
  mcp.tool('step', {}, async (_, context) => {
    context.progress({ progress: 1 })
    await hold.passed
    return context.signal.aborted ? 'stopped' : 'stepped'
  })
}

/** A ping of exactly so many bytes. */
function ping(bytes: number): string {
  const empty = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: { pad: '' } } })
  return empty.replace('"pad":""', `"pad":"${'x'.repeat(bytes - empty.length)}"`)
}

if (findProgram('nginx') === undefined) {
  test.skip('a server behind nginx: skipped, because there is no nginx on this machine', () => {})
} else {
  describe('behind nginx', () => {
    test('a session is opened, and a call is answered with one JSON body', async () => {
      const { front, through } = await fronted({ offer: ({ mcp }) => mcp.tool('hello', {}, () => 'hello') })
      const reply = await send(front, { method: 'POST', headers: json, body: JSON.stringify(initialize()) })
      expect(reply.status).toBe(200)
      expect(reply.headers['mcp-session-id']).toMatch(/^[\x21-\x7e]+$/)
      const called = await (await through()).request('tools/call', { name: 'hello' })
      expect(called.headers['content-type']).toContain('application/json')
      expect((await called.json()).result.content[0].text).toBe('hello')
    })

    test('the first event of a call arrives while its handler still runs', async () => {
      const hold = gate()
      const { through } = await fronted({ offer: (app) => step(app, hold) })
      const reply = await (await through()).call('step')
      expect(reply.headers['content-type']).toBe('text/event-stream')
      expect((await reply.next())?.message.method).toBe('notifications/progress')
      hold.open()
      expect((await reply.next())?.message.result.content[0].text).toBe('stepped')
      expect(await reply.closed).toEqual({ whole: true })
    })

    test('a GET is answered at once, and its keep-alive comments and events come as they are sent', async () => {
      const { app, clock, through } = await fronted({ offer: ({ mcp }) => mcp.resource('a://b', {}, () => 'b') })
      const peer = await through()
      await (await peer.request('resources/subscribe', { uri: 'a://b' })).closed
      const stream = await peer.get()
      await stream.saw(':\n')
      clock.pass(15_000)
      await stream.saw(':\n:\n')
      app.mcp.updated('a://b')
      expect((await stream.next())?.message.method).toBe('notifications/resources/updated')
      expect(stream.received.startsWith(':\n:\nid: ')).toBe(true)
    })

    test('a client that leaves is seen to leave, its call goes on, and Last-Event-ID brings what it missed', async () => {
      const hold = gate()
      const left = gate()
      const { through } = await fronted({
        before: (app) =>
          app.addHook('onRequest', async (_request, { raw: reply }) => {
            reply.once('close', () => reply.writableFinished || left.open())
          }),
        offer: (app) => step(app, hold)
      })
      const peer = await through()
      const reply = await peer.call('step')
      const event = await reply.next()
      reply.cut()
      await left.passed
      hold.open()
      const resumed = await peer.get(event?.id)
      expect((await resumed.rest()).at(-1)?.message.result.content[0].text).toBe('stepped')
    })

    test('a GET stream that its client left makes room for another one', async () => {
      const { through } = await fronted({ plugin: { limits: { streams: 1 } } })
      const peer = await through()
      const stream = await peer.get()
      expect((await peer.get()).status).toBe(429)
      stream.cut()
      await until(async () => {
        const again = await peer.get()
        again.cut()
        return again.status
      }, 200)
    })

    test('DELETE ends the session, whose id is then answered with the 404 of the server', async () => {
      const { through } = await fronted()
      const peer = await through()
      expect((await peer.delete()).status).toBe(204)
      const reply = await peer.request('ping')
      expect(reply.status).toBe(404)
      expect((await reply.json()).error?.message).toContain('session')
    })

    test('a body as long as the limit reaches the server', async () => {
      const { front, nginx, through } = await fronted()
      const peer = await through()
      const headers = { ...json, 'mcp-session-id': peer.session }
      const reply = await send(front, { method: 'POST', headers, body: ping(mebibyte) })
      expect(reply.status).toBe(200)
      expect(nginx.log).not.toContain('temporary file')
    })

    test.each([
      ['with its length told', {}],
      ['in chunks', { 'transfer-encoding': 'chunked' }]
    ])('a longer one, %s, is answered by nginx with 413 and a JSON-RPC error', async (_, more) => {
      const { front, through } = await fronted()
      const headers = { ...json, 'mcp-session-id': (await through()).session, ...more }
      const reply = await send(front, { method: 'POST', headers, body: ping(mebibyte + 1) })
      expect(reply.status).toBe(413)
      expect(reply.headers['content-type']).toContain('application/json')
      expect(await reply.json()).toEqual({
        jsonrpc: '2.0',
        error: { code: -32600, message: 'The message is too large' }
      })
    })

    test('a large resource comes whole', async () => {
      const { through, nginx } = await fronted({
        offer: ({ mcp }) =>
          mcp.resource('big://r', {}, async function* () {
            for (let count = 0; count < 256; count += 1) yield chunk
          })
      })
      const reply = await (await through()).request('resources/read', { uri: 'big://r' })
      expect((await reply.json()).result.contents[0].text).toHaveLength(256 * chunk.length)
      expect(nginx.log).toBe('')
    })

    test('one that nobody reads on is neither held nor written to disk by nginx', async () => {
      const watched = { yielded: 0, cleaned: gate() }
      const { front, through, nginx } = await fronted({
        offer: ({ mcp }) =>
          mcp.resource('big://r', {}, async function* () {
            try {
              for await (const piece of endless()) {
                watched.yielded += 1
                yield piece
              }
            } finally {
              watched.cleaned.open()
            }
          })
      })
      const { session } = await through()
      const socket = (await raw(front)).pause()
      socket.write(httpPost(front, { id: 1, method: 'resources/read', params: { uri: 'big://r' } }, session))
      let before = -1
      while (watched.yielded === 0 || watched.yielded !== before) {
        before = watched.yielded
        await turns(1000)
      }
      // what the kernel holds on both sides of nginx; to disk it would write a gibibyte
      expect(watched.yielded).toBeLessThan(1024)
      expect(nginx.log).not.toContain('temporary file')
      socket.destroy()
      await watched.cleaned.passed
    })

    test('nothing is compressed, whatever nginx does elsewhere', async () => {
      const hold = gate()
      const { through } = await fronted({ offer: (app) => step(app, hold) })
      const peer = await through()
      const accepting = { 'accept-encoding': 'gzip' }
      const answer = await peer.post({ id: 'a', method: 'tools/list' }, accepting)
      const params = { name: 'step', _meta: { progressToken: 1 } }
      const stream = await peer.post({ id: 'b', method: 'tools/call', params }, accepting)
      expect([answer.headers['content-encoding'], stream.headers['content-encoding']]).toEqual([undefined, undefined])
      expect((await stream.next())?.message.params.progress).toBe(1)
      hold.open()
    })

    test('the name that the client used is checked by the server', async () => {
      const { through } = await fronted()
      const reply = await (await through()).post({ id: 1, method: 'ping' }, { host: 'evil.example' })
      expect(reply.status).toBe(403)
      expect((await reply.json()).error?.message).toContain('Host')
    })

    test('the server learns the address of the client, and not the one that the client claims', async () => {
      const { through } = await fronted({
        fastify: { trustProxy: 'loopback' },
        offer: ({ mcp }) =>
          mcp.tool('who', {}, (_, context) => {
            const { ip, protocol } = context.request as FastifyRequest
            return `${ip} ${protocol}`
          })
      })
      const call = { id: 1, method: 'tools/call', params: { name: 'who' } }
      const reply = await (await through()).post(call, { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https' })
      expect((await reply.json()).result.content[0].text).toBe('127.0.0.1 http')
    })

    test('connections to the server are used again', async () => {
      let connections = 0
      const { app, through } = await fronted()
      app.server.on('connection', () => {
        connections += 1
      })
      const peer = await through()
      for (let count = 0; count < 5; count += 1) await (await peer.request('ping')).closed
      expect(connections).toBe(1)
    })

    test('a server that is away is answered with 503, Retry-After and a JSON-RPC error', async () => {
      const { app, through } = await fronted()
      const peer = await through()
      await app.close()
      const reply = await peer.request('ping')
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
      expect((await reply.json()).error).toEqual({ code: -32000, message: 'The server cannot be reached' })
    })

    test('a call that is silent for too long is answered with 504 and a JSON-RPC error', async () => {
      const hold = gate()
      const { through } = await fronted({
        patience: '50ms',
        offer: ({ mcp }) => mcp.tool('silent', {}, () => hold.passed.then(() => 'late'))
      })
      const reply = await (await through()).request('tools/call', { name: 'silent' })
      expect([reply.status, reply.headers['retry-after']]).toEqual([504, undefined])
      expect((await reply.json()).error).toEqual({ code: -32000, message: 'The server did not answer in time' })
      hold.open()
    })

    test('a server that closes answers by itself, and the call that runs is answered', async () => {
      const hold = gate()
      const { app, through } = await fronted({
        fastify: { return503OnClosing: false },
        offer: (instance) => step(instance, hold)
      })
      const peer = await through()
      const running = await peer.call('step')
      await running.next()
      const closed = app.close()
      const refused = await peer.request('tools/list')
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1'])
      expect((await refused.json()).error?.message).toBe('The server is closing')
      hold.open()
      expect((await running.next())?.message.result.content[0].text).toBe('stepped')
      await closed
    })

    test('the health checks are not public', async () => {
      const { front, url } = await fronted({ plugin: { health: true } })
      expect((await send(new URL('/readyz', url).href, {})).status).toBe(200)
      for (const path of ['/healthz', '/readyz', '/metrics', '/'])
        expect((await send(new URL(path, front).href, {})).status).toBe(404)
    })
  })

  describe('the official clients behind nginx', () => {
    const clients = {
      v1: async (url: string) => {
        const transport = new TransportV1(new URL(url))
        const client = new ClientV1({ name: 'nginx', version: '1' })
        await client.connect(transport as Transport)
        return { client, end: () => transport.terminateSession() }
      },
      v2: async (url: string) => {
        const transport = new TransportV2(new URL(url))
        const client = new ClientV2({ name: 'nginx', version: '1' })
        await client.connect(transport)
        return { client, end: () => transport.terminateSession() }
      }
    }

    test.each(['v1', 'v2'] as const)('%s lists, calls with progress, reads and ends its session', async (version) => {
      const { front } = await fronted({ offer: ({ mcp }) => offerReference(mcp), realTime: true })
      const { client, end } = await clients[version](front)
      onTestFinished(() => client.close())
      expect((await client.listTools()).tools.length).toBeGreaterThan(9)
      const steps: number[] = []
      const onprogress = ({ progress }: { progress: number }) => void steps.push(progress)
      const call = { name: 'test_tool_with_progress' }
      const result = await (client instanceof ClientV1
        ? client.callTool(call, undefined, { onprogress })
        : client.callTool(call, { onprogress }))
      expect(steps).toEqual([0, 50, 100])
      expect(result.isError).not.toBe(true)
      const { contents } = await client.readResource({ uri: 'test://static-text' })
      expect(contents).toHaveLength(1)
      await end()
      await expect(client.ping()).rejects.toThrow()
    })
  })

  if (findProgram('openssl') === undefined) {
    test.skip('HTTP/2 with TLS before nginx: skipped, because there is no openssl on this machine', () => {})
  } else {
    test('over HTTP/2 and TLS a call streams as it does without', async () => {
      const hold = gate()
      const { secure, certificate } = await fronted({
        tls: true,
        fastify: { trustProxy: 'loopback' },
        offer: (app) => {
          step(app, hold)
          app.mcp.tool('scheme', {}, (_, context) => (context.request as FastifyRequest).protocol)
        }
      })
      const { origin, pathname } = new URL(secure)
      const connection = connectHttp2(origin, { ca: certificate as Buffer })
      onTestFinished(() => connection.destroy())
      const post = async (message: object, session: Record<string, string> = {}) => {
        const stream = connection.request({ ':method': 'POST', ':path': pathname, ...json, ...session })
        stream.setEncoding('utf8').end(JSON.stringify({ jsonrpc: '2.0', ...message }))
        const [head] = (await once(stream, 'response')) as [Record<string, string>]
        return { head, stream }
      }
      const opened = await post(initialize())
      expect([opened.head[':status'], connection.alpnProtocol]).toEqual([200, 'h2'])
      const session = { 'mcp-session-id': opened.head['mcp-session-id'] as string }
      const { stream } = await post({ id: 1, method: 'tools/call', params: { name: 'scheme' } }, session)
      expect(JSON.parse(await whole(stream)).result.content[0].text).toBe('https')
      const params = { name: 'step', _meta: { progressToken: 1 } }
      const streamed = await post({ id: 2, method: 'tools/call', params }, session)
      const parser = new SseParser()
      const [first] = (await once(streamed.stream, 'data')) as [string]
      expect(JSON.parse(parser.push(first)[0]?.data ?? '').method).toBe('notifications/progress')
      hold.open()
      const [last] = parser.push(await whole(streamed.stream))
      expect(JSON.parse(last?.data ?? '').result.content[0].text).toBe('stepped')
    })
  }
}

async function whole(stream: Readable): Promise<string> {
  let text = ''
  for await (const piece of stream) text += piece
  return text
}
