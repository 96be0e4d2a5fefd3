/** One POST's answer: a JSON body, or a stream from the moment something must go before the result (basic/transports#sending-messages-to-the-server). */
import type { FastifyReply } from 'fastify'
import type { ProtocolError } from '../protocol/errors.ts'
import { gather } from '../protocol/flow.ts'
import type { Host } from '../protocol/host.ts'
import type { Logger, Outlet } from '../protocol/ports.ts'
import type { Stream } from '../protocol/stream.ts'
import { Body } from './body.ts'
import { Connection } from './connection.ts'
import { retryAfter, statusOf } from './status.ts'

/** What to tell whoever was not let in, and how to get in. */
export type Challenge = ((error: ProtocolError) => string | undefined) | undefined

const asIs = (text: unknown): string => text as string

export class HttpReply implements Outlet {
  /** Every answer over HTTP can be broken off: by closing its connection. */
  readonly committed = false
  readonly #host: Host
  readonly #reply: FastifyReply
  readonly #session: string | undefined
  #stream: Stream | undefined
  #connection: Connection | undefined
  #body: Body | undefined
  #ended = false
  readonly #challenge: Challenge

  /** `challenge` is the WWW-Authenticate header of a refusal that has to do with authorization. */
  constructor(host: Host, reply: FastifyReply, session: string | undefined, challenge: Challenge) {
    this.#host = host
    this.#reply = reply
    this.#session = session
    this.#challenge = challenge
  }

  get logger(): Logger {
    return this.#reply.request.log as unknown as Logger
  }

  get open(): boolean {
    return this.#stream !== undefined || !this.#left
  }

  begin(session: string): void {
    this.#reply.header('mcp-session-id', session)
  }

  message(text: string, loose: boolean): void {
    if (this.#stream === undefined) {
      // nobody is there, and nobody knows an event to resume from
      if (this.#left) return
      this.#stream = this.#openStream()
    }
    this.#stream.push(text, loose)
  }

  answer(text: string, error?: ProtocolError): void {
    // before anything was said it can still be told by a status (AUTH-56)
    const silent = this.#stream === undefined && this.#body === undefined
    if (error?.kind === 'insufficientScope' && silent) this.refuse(error, text)
    else if (this.#stream !== undefined) {
      this.#stream.push(text)
      this.#endStream(this.#stream)
    } else if (this.#body === undefined && !this.#reply.sent) {
      this.#send(text)
    }
  }

  async flow(pieces: AsyncIterable<string>): Promise<boolean> {
    if (this.#stream === undefined) return this.#flowBody(pieces)
    const gathered = await gather(pieces, this.#host.limits.logBytes, () => !this.#ended)
    if (gathered === 'unwanted') return false
    if ('whole' in gathered) {
      this.answer(gathered.whole)
      return true
    }
    const written = this.#connection?.gone === false && (await this.#connection.flow(gathered.head, gathered.rest))
    if (written) this.#endStream(this.#stream)
    else await gathered.rest.return?.()
    return written
  }

  refuse(error: ProtocolError, text: string): void {
    const status = statusOf(error.kind)
    const challenge = this.#challenge?.(error)
    if (challenge !== undefined) this.#reply.header('www-authenticate', challenge)
    const seconds = retryAfter(status)
    if (seconds !== undefined) this.#reply.header('retry-after', seconds)
    if (status === 405) this.#reply.header('allow', 'GET, POST, DELETE')
    this.#reply.code(status)
    this.#send(text)
  }

  accept(): void {
    this.#reply.code(202).send()
  }

  end(): void {
    this.#ended = true
    if (this.#stream !== undefined) this.#endStream(this.#stream)
    else if (this.#body !== undefined) this.#body.destroy()
    else if (!this.#reply.sent) this.#send('', 'text/event-stream')
  }

  /** A text as it is: a serializer that the surrounding API chose for the reply would write it a second time. */
  #send(text: string, type = 'application/json; charset=utf-8'): void {
    this.#reply.header('content-type', type).serializer(asIs).send(text)
  }

  get #left(): boolean {
    // a response over HTTP/2 has no state of its own, its stream has
    const { destroyed, stream } = this.#reply.raw as { destroyed?: boolean; stream?: { destroyed: boolean } }
    return destroyed === true || stream?.destroyed === true
  }

  #openStream(): Stream {
    const stream = this.#host.streams.open(this.#session as string)
    this.#connection = new Connection(this.#reply, this.#host.limits, this.#host.clock, (gone) => stream.detach(gone))
    stream.attach(this.#connection)
    return stream
  }

  #endStream(stream: Stream): void {
    this.#host.streams.end(this.#session as string, stream)
  }

  /** One JSON body, written as the pieces come and as fast as the client reads. When it leaves, nobody can resume, so the pieces stop. */
  async #flowBody(pieces: AsyncIterable<string>): Promise<boolean> {
    if (this.#left) return false
    const { raw } = this.#reply
    const body = new Body()
    this.#body = body
    // not writableFinished at the close: a response that Fastify's inject made is never finished in that sense
    const finished = new Promise<boolean>((resolve) => {
      raw.once('finish', () => resolve(true))
      raw.once('close', () => resolve(false))
    })
    this.#reply.header('content-type', 'application/json').send(body)
    try {
      if (await body.pump(pieces[Symbol.asyncIterator](), this.#host.clock, this.#host.limits.callMs)) body.push(null)
    } catch (error) {
      // half a body is no message: the client is to see that it was cut
      body.destroy()
      throw error
    }
    return finished
  }
}
