/** One exchange that crosses a front: the request to the reference server, and its answer back, with the hooks in the way. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readJson } from '../../src/conform/json.ts'
import { type SseEvent, SseParser } from '../../src/http/sse.ts'
import { isObject } from '../../src/protocol/frame.ts'
import type { Answer, Exchange, Head, HttpHooks } from './fault.ts'
import { flat, type HttpFront } from './http-front.ts'
import { isRequest, type Message } from './message.ts'
import type { Session } from './session.ts'

export class FrontExchange implements Exchange {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
  readonly names: string[]
  readonly json: unknown
  readonly #front: HttpFront
  readonly #http: HttpHooks
  readonly #response: ServerResponse
  #talk: Session | undefined
  #upstream: { destroy(): void } | undefined

  constructor(front: HttpFront, incoming: IncomingMessage, response: ServerResponse, body: Buffer, path: string) {
    this.#front = front
    this.#http = front.hooks.http ?? {}
    this.#response = response
    this.method = incoming.method ?? 'GET'
    this.path = path
    this.headers = flat(incoming)
    this.body = body
    this.json = readJson(body.toString())
    this.names = incoming.rawHeaders.filter((_, index) => index % 2 === 0)
  }

  /** The session that the headers name when it is first asked for: after the hook that may change them. */
  get talk(): Session {
    this.#talk ??= this.#front.session(this.#begins ? undefined : this.headers['mcp-session-id'])
    return this.#talk
  }

  get standalone(): boolean {
    return this.method === 'GET'
  }

  async run(): Promise<void> {
    this.#response.on('close', () => this.#closed())
    const answer = await this.#http.request?.(this)
    if (answer !== undefined) return this.#answer(answer)
    if (this.method !== 'POST' || !isObject(this.json)) return this.#pass()
    const before = JSON.stringify(this.json)
    const message = this.json as Message
    const asks = isRequest(message)
    const passage = await this.talk.receive(message)
    if (passage === undefined) {
      if (!asks) this.#answer({ status: 202, headers: {}, body: '' })
    } else if ('answers' in passage) {
      if ((passage.answers as Message[]).length === 0) this.#answer({ status: 202, headers: {}, body: '' })
      else this.#reply({ status: 200, headers: { 'content-type': 'application/json' } }, passage.answers as Message[])
    } else {
      const after = JSON.stringify(passage)
      if (after !== before) this.body = Buffer.from(after)
      this.#pass()
    }
  }

  write(event: SseEvent): void {
    for (const changed of this.#http.event?.(event, this) ?? [event]) {
      const text = format(changed)
      this.#push(this.#http.text?.(text, this) ?? text)
    }
  }

  writeText(text: string): void {
    this.#push(text)
  }

  end(): void {
    this.#front.streams.delete(this)
    this.#response.end()
  }

  get #begins(): boolean {
    return this.method === 'POST' && isObject(this.json) && this.json['method'] === 'initialize'
  }

  #pass(): void {
    if (this.#response.destroyed) return
    const broken = (): unknown => this.#response.destroy()
    this.#upstream = this.#front.pass(
      this,
      (answer) => {
        answer.on('error', broken)
        this.#take(answer).catch(broken)
      },
      broken
    )
  }

  async #take(answer: IncomingMessage): Promise<void> {
    const head = { status: answer.statusCode ?? 0, headers: flat(answer) }
    const id = head.headers['mcp-session-id']
    if (this.#begins && id !== undefined) this.#front.begun(id, this.talk)
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'content-length']) delete head.headers[name]
    if (head.headers['content-type']?.startsWith('text/event-stream') === true) return this.#stream(head, answer)
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const message = readJson(text)
    if (!isObject(message)) return this.#answer({ ...head, body: text }, true)
    const before = JSON.stringify(message)
    const out = this.talk.send(message as Message)
    if (out.length === 1 && JSON.stringify(out[0]) === before) return this.#answer({ ...head, body: text }, true)
    this.#reply(head, out)
  }

  /** Answers with messages: none leaves the request open, several make a stream. */
  #reply(head: Head, out: Message[]): void {
    if (out.length < 2) {
      if (out[0] !== undefined) this.#answer({ ...head, body: JSON.stringify(out[0]) }, true)
      return
    }
    this.#begin({ ...head, status: 200, headers: { ...head.headers, 'content-type': 'text/event-stream' } })
    for (const message of out) this.write({ data: JSON.stringify(message) })
    if (this.#http.ended?.(this) !== true) this.end()
  }

  /** Answers with a body. */
  #answer({ status, headers, body }: Answer, hooked = false): void {
    const head = { status, headers: { ...headers } }
    if (hooked) this.#http.head?.(head, this, String(body))
    const text = hooked && this.#http.body !== undefined ? this.#http.body(String(body), this) : body
    if (this.#response.destroyed) return
    this.#response.writeHead(head.status, head.headers).end(text)
  }

  async #stream(head: Head, answer: IncomingMessage): Promise<void> {
    this.#begin(head)
    const decoder = new TextDecoder()
    const parser = new SseParser()
    for await (const chunk of answer) {
      for (const event of parser.push(decoder.decode(chunk as Buffer, { stream: true }))) this.#event(event)
    }
    if (this.#http.ended?.(this) !== true) this.end()
  }

  #event(event: SseEvent): void {
    const message = event.data === undefined ? undefined : readJson(event.data)
    if (!isObject(message)) {
      this.write(event)
      return
    }
    const before = event.data
    const [first, ...others] = this.talk.send(message as Message)
    if (first === undefined) return
    const text = JSON.stringify(first)
    this.write({ ...event, data: text === JSON.stringify(readJson(before as string)) ? (before as string) : text })
    for (const other of others) this.write({ data: JSON.stringify(other) })
  }

  #begin(head: Head): void {
    this.#http.head?.(head, this, undefined)
    if (this.#response.destroyed) return
    this.#response.writeHead(head.status, head.headers)
    this.#response.flushHeaders()
    this.#front.opened(this)
    this.#http.opened?.(this)
  }

  #push(text: string | Buffer): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(text)
  }

  #closed(): void {
    this.#front.streams.delete(this)
    if (this.#response.writableFinished) return
    if (this.#http.left?.(this) !== true) this.#upstream?.destroy()
  }
}

/** The text of an event; its data go on one line as they are. */
function format({ id, event, data, retry }: SseEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
    ...(data === undefined ? [] : [`data: ${data.replaceAll('\n', '\ndata: ')}`])
  ]
  return `${lines.join('\n')}\n\n`
}
