/**
 * The recording proxy: stands between a client and a server over HTTP and notes every event of every exchange.
 *
 * Rules of this file:
 * - bytes pass as they are: headers in their order and spelling, bodies and chunks as they come. Only Host is rewritten,
 *   because a server that checks it would refuse the proxy's; the capture has the client's;
 * - a request is passed on once its body is complete; an answer flows;
 * - when one side breaks off, the other side is broken off too.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as requestOf, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bytesOf, type CaptureEvent, type Happening, headersOf, targetOf } from './capture.ts'

export class RecordingProxy {
  readonly events: CaptureEvent[] = []
  readonly #target: URL
  readonly #server: Server
  readonly #began = performance.now()
  #exchanges = 0

  private constructor(target: URL) {
    this.#target = target
    this.#server = createServer((near, reply) => this.#pass(near, reply))
  }

  /** A proxy on a free loopback port, in front of the server at that address. */
  static async before(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(new URL(target))
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Where the client has to go instead of to the server. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${this.#target.pathname}`
  }

  /** Closes everything; what is still open counts as broken off by the client. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  #pass(near: IncomingMessage, reply: ServerResponse): void {
    const exchange = ++this.#exchanges
    const { method = 'GET', url = '/' } = near
    const note = (happening: Happening): void => {
      this.events.push({ exchange, ms: Math.round(performance.now() - this.#began), ...happening })
    }
    let over = false
    const finish = (happening: Happening): void => {
      if (over) return
      over = true
      note(happening)
    }
    const chunks: Buffer[] = []
    near.on('data', (chunk: Buffer) => chunks.push(chunk))
    near.on('error', () => undefined)
    near.on('end', () => {
      const body = Buffer.concat(chunks)
      const text = body.length === 0 ? {} : { body: bytesOf(body) }
      note({ request: { method, target: targetOf(url), headers: headersOf(near.rawHeaders), ...text } })
      const far = requestOf({
        host: this.#target.hostname,
        port: this.#target.port,
        method,
        path: url,
        headers: withHost(near.rawHeaders, this.#target.host),
        setHost: false,
        agent: false
      })
      const broken = (): void => {
        finish({ abort: 'server' })
        reply.destroy()
      }
      far.on('error', broken)
      far.on('response', (answer) => {
        note({ answer: { status: answer.statusCode ?? 0, headers: headersOf(answer.rawHeaders) } })
        reply.sendDate = false
        reply.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
        reply.flushHeaders()
        answer.on('data', (chunk: Buffer) => {
          if (!over) note({ chunk: bytesOf(chunk) })
          reply.write(chunk)
        })
        answer.on('end', () => {
          finish({ end: true })
          reply.end()
        })
        answer.on('error', broken)
      })
      reply.on('close', () => {
        finish({ abort: 'client' })
        far.destroy()
      })
      far.end(body)
    })
  }
}

function withHost(raw: string[], host: string): string[] {
  return raw.map((value, at) => (at % 2 === 1 && raw[at - 1]!.toLowerCase() === 'host' ? host : value))
}
