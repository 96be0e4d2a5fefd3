/**
 * The session of a test client: what it sends, and where what comes back goes.
 *
 * Rules of this file:
 * - everything goes through the HTTP endpoint and the hooks around it;
 * - nothing that comes is lost: frames are in the transcript, notifications are kept, refusals are thrown in words;
 * - the server's questions are answered on an exchange of their own, while the one they came on is read on.
 */
import {
  type Message,
  type Params,
  printNotification,
  printRequest,
  type RequestMessage,
  type ResponseMessage,
  readFrame
} from '../protocol/frame.ts'
import type {
  InitializeResult,
  ProgressParams,
  ProgressToken,
  RequestId,
  ServerNotification
} from '../protocol/types/index.ts'
import { type Answerers, answerTo, capabilitiesOf } from './test-client-answers.ts'
import { refusal, TestError } from './test-client-error.ts'
import { Notifications } from './test-client-notifications.ts'
import type { RequestOptions, TestOptions } from './test-client-options.ts'
import { Transcript } from './test-client-transcript.ts'
import { type Exchange, type Injectable, type Sending, Wire } from './test-client-wire.ts'
import { Work } from './test-client-work.ts'

export class TestSession {
  readonly transcript = new Transcript()
  readonly notifications = new Notifications()
  readonly timeoutMs: number
  readonly #wire: Wire
  readonly #answerers: Answerers
  readonly #progress = new Map<ProgressToken, (step: ProgressParams) => void>()
  readonly #work = new Work(over)
  #requests = 0
  #server: InitializeResult | undefined
  #closed: Promise<void> | undefined

  private constructor(app: Injectable, path: string, options: TestOptions) {
    this.#wire = new Wire(app, options.path ?? path, options.headers ?? {}, this.transcript)
    this.#answerers = options
    this.timeoutMs = options.timeoutMs ?? 2000
  }

  /** The handshake, and a GET stream to listen on. Rejects with a TestError when the endpoint, or a hook before it, refuses. */
  static async open(app: Injectable, path: string, options: TestOptions): Promise<TestSession> {
    const session = new TestSession(app, path, options)
    try {
      await session.#initialize(options)
      await session.#listen()
      return session
    } catch (error) {
      // why it could not be opened matters more than why it could not be closed
      await session.close().catch(() => undefined)
      throw error
    }
  }

  /** What the server said in the handshake. */
  get server(): InitializeResult {
    return this.#server as InitializeResult
  }

  /** The session's id; undefined before the handshake. */
  get id(): string | undefined {
    return this.#wire.headers['mcp-session-id']
  }

  /** Rejects with a TestError for a JSON-RPC error, and when the endpoint refuses or ends without an answer. */
  async request(method: string, params: object | undefined, options: RequestOptions = {}): Promise<Params> {
    const { onProgress, signal } = options
    signal?.throwIfAborted()
    this.#requests += 1
    const id = this.#requests
    if (onProgress !== undefined) this.#progress.set(id, onProgress)
    const answered = this.#ask(id, method, onProgress === undefined ? params : withToken(params, id))
    try {
      return (await (signal === undefined ? answered : this.#cancellable(id, answered, signal))).result
    } finally {
      this.#progress.delete(id)
    }
  }

  /** Resolves when the server has taken it. */
  notify(method: string, params?: object): Promise<void> {
    return this.#deliver(printNotification(method, params), method)
  }

  /** Any exchange, whatever comes back; resolves when it has ended. The stream of a GET is let go of at once. */
  async raw(sending: Sending): Promise<Exchange> {
    const exchange = await this.#start(sending)
    if (sending.method === 'GET' && exchange.streams) exchange.leave()
    else await this.#read(exchange)
    return exchange
  }

  /** Deletes the session and lets go of everything. Rejects with a TestError when that is refused; a session that is over already is fine. */
  close(): Promise<void> {
    this.#closed ??= this.#leave()
    return this.#closed
  }

  async #initialize(options: TestOptions): Promise<void> {
    const { clientInfo = { name: 'handwire-test', version: '0' }, revision = '2025-06-18' } = options
    const capabilities = { ...capabilitiesOf(options), ...options.capabilities }
    this.#requests += 1
    const params = { protocolVersion: revision, capabilities, clientInfo }
    const { result, exchange } = await this.#ask(this.#requests, 'initialize', params)
    this.#server = result as InitializeResult
    const session = exchange.headers['mcp-session-id']
    if (session !== undefined) this.#wire.headers['mcp-session-id'] ??= session
    this.#wire.headers['mcp-protocol-version'] ??= this.#server.protocolVersion
    await this.notify('notifications/initialized')
  }

  async #listen(): Promise<void> {
    const listening = await this.#start({ method: 'GET' })
    const read = this.#read(listening)
    if (listening.status === 200 && listening.streams) {
      // what breaks the stream is of interest to those alone who wait for something on it
      read.catch((error: Error) => this.notifications.end(error))
      return
    }
    await read
    throw refusal(listening, 'listening')
  }

