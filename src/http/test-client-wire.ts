/**
 * HTTP exchanges of a test client with an API of this process, through Fastify's own `inject`: no socket and no port, but
 * every hook, parser, header and stream, also where the API serves HTTPS, HTTP/2 or over a server of its own.
 */
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { SseParser } from './sse.ts'
import { TestError, type WholeAnswer } from './test-client-error.ts'
import type { Transcript } from './test-client-transcript.ts'

/** What a test client needs of an API. */
export type Injectable = Pick<FastifyInstance, 'inject'>

export interface Sending {
  method: string
  body?: string | Uint8Array
  /** In any case; null takes away what would be sent otherwise. */
  headers?: Record<string, string | null>
}

type Response = Awaited<ReturnType<Injectable['inject']>>

/** One HTTP exchange whose head has come. */
export class Exchange implements WholeAnswer {
  /** From 1, in the order of sending. */
  readonly number: number
  readonly method: string
  readonly path: string
  readonly status: number
  /** Names in lower case; several values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as far as it has come. */
  text = ''
  readonly #response: Response
  readonly #transcript: Transcript

  constructor(number: number, sending: Sending, path: string, response: Response, transcript: Transcript) {
    this.number = number
    this.method = sending.method
    this.path = path
    this.status = response.statusCode
    this.headers = flat(response.headers)
    this.#response = response
    this.#transcript = transcript
  }

  /** Whether the body is an event stream. */
  get streams(): boolean {
    return /^text\/event-stream\s*(;|$)/i.test(this.headers['content-type'] ?? '')
  }

  /**
   * The frames of the body as they come: the data of each event, or the body itself when it is no stream. Ends when the server
   * ends it. Throws a TestError when it breaks off.
   */
  async *frames(): AsyncGenerator<string> {
    const decoder = new TextDecoder()
    const parser = new SseParser()
    for await (const chunk of this.#chunks()) {
      const text = decoder.decode(chunk, { stream: true })
      this.text += text
      if (!this.streams) continue
      for (const { data = '' } of parser.push(text)) if (data !== '') yield this.#heard(data)
    }
    if (!this.streams && this.text !== '') yield this.#heard(this.text)
  }

  /** Leaves, as a client does whose connection breaks. */
  leave(): void {
    this.#response.raw.res.destroy()
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#response.stream() as Readable & AsyncIterable<Uint8Array>
    } catch (cause) {
      const { method, path, status } = this
      const broken = new TestError(`${method} ${path} was answered ${status}, and the answer broke off`, { status })
      broken.cause = cause
      throw broken
    }
  }

  #heard(text: string): string {
    this.#transcript.received(this.number, this.status, text)
    return text
  }
}

export class Wire {
  /** Sent with every exchange that does not say otherwise; names in lower case. */
  readonly headers: Record<string, string>
  readonly path: string
  readonly #app: Injectable
  readonly #transcript: Transcript
  #count = 0

  constructor(app: Injectable, path: string, headers: Record<string, string>, transcript: Transcript) {
    this.#app = app
    this.path = path
    this.headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    this.#transcript = transcript
  }

  /** Sends one request; resolves with the head of its answer. */
  async open(sending: Sending): Promise<Exchange> {
    const { method, body } = sending
    this.#count += 1
    const number = this.#count
    if (body !== undefined) this.#transcript.sent(number, Buffer.from(body).toString())
    const response = await this.#app.inject({
      method,
      url: this.path,
      headers: this.#headersOf(sending),
      // bytes, because inject takes an empty text for no body at all
      ...(body === undefined ? {} : { payload: Buffer.from(body) }),
      payloadAsStream: true
    })
    return new Exchange(number, sending, this.path, response, this.#transcript)
  }

  #headersOf({ method, body, headers = {} }: Sending): Record<string, string> {
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
    const all: Record<string, string | null> = {
      ...(method === 'POST' ? { accept: 'application/json, text/event-stream' } : {}),
      ...(method === 'GET' ? { accept: 'text/event-stream' } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...this.headers,
      ...Object.fromEntries(given)
    }
    return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null))
  }
}

function flat(headers: Response['headers']): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)])
  )
}
