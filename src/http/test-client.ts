/** A client of one endpoint for the tests of an embedding API, in its process and without a port: `await app.mcp.test()`. */
import { ToolError } from '../protocol/errors.ts'
import { checkMembers } from '../protocol/members.ts'
import type {
  CallToolResult,
  CompleteParams,
  CompleteResult,
  GetPromptResult,
  InitializeResult,
  LoggingLevel,
  LoggingMessageParams,
  PaginatedResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplate,
  ServerNotification,
  Tool
} from '../protocol/types/index.ts'
import type { WireMessage } from './test-client-error.ts'
import type { NotificationOf } from './test-client-notifications.ts'
import { type RequestOptions, type TestOptions, testMembers } from './test-client-options.ts'
import { TestSession } from './test-client-session.ts'
import type { Transcript } from './test-client-transcript.ts'
import type { Injectable } from './test-client-wire.ts'

/** A result of a tool; `S` is what its `output` describes. */
export type CallResult<S> = Omit<CallToolResult, 'structuredContent'> & { structuredContent?: S }

/** What can be listed. */
export interface Lists {
  tools: Tool
  resources: Resource
  resourceTemplates: ResourceTemplate
  prompts: Prompt
}

/** An HTTP exchange of a test's own making. */
export interface RawSending {
  /** POST by default. */
  method?: string
  /** The frame; an object is printed as JSON. */
  body?: string | Uint8Array | object
  /** Beside those of the session, or in their place; null takes one away. */
  headers?: Record<string, string | null>
}

/** What came back, whatever it was. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body, a stream's as its text. */
  readonly text: string
  /** The body as a message, of a stream the last one; undefined when it is none. */
  readonly message: WireMessage | undefined
}

/**
 * Opens a session at the endpoint that `app` serves at `path`, as a client does: initialize, initialized, and a GET stream
 * to listen on. Rejects with a TestError when the endpoint, or a hook before it, refuses.
 */
export async function openTestClient(app: Injectable, path: string, options: TestOptions = {}): Promise<TestClient> {
  checkMembers('mcp.test', options, testMembers)
  return new TestClient(await TestSession.open(app, path, options))
}

const methods = {
  tools: 'tools/list',
  resources: 'resources/list',
  resourceTemplates: 'resources/templates/list',
  prompts: 'prompts/list'
} as const satisfies Record<keyof Lists, string>

/**
 * One session of a test with an endpoint, opened by `app.mcp.test()`. Sessions of several clients are apart from each other.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Type } from '@sinclair/typebox'
 * import Fastify from 'fastify'
 * import handwire from 'handwire'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('add', { input: Type.Object({ a: Type.Number() }) }, ({ a }, { message }) => {
 *   message('info', { a })
 *   return String(a + 1)
 * })
 *
 * const client = await app.mcp.test({ headers: { authorization: 'Bearer abc' } })
 * assert.equal(await client.text('add', { a: 1 }), '2')
 * assert.deepEqual(client.logs, [{ level: 'info', data: { a: 1 } }])
 * await assert.rejects(client.call('add', { a: 'one' }), { name: 'TestError', code: -32602 })
 *
 * app.mcp.removeTool('add')
 * await client.next('notifications/tools/list_changed')
 * assert.deepEqual(await client.list('tools'), [])
 *
 * assert.equal((await client.raw('{"jsonrpc":')).message?.error?.code, -32700)
 * assert.match(String(client.transcript), /^#1 → .*"method":"initialize"/)
 * await app.close()
 * ```
 */
export class TestClient implements AsyncDisposable {
  readonly #session: TestSession

  constructor(session: TestSession) {
    this.#session = session
  }

  /** What the server said of itself in the handshake: serverInfo, capabilities, instructions. */
  get server(): InitializeResult {
    return this.#session.server
  }

  get sessionId(): string | undefined {
    return this.#session.id
  }

  /** Every frame so far, both ways; prints itself as a line each. */
  get transcript(): Transcript {
    return this.#session.transcript
  }

  /** Every notification so far, of calls and of the GET stream, in the order in which they came. */
  get notifications(): readonly ServerNotification[] {
    return this.#session.notifications.received
  }

  /** The log messages among the notifications. */
  get logs(): LoggingMessageParams[] {
    return this.notifications.flatMap((told) => (told.method === 'notifications/message' ? [told.params] : []))
  }

  /** Calls a tool. A result marked `isError` is returned like any other. Rejects with a TestError for a JSON-RPC error. */
  call<S extends object = Record<string, unknown>>(
    name: string,
    args: object = {},
    options?: RequestOptions
  ): Promise<CallResult<S>> {
    return this.request('tools/call', { name, arguments: args }, options)
  }

