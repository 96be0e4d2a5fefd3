/**
 * The peer over a channel of messages: the core alone without any network, or a subprocess on stdio
 * (spec: basic/transports#stdio; format page, 5). All messages come on one stream, so names of streams tell nothing apart.
 */
import { Inbox, type Stream } from './inbox.ts'
import { type Json, readJson } from './json.ts'
import { type Log, type Peer, type StdioSide, type Target, UnreachableError } from './peer.ts'

/** A two-way channel of texts, each one JSON-RPC message. One per session. */
export interface MessageChannel {
  /** Must not throw when the other side has gone: that is for the case to notice. */
  send(text: string): void
  /** Called once, before anything is sent. */
  onMessage(listener: (text: string) => void): void
  close(): void | Promise<void>
  /** What only a subprocess can do. */
  readonly raw?: StdioSide
}

/** A server behind message channels; `connect` makes a new session's channel. */
export function messageTarget(options: {
  name: string
  startMs?: number
  connect(): MessageChannel | Promise<MessageChannel>
}): Target {
  return {
    transport: 'stdio',
    name: options.name,
    startMs: options.startMs ?? 0,
    connect: async (log) => new MessagePeer(await options.connect(), log)
  }
}

export class MessagePeer implements Peer {
  readonly inbox = new Inbox(true)
  readonly stdio?: StdioSide
  readonly #channel: MessageChannel
  readonly #stream: Stream
  readonly #log: Log

  constructor(channel: MessageChannel, log: Log) {
    this.#channel = channel
    this.#log = log
    this.#stream = this.inbox.open('messages', () => undefined)
    if (channel.raw !== undefined) this.stdio = this.#side(channel.raw)
    channel.onMessage((text) => {
      log({ stream: this.#stream.name, from: 'server', text })
      this.inbox.arrive(this.#stream, text)
    })
  }

  async send(message: Json): Promise<Stream> {
    this.inbox.ask(message)
    this.#write(JSON.stringify(message))
    return this.#stream
  }

  async close(): Promise<void> {
    this.#stream.ended ??= 'client'
    await this.#channel.close()
  }

  #write(text: string): void {
    this.#log({ stream: this.#stream.name, from: 'client', text })
    this.#channel.send(text)
  }

  #side(raw: StdioSide): StdioSide {
    void raw.exited.then(
      ({ code, signal, said = '' }) => this.#exited(`code ${code}, signal ${signal}${said && `: ${said}`}`),
      (error: Error) => this.#exited(error.message)
    )
    return {
      line: (text) => {
        this.#log({ stream: this.#stream.name, from: 'client', text })
        this.inbox.ask(readJson(text))
        raw.line(text)
      },
      eof: () => raw.eof(),
      exited: raw.exited
    }
  }

  /** A process that goes without a word was never reachable; one that has spoken has only ended its stream. */
  #exited(how: string): void {
    this.#stream.ended ??= 'server'
    if (this.inbox.heard || this.#stream.ended === 'client') this.inbox.changed()
    else this.inbox.fail(new UnreachableError(`the process ended before it said anything (${how})`))
  }
}
