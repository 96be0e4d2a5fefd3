/**
 * The front over HTTP: a server with one fault, made of the reference server and what stands before it. Real sockets on
 * both sides; without a fault everything crosses unchanged.
 */
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { FrontExchange } from './exchange.ts'
import type { Answer, Exchange, Fault, Front, Hooks } from './fault.ts'
import type { Reference } from './front.ts'
import { idOf, type Message } from './message.ts'
import { Session } from './session.ts'

/** Belong to one connection, and are made anew for the next. */
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect', 'upgrade'])

export class HttpFront implements Front {
  readonly hooks: Hooks
  readonly talks = new Set<Session>()
  readonly streams = new Set<FrontExchange>()
  readonly tokens: Readonly<Record<string, string>>
  /** Exchanges that are not over. */
  open = 0
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true })
  readonly #sessions = new Map<string, Session>()
  /** What is to be told on GET streams that are not there yet. */
  readonly #untold = new Map<Session, Message[]>()

  /** The front of a reference server that knows it by its own names. */
  constructor(fault: Fault | undefined, { port, tokens }: Reference) {
    this.#port = port
    this.tokens = tokens
    this.hooks = fault?.hooks(this) ?? {}
  }

  /** Serves one request, as if it came to that path of the reference server. */
  async handle(incoming: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    this.open++
    response.once('close', () => this.open--)
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch {
      // the client broke off in the middle of its request: there is nobody to answer
      return
    }
    await new FrontExchange(this, incoming, response, Buffer.concat(chunks), path).run()
  }

  /** Lets go of its connections to the reference server. */
  close(): void {
    this.#agent.destroy()
  }

  /** The session of that id; without one, a session nobody knows yet. */
  session(id: string | undefined): Session {
    const known = id === undefined ? undefined : this.#sessions.get(id)
    return known ?? this.#newSession(id ?? '')
  }

  /** Notes that the reference server has given a session its id. */
  begun(id: string, session: Session): void {
    this.#sessions.set(id, session)
    this.talks.add(session)
    session.slip = (message) => this.#slip(id, message)
  }

  /** Notes that a GET stream can be told something. */
  opened(stream: FrontExchange): void {
    this.streams.add(stream)
    if (!stream.standalone) return
    for (const message of this.#untold.get(stream.talk) ?? []) stream.write({ data: JSON.stringify(message) })
    this.#untold.delete(stream.talk)
  }

  /** A request on its way to the reference server; the answer is given to `onAnswer` with its head. */
  pass(
    { method, path, headers, body }: Pick<Exchange, 'method' | 'path' | 'headers' | 'body'>,
    onAnswer: (answer: IncomingMessage) => void,
    onError: () => void
  ): { destroy(): void } {
    const kept = Object.entries(headers).filter(([name]) => !ofConnection.has(name))
    const length = body.length > 0 || method === 'POST' ? { 'content-length': String(body.length) } : {}
    const options = { agent: this.#agent, host: '127.0.0.1', port: this.#port, path, method, setHost: false }
    const host = { host: `127.0.0.1:${this.#port}` }
    const outgoing = request({ ...options, headers: { ...host, ...Object.fromEntries(kept), ...length } })
    outgoing.on('response', onAnswer)
    outgoing.on('error', onError)
    outgoing.end(body)
    return outgoing
  }

  async call(asked: { method: string; headers: Record<string, string>; body?: string }): Promise<Answer> {
    const { method, body = '' } = asked
    const json =
      body === '' ? {} : { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const headers = { ...json, ...asked.headers }
    return new Promise((resolve, reject) => {
      const onAnswer = async (answer: IncomingMessage): Promise<void> => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        const head = { status: answer.statusCode ?? 0, headers: flat(answer) }
        resolve({ ...head, body: Buffer.concat(chunks).toString() })
      }
      this.pass(
        { method, path: '/mcp', headers, body: Buffer.from(body) },
        (answer) => onAnswer(answer).catch(reject),
        () => reject(new Error(`the reference server did not answer ${method}`))
      )
    })
  }

  #newSession(id: string): Session {
    const session = new Session('http', this.hooks)
    session.tell = (message) => this.#tell(session, message)
    session.slip = (message) => this.#slip(id, message)
    return session
  }

  async #slip(id: string, message: Message): Promise<void> {
    const headers = id === '' ? {} : { 'mcp-session-id': id }
    await this.call({ method: 'POST', headers, body: JSON.stringify(message) })
  }

  #tell(session: Session, message: Message): void {
    if ('id' in message && 'method' in message) session.questions.set(idOf(message), message)
    const stream = [...this.streams].find((open) => open.standalone && open.talk === session)
    if (stream !== undefined) stream.write({ data: JSON.stringify(message) })
    else this.#untold.set(session, [...(this.#untold.get(session) ?? []), message])
  }
}

/** Headers with names in lower case, several values joined by a comma. */
export function flat({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const value = rawHeaders[at + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
