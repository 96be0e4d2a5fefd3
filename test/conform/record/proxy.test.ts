/** The recording proxy on real sockets: every byte goes through, at once and both ways, and what it meant is on the tape. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bufferOf, isHttpEvent } from '../../../src/conform/record/capture.ts'
import { RecordingProxy } from '../../../src/conform/record/proxy.ts'
import { gate, turns, until } from '../../support/gate.ts'

/** A server on loopback that is nothing but its connections. */
async function target(
  serve: (socket: Socket) => void
): Promise<{ port: number; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server, sockets }
}

async function proxyBefore(port: number, options = {}): Promise<RecordingProxy> {
  const proxy = await RecordingProxy.before(`http://127.0.0.1:${port}/mcp`, options)
  onTestFinished(() => proxy.close())
  return proxy
}

/** A client that is nothing but its connection, and what it has read. */
class Client {
  readonly socket: Socket
  received: Buffer = Buffer.alloc(0)
  readonly closed: Promise<'ended' | 'reset'>

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.setNoDelay(true)
    let how: 'ended' | 'reset' = 'ended'
    this.socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes])
    })
    this.socket.on('error', () => {
      how = 'reset'
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('end', () => resolve('ended'))
      this.socket.on('close', () => resolve(how))
    })
    onTestFinished(() => void this.socket.destroy())
  }

  static async to(url: string): Promise<Client> {
    const client = new Client(Number(new URL(url).port))
    await once(client.socket, 'connect')
    return client
  }

  async read(length: number): Promise<string> {
    while (this.received.length < length) await once(this.socket, 'data')
    return this.received.toString('latin1')
  }
}

/** Collects what a socket receives. */
function heard(socket: Socket): { bytes(): Buffer; has(length: number): Promise<void> } {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const bytes = (): Buffer => Buffer.concat(chunks)
  return {
    bytes,
    async has(length) {
      while (bytes().length < length) await once(socket, 'data')
    }
  }
}

const requestText = (body: string, headers = ''): string =>
  `POST /mcp?a=1 HTTP/1.1\r\nhOsT: proxy.example\r\nX-Twice: 1\r\nx-twice:2 \r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`

const events = async (proxy: RecordingProxy) => (await proxy.tape.events()).events.filter(isHttpEvent)