  #start(sending: Sending): Promise<Exchange> {
    if (this.#closed !== undefined && sending.method !== 'DELETE') return Promise.reject(over())
    const opening = this.#wire.open(sending)
    // a head that comes when nobody waits for it any more begins what nobody will read
    return this.#work.add(opening, () => void opening.then((exchange) => exchange.leave()).catch(() => undefined))
  }

  /** Sends a request and reads until its exchange ends. */
  async #ask(
    id: RequestId,
    method: string,
    params: object | undefined
  ): Promise<{ result: Params; exchange: Exchange }> {
    const exchange = await this.#start({ method: 'POST', body: printRequest(id, method, params) })
    const answers: ResponseMessage[] = []
    await this.#read(exchange, (message) => answers.push(message))
    const answer = answers.find((message) => message.id === id)
    const { status } = exchange
    if (status !== 200 || answer === undefined) throw refusal(exchange, method)
    if (answer.error === undefined) return { result: answer.result as Params, exchange }
    const { code, message, data } = answer.error
    throw new TestError(message, { status, code, data })
  }

  /** When the signal fires the server is told first: a test that learns of it knows that the server knows. */
  #cancellable<R>(id: RequestId, answered: Promise<R>, signal: AbortSignal): Promise<R> {
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        const reason = signal.reason instanceof Error ? signal.reason.message : String(signal.reason)
        this.notify('notifications/cancelled', { requestId: id, reason }).then(() => reject(signal.reason), reject)
      }
      signal.addEventListener('abort', cancel, { once: true })
      const settled = (): void => signal.removeEventListener('abort', cancel)
      answered.then(
        (answer) => {
          settled()
          resolve(answer)
        },
        (error) => {
          settled()
          // a cancelled request ends without an answer, and it is the cancelling that settles
          if (!signal.aborted) reject(error)
        }
      )
    })
  }

  async #deliver(frame: string, what: string): Promise<void> {
    const exchange = await this.#start({ method: 'POST', body: frame })
    await this.#read(exchange)
    if (exchange.status !== 202) throw refusal(exchange, what)
  }

  /** Takes in the frames of an exchange until it ends. Rejects with what goes wrong meanwhile, also in answering. */
  #read(exchange: Exchange, answered?: (message: ResponseMessage) => void): Promise<void> {
    const reading = new Promise<void>((resolve, reject) => {
      const read = async (): Promise<void> => {
        for await (const text of exchange.frames()) {
          const message = exchange.status === 200 ? messageIn(text) : undefined
          if (message?.is === 'request') this.#answer(message).catch(reject)
          else if (message?.is === 'notification') this.#hear(message as unknown as ServerNotification)
          else if (message !== undefined) answered?.(message)
        }
      }
      read().then(resolve, reject)
    })
    return this.#work.add(reading, () => exchange.leave())
  }

  async #answer(question: RequestMessage): Promise<void> {
    const frame = await answerTo(question, this.#answerers)
    await this.#deliver(frame, `the answer to ${question.method}`)
  }

  #hear({ method, params }: ServerNotification): void {
    this.notifications.add({ method, params } as ServerNotification)
    if (method === 'notifications/progress') this.#progress.get(params.progressToken)?.(params)
  }

  async #leave(): Promise<void> {
    this.notifications.end(over())
    try {
      if (this.id === undefined) return
      const exchange = await this.#start({ method: 'DELETE' })
      await this.#read(exchange)
      // 404: the session is over already
      if (exchange.status >= 300 && exchange.status !== 404) throw refusal(exchange, 'close')
      // all that is under way ends by itself when its session is over
      await this.#work.ended(this.timeoutMs)
    } catch (error) {
      // an API that is closed has ended its sessions
      if ((error as { code?: unknown }).code !== 'FST_ERR_REOPENED_CLOSE_SERVER') throw error
    } finally {
      this.#work.cut()
    }
  }
}

function over(): Error {
  return new Error('this test client is closed')
}

function withToken(params: object | undefined, progressToken: ProgressToken): object {
  return { ...params, _meta: { ...(params as { _meta?: object } | undefined)?._meta, progressToken } }
}

/** The message in a frame; undefined when it is none: whoever waits for one will miss it. */
function messageIn(text: string): Message | undefined {
  try {
    return readFrame(text)
  } catch {
    return undefined
  }
}
