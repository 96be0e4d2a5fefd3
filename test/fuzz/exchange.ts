/** One HTTP request over a real socket and all that comes back, message by message. */
import { type Agent, type IncomingMessage, request } from 'node:http'
import { SseParser } from '../../src/http/sse.ts'

/** A message that came back; on a stream with the id of its event. */
export interface Heard {
  event: string | undefined
  message: Record<string, unknown>
}

export interface Sending {
  url: string
  agent: Agent
  method: 'POST' | 'GET' | 'DELETE'
  headers: Record<string, string>
  body?: string
}

export class Exchange {
  status = 0
  session: string | undefined
  readonly heard: Heard[] = []
  /** Resolves with the head of the answer. */
  readonly begun: Promise<void>
  /** Resolves when the answer is whole, or the connection is gone. */
  readonly ended: Promise<void>
  /** Whether we closed the connection. */
  left = false
  #leave: () => void = () => undefined
  #waiting: (() => void)[] = []
  #over = false

  constructor({ url, agent, method, headers, body }: Sending) {
    const sent = request(url, { agent, method, headers: { accept: 'application/json, text/event-stream', ...headers } })
    this.#leave = () => sent.destroy()
    this.begun = new Promise((resolve, reject) => {
      sent.once('response', (response) => {
        this.#read(response)
        resolve()
      })
      sent.once('error', (error) => (this.left ? resolve() : reject(error)))
    })
    this.ended = new Promise((resolve) => {
      sent.once('close', () => {
        this.#over = true
        this.#wake()
        resolve()
      })
    })
    if (body !== undefined) sent.setHeader('content-type', 'application/json')
    sent.end(body)
  }

  /** Closes the connection on this side. */
  leave(): void {
    this.left = true
    this.#leave()
  }

  /** The first message that fits; undefined when the answer ended without one. */
  async until(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown> | undefined> {
    for (;;) {
      const found = this.heard.find(({ message }) => fits(message))
      if (found !== undefined || this.#over) return found?.message
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #read(response: IncomingMessage): void {
    this.status = response.statusCode ?? 0
    this.session = response.headers['mcp-session-id'] as string | undefined
    const stream = response.headers['content-type'] === 'text/event-stream'
    const parser = new SseParser()
    let whole = ''
    response.setEncoding('utf8')
    // a stream that we leave ends with an error of no interest
    response.on('error', () => undefined)
    response.on('data', (text: string) => {
      if (stream) for (const { id, data } of parser.push(text)) this.#hear(id, data ?? '')
      else whole += text
    })
    response.on('end', () => {
      if (whole !== '') this.#hear(undefined, whole)
    })
  }

  #hear(event: string | undefined, text: string): void {
    this.heard.push({ event, message: JSON.parse(text) as Record<string, unknown> })
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