describe('the recording proxy', () => {
  test('hands on a request byte for byte, but for the value of Host', async () => {
    const arrived = gate<ReturnType<typeof heard>>()
    const { port } = await target((socket) => arrived.open(heard(socket)))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    const text = requestText('{"a" : 1}\u0000\u00ff')
    client.socket.write(text, 'latin1')
    const wanted = text.replace('proxy.example', `127.0.0.1:${port}`)
    const server = await arrived.passed
    await server.has(wanted.length)
    expect(server.bytes().toString('latin1')).toBe(wanted)
  })

  test('hands on an answer byte for byte, chunk by chunk', async () => {
    const steps = [gate(), gate(), gate()]
    const pieces = [
      'HTTP/1.1 200 Very Well\r\nX-a: 1\r\nx-A: 2\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
      '7;ext=1\r\ndata: a\r\n',
      '1\r\n\n\r\n0\r\nX-Sum: 7\r\n\r\n'
    ]
    const { port } = await target(async (socket) => {
      for (const [index, piece] of pieces.entries()) {
        await steps[index]!.passed
        socket.write(piece)
      }
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText(''))
    let length = 0
    // each piece is there before the next is sent: nothing waits for more
    for (const [index, piece] of pieces.entries()) {
      steps[index]!.open()
      length += piece.length
      expect(await client.read(length)).toBe(pieces.slice(0, index + 1).join(''))
    }
    await until(async () => (await events(proxy)).length, 5)
    expect(await events(proxy)).toMatchObject([
      { request: { method: 'POST', target: '/mcp?a=1' } },
      {
        answer: {
          status: 200,
          headers: [
            ['X-a', '1'],
            ['x-A', '2'],
            ['Transfer-Encoding', 'chunked'],
            ['Trailer', 'X-Sum']
          ]
        }
      },
      { chunk: 'data: a' },
      { chunk: '\n' },
      { end: true, trailers: [['X-Sum', '7']] }
    ])
  })

  test('hands on the beginning of a body before it is complete', async () => {
    const arrived = gate<ReturnType<typeof heard>>()
    const { port } = await target((socket) => arrived.open(heard(socket)))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    const text = requestText('first second')
    const first = text.slice(0, text.indexOf(' second'))
    client.socket.write(first)
    const server = await arrived.passed
    const shift = `127.0.0.1:${port}`.length - 'proxy.example'.length
    await server.has(first.length + shift)
    expect(server.bytes().toString()).toMatch(/first$/)
    client.socket.write(' second')
    await server.has(text.length + shift)
    expect(server.bytes().toString()).toMatch(/first second$/)
  })

  test('hands on 100 Continue and notes only the answer that counts', async () => {
    const { port } = await target((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    await client.read(25)
    client.socket.write(requestText('{}'))
    expect(await client.read(64)).toMatch(/ok$/)
    const answers = (await events(proxy)).filter((event) => 'answer' in event)
    expect(answers).toMatchObject([{ exchange: 1, answer: { status: 200 } }])
  })

  test('passes a mebibyte both ways unchanged, past a side that is slow to read', async () => {
    const body = Buffer.alloc(1024 * 1024, 'äöü\u0000x')
    const { port } = await target((socket) => {
      const server = heard(socket)
      socket.pause()
      setImmediate(() => socket.resume())
      socket.on('data', () => {
        const all = server.bytes()
        const start = all.indexOf('\r\n\r\n') + 4
        if (start < 4 || all.length - start < body.length) return
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
        socket.end(all.subarray(start))
      })
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(`POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`)
    client.socket.write(body)
    await client.closed
    expect(client.received.subarray(client.received.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true)
    const all = await events(proxy)
    const sent = all.flatMap((event) =>
      'request' in event && event.request.body !== undefined ? [bufferOf(event.request.body)] : []
    )
    const came = all.flatMap((event) => ('chunk' in event ? [bufferOf(event.chunk)] : []))
    expect(Buffer.concat(sent).equals(body)).toBe(true)
    expect(Buffer.concat(came).equals(body)).toBe(true)
  })

  test('makes the server wait while the client does not read', async () => {
    const total = 256 * 1024 * 1024
    let written = 0
    const { port } = await target((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const piece = Buffer.alloc(1024 * 1024, 'x')
      const go = (): void => {
        while (written < total) {
          written += piece.length
          if (!socket.write(piece)) return void socket.once('drain', go)
        }
      }
      socket.once('data', go)
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.pause()
    client.socket.write(requestText(''))
    let seen = -1
    while (seen !== written || written === 0) {
      seen = written
      await turns(200)
    }
    expect(written).toBeLessThan(total)
  })

  test('pairs requests and answers of one connection in their order', async () => {
    const { port } = await target((socket) => {
      const server = heard(socket)
      const end = '\r\n\r\n'
      let answered = 0
      socket.on('data', () => {
        const count = server.bytes().toString().split(end).length - 1
        for (; answered < count; answered++)
          socket.write(`HTTP/1.1 ${200 + answered} OK\r\nContent-Length: 1\r\n\r\n${answered}`)
      })
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\nHEAD /two HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(async () => (await events(proxy)).filter((event) => 'end' in event).length, 2)
    const all = await events(proxy)
    expect(all.filter((event) => 'request' in event || 'answer' in event)).toMatchObject([
      { exchange: 1, request: { method: 'GET', target: '/one' } },
      { exchange: 2, request: { method: 'HEAD', target: '/two' } },
      { exchange: 1, answer: { status: 200 } },
      { exchange: 2, answer: { status: 201 } }
    ])
  })
})

describe('who breaks off', () => {
  const streaming =
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n'

  test.each([
    ['leaves', (socket: Socket) => void socket.end()],
    ['resets the connection', (socket: Socket) => void socket.resetAndDestroy()]
  ])('the server learns that the client %s', async (_, leave) => {
    const left = gate()
    const { port } = await target((socket) => {
      socket.write(streaming)
      socket.on('data', () => undefined)
      socket.on('end', () => {
        left.open()
        socket.destroy()
      })
      socket.on('error', () => left.open())
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText(''))
    await client.read(streaming.length)
    leave(client.socket)
    await left.passed
    await until(async () => (await events(proxy)).some((event) => 'abort' in event), true)
    expect((await events(proxy)).at(-1)).toMatchObject({ exchange: 1, abort: 'client' })
  })

  test('the client learns that the server ends in the middle', async () => {
    const { port } = await target((socket) => socket.once('data', () => socket.end(streaming)))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText(''))
    expect(await client.closed).toBe('ended')
    client.socket.end()
    expect(client.received.toString()).toBe(streaming)
    await until(async () => (await events(proxy)).some((event) => 'abort' in event), true)
    expect((await events(proxy)).at(-1)).toMatchObject({ abort: 'server' })
  })

  test('the client learns that the server resets', async () => {
    const { port } = await target((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText('{}'))
    expect(await client.closed).toBe('reset')
    expect(await events(proxy)).toMatchObject([{ request: { body: '{}' } }, { abort: 'server' }])
  })

  test('a client that only stops sending still gets its answer', async () => {
    const { port } = await target((socket) => {
      socket.on('data', () => undefined)
      socket.on('end', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.end(requestText('{}'))
    await client.closed
    expect(client.received.toString()).toMatch(/late$/)
    expect((await events(proxy)).at(-1)).toMatchObject({ end: true })
  })

  test('an answer that lasts as long as its connection is over with it', async () => {
    const { port } = await target((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall')))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText('{}'))
    await client.closed
    expect((await events(proxy)).slice(-2)).toMatchObject([{ chunk: 'all' }, { end: true }])
  })

  test('a request that is broken off is noted as far as it came', async () => {
    const arrived = gate<ReturnType<typeof heard>>()
    const { port } = await target((socket) => {
      arrived.open(heard(socket))
      socket.on('end', () => socket.end())
    })
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText('half and the rest').slice(0, -' and the rest'.length))
    const server = await arrived.passed
    await until(() => server.bytes().toString().endsWith('half'), true)
    client.socket.end()
    await client.closed
    await until(async () => (await events(proxy)).length, 2)
    expect(await events(proxy)).toMatchObject([{ request: { body: 'half', cut: true } }, { abort: 'client' }])
  })

  test('a server that is not there is a connection that breaks, and is told', async () => {
    const { port, server } = await target(() => undefined)
    server.close()
    await once(server, 'close')
    const proxy = await proxyBefore(port)
    const client = new Client(Number(new URL(proxy.url).port))
    await client.closed
    await until(() => proxy.tape.troubles.length, 1)
    expect(proxy.tape.troubles).toEqual([`127.0.0.1:${port} did not answer: ECONNREFUSED`])
    expect(proxy.tape.isEmpty).toBe(true)
  })

  test('what is still open when the recording ends was broken off by nobody', async () => {
    const { port } = await target((socket) => socket.once('data', () => socket.write(streaming)))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(requestText(''))
    await client.read(streaming.length)
    await proxy.close()
    expect((await events(proxy)).at(-1)).toMatchObject({ chunk: 'data: 1\n' })
  })
})

describe('the names of the target', () => {
  const seen = async (headers: string): Promise<string> => {
    const arrived = gate<ReturnType<typeof heard>>()
    const { port } = await target((socket) => arrived.open(heard(socket)))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write(`GET /mcp HTTP/1.1\r\n${headers}\r\n`)
    const server = await arrived.passed
    await until(() => server.bytes().toString().endsWith('\r\n\r\n'), true)
    return server.bytes().toString().replaceAll(`127.0.0.1:${port}`, 'TARGET')
  }

  test('stand in Host, and in an Origin that was the proxy', async () => {
    expect(await seen('Host: localhost:99\r\nOrigin: http://localhost:99\r\n')).toContain(
      'Host: TARGET\r\nOrigin: http://TARGET\r\n'
    )
  })

  test('do not stand in an Origin of somebody else', async () => {
    expect(await seen('Origin: http://evil.example\r\nHost: localhost:99\r\n')).toContain(
      'Origin: http://evil.example\r\nHost: TARGET\r\n'
    )
  })

  test('are not made up where the client named no host', async () => {
    expect(await seen('X-Host: a\r\n')).toBe('GET /mcp HTTP/1.1\r\nX-Host: a\r\n\r\n')
  })

  test('are not on the tape, where the client has its own words', async () => {
    const { port } = await target((socket) => socket.once('data', () => socket.end('HTTP/1.1 204 No\r\n\r\n')))
    const proxy = await proxyBefore(port)
    const client = await Client.to(proxy.url)
    client.socket.write('GET /mcp HTTP/1.1\r\nHost: localhost:99\r\n\r\n')
    await client.closed
    expect((await events(proxy))[0]).toMatchObject({ request: { headers: [['Host', 'localhost:99']] } })
  })
})

test('what is no HTTP goes through all the same, and is told', async () => {
  const { port } = await target((socket) => socket.on('data', (bytes) => socket.write(bytes)))
  const proxy = await proxyBefore(port)
  const client = await Client.to(proxy.url)
  client.socket.write(Buffer.from([22, 3, 1, 0, 5]))
  expect(await client.read(5)).toBe('\u0016\u0003\u0001\u0000\u0005')
  expect(proxy.tape.troubles.join()).toContain('was passed on without being read')
})

test('a port that is taken is a rejection', async () => {
  const { port } = await target(() => undefined)
  await expect(RecordingProxy.before('http://127.0.0.1:1/mcp', { port })).rejects.toThrow('EADDRINUSE')
})
