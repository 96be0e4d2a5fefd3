/**
 * The peer over Streamable HTTP (spec: basic/transports#streamable-http; format page, 3 and 5), on an exchange that is lent,
 * so that the same code runs over sockets and in-process.
 *
 * Rules of this file:
 * - every request carries, unless the case says otherwise: the target's own headers; `mcp-session-id` and
 *   `mcp-protocol-version` once an answer to `initialize` gave them; on POST `accept: application/json, text/event-stream`;
 *   on GET `accept: text/event-stream`; with a body `content-type: application/json`, without one none;
 * - a JSON body and an event stream are the same to the inbox: a stream with one or several messages;
 * - a URL that is not on the origin of the target is asked over sockets of its own, and with nothing but what the case says;
 * - nothing is retried but a 409 to a GET.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { SseParser } from '../http/sse.ts'
import { type Head, Inbox, type Stream } from './inbox.ts'
import { at, type Json } from './json.ts'
import {
  type HttpSide,
  type Log,
  type Peer,
  type RawHeaders,
  type RawHttp,
  type Target,
  UnreachableError
} from './peer.ts'
import { socketExchange } from './socket.ts'

export interface ExchangeRequest {
  method: string
  url: string
  /** Names as the case spells them; an array is several headers of one name. */
  headers: Record<string, string | string[]>
  body?: string
  /** Aborted when the client leaves: the connection is closed at once. */
  signal: AbortSignal
  /** To be called when the request has left, so that the next one cannot overtake it. In-process: right after handing over. */
  onSent(): void
}

export interface ExchangeAnswer {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  body: AsyncIterable<Uint8Array>
}

/** One HTTP request and its answer; resolves with the head. Rejects with an UnreachableError, or with whatever broke it. */
export type Exchange = (request: ExchangeRequest) => Promise<ExchangeAnswer>

const conflictMs = 500
const leaveMs = 1000
const sentMs = 100

/** A server at an MCP endpoint. `headers` are added to every request, as a token must be. */
export function httpTarget(options: { url: string; exchange: Exchange; headers?: Record<string, string> }): Target {
  const { headers = {} } = options
  const [, authorization] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? []
  return {
    transport: 'http',
    name: options.url,
    endpoint: options.url,
    ...(authorization === undefined ? {} : { authorization }),
    connect: async (log) => new HttpPeer(options.url, options.exchange, headers, log)
  }
}

export class HttpPeer implements Peer, HttpSide {
  readonly inbox = new Inbox()
  readonly http = this
  sessionId: string | undefined
  #revision: string | undefined
  readonly #url: string
  readonly #exchange: Exchange
  readonly #headers: Record<string, string>
  readonly #log: Log

  constructor(url: string, exchange: Exchange, headers: Record<string, string>, log: Log) {
    this.#url = url
    this.#exchange = exchange
    this.#headers = headers
    this.#log = log
  }

  send(message: Json, name?: string): Promise<Stream> {
    return this.exchange({ method: 'POST', body: JSON.stringify(message), message }, name)
  }

