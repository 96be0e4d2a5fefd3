/** A client over real loopback sockets: every request on a connection of its own, which a test may cut or leave unread. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type SseEvent, SseParser } from '../../src/http/sse.ts'
import { initialize } from './bench.ts'
import type { Seen } from './recording.ts'

export const both = 'application/json, text/event-stream'

export interface Sending {
  method?: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** One reply, read as it comes. */
export class LoopbackReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Whether the body came to its end, as soon as there is nothing more to come. */
  readonly closed: Promise<{ whole: boolean }>
  readonly #message: IncomingMessage
  readonly #parser = new SseParser()
  readonly #events: SseEvent[] = []
  #waiting: (() => void)[] = []
  #text = ''
  #over = false

  constructor(message: IncomingMessage) {
    this.#message = message
    this.status = message.statusCode as number
    this.headers = message.headers
    message.setEncoding('utf8').on('error', () => {})
    message.on('data', (chunk: string) => {
      this.#text += chunk
      this.#events.push(...this.#parser.push(chunk))
      this.#tell()
    })
    this.closed = new Promise((resolve) => {
      message.once('close', () => {
        this.#over = true
        this.#tell()
        resolve({ whole: message.complete })
      })
    })
  }

  /** What has come of the body. */
  get received(): string {
    return this.#text
  }

  /** The whole body. */
  async text(): Promise<string> {
    await this.closed
    return this.#text
  }

  async json(): Promise<Seen> {
    return JSON.parse(await this.text())
  }

  /** The next event of a stream; undefined at its end. */
  async next(): Promise<(SseEvent & { message: Seen }) | undefined> {
    while (this.#events.length === 0 && !this.#over) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const event = this.#events.shift()
    return event === undefined ? undefined : { ...event, message: JSON.parse(event.data ?? 'null') }
  }

  /** Events up to the end of the stream. */
  async rest(): Promise<(SseEvent & { message: Seen })[]> {
    const events = []
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event)
    return events
  }

  /** Waits until the body holds this text. */
  async saw(text: string): Promise<void> {
    while (!this.#text.includes(text) && !this.#over) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Cuts the connection. */
  cut(): void {
    this.#message.destroy()
  }

  /** Stops and goes on reading from the socket. */
  pause(): void {
    this.#message.pause()
  }

  resume(): void {
    this.#message.resume()
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const heard of waiting) heard()
  }
}

/** Sends one request; resolves with the head of its reply. */
export function send(url: string, { method = 'GET', headers = {}, body }: Sending): Promise<LoopbackReply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (message) => resolve(new LoopbackReply(message)))
    sent.once('error', reject)
    sent.end(body)
  })
}

/** A bare connection, for what no HTTP client would do. */
export function raw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
  })
}

/** The bytes of a POST. */
export function httpPost(url: string, message: object, session: string, more: string[] = []): string {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message })
  const { host, pathname } = new URL(url)
  return [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Mcp-Session-Id: ${session}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...more,
    '',
    body
  ].join('\r\n')
}

/** The bytes of a GET. */
export function httpGet(url: string, session: string): string {
  const { host, pathname } = new URL(url)
  return `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nMcp-Session-Id: ${session}\r\n\r\n`
}

/** A client with a session. */
export class LoopbackPeer {
  readonly url: string
  readonly session: string
  #ids = 0

  constructor(url: string, session: string) {
    this.url = url
    this.session = session
  }

  static async open(url: string, capabilities: object = {}): Promise<LoopbackPeer> {
    const headers = { 'content-type': 'application/json', accept: both }
    const reply = await send(url, { method: 'POST', headers, body: JSON.stringify(initialize(capabilities)) })
    await reply.closed
    const peer = new LoopbackPeer(url, reply.headers['mcp-session-id'] as string)
    await (await peer.post({ method: 'notifications/initialized' })).closed
    return peer
  }

  post(message: object, headers: Record<string, string> = {}): Promise<LoopbackReply> {
    return send(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: both, 'mcp-session-id': this.session, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', ...message })
    })
  }

  request(method: string, params?: object, id: string | number = ++this.#ids): Promise<LoopbackReply> {
    return this.post({ id, method, params })
  }

  /** tools/call with a progress token that is the id. */
  call(name: string, args: object = {}, id: string | number = ++this.#ids): Promise<LoopbackReply> {
    return this.request('tools/call', { name, arguments: args, _meta: { progressToken: id } }, id)
  }

  get(lastEventId?: string): Promise<LoopbackReply> {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': this.session }
    return send(this.url, {
      headers: lastEventId === undefined ? headers : { ...headers, 'last-event-id': lastEventId }
    })
  }

  delete(): Promise<LoopbackReply> {
    return send(this.url, { method: 'DELETE', headers: { 'mcp-session-id': this.session } })
  }
}