  /** Calls a tool for its text: that of its text blocks, a line each. Rejects with a ToolError when the result is marked `isError`. */
  async text(name: string, args: object = {}, options?: RequestOptions): Promise<string> {
    return textOf(await this.call(name, args, options))
  }

  /** Calls a tool for its structuredContent. Rejects with a ToolError when the result is marked `isError`, and when there is none. */
  async data<S extends object = Record<string, unknown>>(
    name: string,
    args: object = {},
    options?: RequestOptions
  ): Promise<S> {
    const result = await this.call<S>(name, args, options)
    const said = textOf(result)
    if (result.structuredContent === undefined) throw new ToolError(`${name} gave no structuredContent, but: ${said}`)
    return result.structuredContent
  }

  /** Everything on a list, over all its pages. */
  async list<K extends keyof Lists>(kind: K): Promise<Lists[K][]> {
    const entries: Lists[K][] = []
    const seen = new Set<string>()
    let cursor: string | undefined
    for (;;) {
      const params = cursor === undefined ? {} : { cursor }
      const page = await this.request<PaginatedResult & Record<K, Lists[K][]>>(methods[kind], params)
      entries.push(...page[kind])
      cursor = page.nextCursor
      if (cursor === undefined) return entries
      if (seen.has(cursor)) throw new Error(`${methods[kind]} gave the cursor "${cursor}" twice`)
      seen.add(cursor)
    }
  }

  read(uri: string, options?: RequestOptions): Promise<ReadResourceResult> {
    return this.request('resources/read', { uri }, options)
  }

  prompt(name: string, args: Record<string, string> = {}, options?: RequestOptions): Promise<GetPromptResult> {
    return this.request('prompts/get', { name, arguments: args }, options)
  }

  /** Suggestions for an argument of a prompt or a variable of a template; `settled` are the values of the others. */
  async complete(
    ref: CompleteParams['ref'],
    argument: CompleteParams['argument'],
    settled?: Record<string, string>
  ): Promise<CompleteResult['completion']> {
    const context = settled === undefined ? {} : { context: { arguments: settled } }
    return (await this.request<CompleteResult>('completion/complete', { ref, argument, ...context })).completion
  }

  async subscribe(uri: string): Promise<void> {
    await this.request('resources/subscribe', { uri })
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.request('resources/unsubscribe', { uri })
  }

  /** From which severity on the server is to log to this client. */
  async setLevel(level: LoggingLevel): Promise<void> {
    await this.request('logging/setLevel', { level })
  }

  async ping(): Promise<void> {
    await this.request('ping')
  }

  /** Any request. Rejects with a TestError for a JSON-RPC error, and when the endpoint refuses or ends without an answer. */
  async request<R extends object = Record<string, unknown>>(
    method: string,
    params?: object,
    options?: RequestOptions
  ): Promise<R> {
    return (await this.#session.request(method, params, options)) as R
  }

  /** Any notification. Resolves when the server has taken it; rejects with a TestError when it is refused. */
  notify(method: string, params?: object): Promise<void> {
    return this.#session.notify(method, params)
  }

  /** A notification of one method: the earliest that `next` has not given out yet, or the first to come. Rejects when none comes in time. */
  next<M extends ServerNotification['method']>(method: M): Promise<NotificationOf<M>>
  /** A notification that fits, likewise. */
  next(fits: (notification: ServerNotification) => boolean): Promise<ServerNotification>
  next(wanted: string | ((notification: ServerNotification) => boolean)): Promise<ServerNotification> {
    const { notifications, timeoutMs } = this.#session
    return typeof wanted === 'string'
      ? notifications.next(({ method }) => method === wanted, wanted, timeoutMs)
      : notifications.next(wanted, 'a notification that fits', timeoutMs)
  }

  /**
   * Sends what no client should; a text is the body of a POST. The headers of the session go along unless they are
   * replaced. A GET that opens a stream is let go of at once, with no text.
   */
  async raw(sending: string | RawSending): Promise<RawAnswer> {
    const { method = 'POST', body, headers = {} } = typeof sending === 'string' ? { body: sending } : sending
    const frame = typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body
    const exchange = await this.#session.raw({ method, headers, ...(frame === undefined ? {} : { body: frame }) })
    const last = this.transcript.frames.findLast(
      (seen) => seen.direction === 'received' && seen.exchange === exchange.number
    )
    const { status, headers: answered, text } = exchange
    return { status, headers: answered, text, message: last?.message }
  }

  /** Deletes the session and lets go of all streams. Rejects with a TestError when the endpoint refuses; a session that is over already is fine. */
  close(): Promise<void> {
    return this.#session.close()
  }

  /** Closes at the end of the block of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The text of a result; throws it as a ToolError when the result is marked `isError`. */
function textOf({ content, isError }: Pick<CallToolResult, 'content' | 'isError'>): string {
  const said = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
  if (isError === true) throw new ToolError(said)
  return said
}