  async exchange(request: RawHttp, name?: string): Promise<Stream> {
    const abort = new AbortController()
    const stream = this.inbox.open(name, () => this.#leave(stream, abort))
    stream.method = request.method
    if (request.message !== undefined) stream.sent = request.message
    this.inbox.ask(request.message)
    await new Promise<void>((sent) => {
      const timer = setTimeout(sent, sentMs)
      const left = (): void => {
        clearTimeout(timer)
        sent()
      }
      void this.#start(stream, request, abort.signal, left).then((answer) => {
        left()
        return answer && this.#read(stream, answer)
      })
    })
    return stream
  }

  async listen(name: string, lastEventId?: string): Promise<Stream> {
    const abort = new AbortController()
    const stream = this.inbox.open(name, () => this.#leave(stream, abort))
    stream.method = 'GET'
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    void this.#listen(stream, headers, abort.signal, performance.now() + conflictMs)
    return stream
  }

  async close(leave: boolean): Promise<void> {
    if (leave && this.sessionId !== undefined) {
      const stream = await this.exchange({ method: 'DELETE' })
      // A target that is gone by now has nothing left to tidy.
      await this.inbox.until(() => stream.ended, leaveMs).catch(() => undefined)
    }
    for (const stream of this.inbox.streams.values()) stream.abort()
  }

  async #listen(stream: Stream, headers: Record<string, string>, signal: AbortSignal, until: number): Promise<void> {
    for (;;) {
      const answer = await this.#start(stream, { method: 'GET', headers }, signal, () => undefined)
      if (answer === undefined) return
      if (answer.status !== 409 || performance.now() >= until) return this.#read(stream, answer)
      await drain(answer.body)
      await pause(25)
      if (signal.aborted) return
    }
  }

  /** Sends the request and returns its answer, or notes at the stream why there is none. */
  async #start(
    stream: Stream,
    request: RawHttp,
    signal: AbortSignal,
    onSent: () => void
  ): Promise<ExchangeAnswer | undefined> {
    const bare = request.url !== undefined
    const url = request.url ?? (request.path === undefined ? this.#url : new URL(request.path, this.#url).href)
    const { method, body } = request
    const headers = merge(bare ? {} : this.#defaults(method, body !== undefined), request.headers ?? {})
    const text = body === undefined ? {} : { text: body }
    this.#log({ stream: stream.name, from: 'client', request: { method, url, headers: flat(headers) }, ...text })
    const near = new URL(url).origin === new URL(this.#url).origin
    const exchange = near ? this.#exchange : elsewhere().exchange
    try {
      return await exchange({ method, url, headers, signal, onSent, ...(body === undefined ? {} : { body }) })
    } catch (error) {
      this.#broken(stream, error as Error, bare)
      return undefined
    }
  }

  async #read(stream: Stream, answer: ExchangeAnswer): Promise<void> {
    const head = { status: answer.status, headers: flat(answer.headers) }
    this.#log({ stream: stream.name, from: 'server', answer: head })
    this.#adoptId(stream, head)
    stream.head = head
    this.inbox.heard = true
    this.inbox.changed()
    try {
      if (isEventStream(head)) await this.#readEvents(stream, answer.body)
      else await this.#readBody(stream, head, answer.body)
      stream.ended ??= 'server'
    } catch (error) {
      this.#broken(stream, error as Error)
    }
    this.inbox.changed()
  }

  async #readEvents(stream: Stream, body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const parser = new SseParser()
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true })
      stream.text = (stream.text ?? '') + text
      for (const event of parser.push(text)) {
        const { data, ...sse } = event
        this.#log({ stream: stream.name, from: 'server', sse, ...(data === undefined ? {} : { text: data }) })
        const carries = data !== undefined && data !== '' && (event.event || 'message') === 'message'
        this.#adoptRevision(stream, this.inbox.arrive(stream, carries ? data : undefined, event).message)
      }
    }
  }

  async #readBody(stream: Stream, head: Head, body: AsyncIterable<Uint8Array>): Promise<void> {
    const text = await drain(body)
    stream.body = text
    if (text === '') return
    this.#log({ stream: stream.name, from: 'server', text })
    // the answer to a GET or a DELETE is no message, even where it is JSON
    if (stream.method === 'POST' && /^application\/json\s*(;|$)/i.test(head.headers['content-type'] ?? '')) {
      this.#adoptRevision(stream, this.inbox.arrive(stream, text).message)
    }
  }

  #adoptId(stream: Stream, head: Head): void {
    if (at('/method', stream.sent) === 'initialize' && head.status < 300)
      this.sessionId ??= head.headers['mcp-session-id']
  }

  #adoptRevision(stream: Stream, message: Json | undefined): void {
    const revision = at('/result/protocolVersion', message)
    if (at('/method', stream.sent) === 'initialize' && typeof revision === 'string') this.#revision ??= revision
  }

  #defaults(method: string, hasBody: boolean): Record<string, string> {
    return {
      ...(method === 'POST' ? { accept: 'application/json, text/event-stream' } : {}),
      ...(method === 'GET' ? { accept: 'text/event-stream' } : {}),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...(this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId }),
      ...(this.#revision === undefined ? {} : { 'mcp-protocol-version': this.#revision }),
      ...this.#headers
    }
  }

  #leave(stream: Stream, abort: AbortController): void {
    if (stream.ended !== undefined) return
    stream.ended = 'client'
    abort.abort()
    this.inbox.changed()
  }

  /** A URL that the server named and nobody answers at says something of the server, not that there is none. */
  #broken(stream: Stream, error: Error, named = false): void {
    if (stream.ended === 'client') return
    stream.ended = 'failed'
    stream.error = error
    if (error instanceof UnreachableError && !named) this.inbox.fail(error)
    else this.inbox.changed()
  }
}

/** Whether an answer is an event stream, by its content type. */
export function isEventStream(head: Head): boolean {
  return /^text\/event-stream\s*(;|$)/i.test(head.headers['content-type'] ?? '')
}

let sockets: ReturnType<typeof socketExchange> | undefined

/** For what is not the target; its idle connections keep no process alive. */
function elsewhere(): ReturnType<typeof socketExchange> {
  sockets ??= socketExchange()
  return sockets
}

/** Given headers win over defaults whatever their case; null removes a default. */
function merge(defaults: Record<string, string>, given: RawHeaders): Record<string, string | string[]> {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const kept = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()))
  const set = Object.entries(given).filter((entry): entry is [string, string | string[]] => entry[1] !== null)
  return Object.fromEntries([...kept, ...set])
}

function flat(headers: ExchangeAnswer['headers']): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)])
  )
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
