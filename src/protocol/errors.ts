/**
 * The error table: every refusal handwire can send, by name, with the JSON-RPC code, the requirement that was
 * broken and the page that states it. No message of a JSON-RPC error is written anywhere else.
 */

/** Where the pages of the revision live. */
export const specification = 'https://modelcontextprotocol.io/specification/2025-06-18'

interface ErrorRow {
  code: number
  /** Id in spec-fixtures/requirements.json. */
  requirement: string
  /** Page and section of the specification. */
  section: string
  /** One short sentence (RPC-33); `subject` is the thing it is about, where there is one. */
  message: (subject: string) => string
}

const row = (
  code: number,
  requirement: string,
  section: string,
  message: string | ((subject: string) => string)
): ErrorRow => ({ code, requirement, section, message: typeof message === 'string' ? () => message : message })

const parse = -32700
const request = -32600
const method = -32601
const params = -32602
const internal = -32603
const busy = -32000
const transports = 'basic/transports'
const authorization = 'basic/authorization'
const sending = `${transports}#sending-messages-to-the-server`
const sessions = `${transports}#session-management`

export const errorTable = {
  // the frame
  notJson: row(parse, 'RPC-03', 'basic/index#messages', 'Parse error: not well-formed JSON'),
  notUtf8: row(parse, 'TRANS-01', `${transports}#transports`, 'Parse error: not UTF-8'),
  batch: row(request, 'HTTP-11', sending, 'Batches are not part of this revision'),
  notAMessage: row(request, 'RPC-04', 'basic/index#messages', 'Not a JSON-RPC message'),
  wrongJsonrpc: row(request, 'RPC-02', 'basic/index#messages', 'jsonrpc must be "2.0"'),
  nullId: row(request, 'RPC-18', 'basic/index#requests', 'A request id is never null'),
  wrongId: row(request, 'RPC-19', 'basic/index#requests', 'A request id is a string or an integer'),
  positionalParams: row(request, 'RPC-08', 'basic/index#messages', 'params must be an object'),
  // the lifecycle
  notInitialized: row(request, 'LIFE-01', 'basic/lifecycle#initialization', 'initialize comes first'),
  initializedAlready: row(request, 'SESS-12', sessions, 'This session is initialized already'),
  incompleteInitialize: row(params, 'LIFE-03', 'basic/lifecycle#initialization', 'initialize is incomplete'),
  duplicateId: row(request, 'RPC-21', 'basic/index#requests', 'A request with this id is still running'),
  // methods and parameters
  unknownMethod: row(method, 'RPC-05', 'basic/index#messages', (name) => `Method not found: ${name}`),
  notOffered: row(method, 'LIFE-22', 'basic/lifecycle#operation', (name) => `This server does not offer ${name}`),
  invalidParams: row(params, 'RPC-06', 'basic/index#messages', (why) => `Invalid params: ${why}`),
  unknownTool: row(params, 'TOOLS-34', 'server/tools#error-handling', (name) => `Unknown tool: ${name}`),
  invalidArguments: row(params, 'TOOLS-35', 'server/tools#error-handling', (why) => `Invalid arguments: ${why}`),
  unknownPrompt: row(params, 'PROMPT-21', 'server/prompts#error-handling', (name) => `Unknown prompt: ${name}`),
  promptArguments: row(
    params,
    'PROMPT-22',
    'server/prompts#error-handling',
    (why) => `Invalid prompt arguments: ${why}`
  ),
  unknownReference: row(
    params,
    'COMP-14',
    'server/utilities/completion#error-handling',
    (name) => `Nothing to complete: ${name}`
  ),
  wrongLevel: row(params, 'LOG-11', 'server/utilities/logging#error-handling', 'Unknown log level'),
  wrongCursor: row(params, 'PAGE-11', 'server/utilities/pagination#error-handling', 'Invalid cursor'),
  resourceNotFound: row(-32002, 'RES-36', 'server/resources#error-handling', 'Resource not found'),
  internal: row(internal, 'RPC-07', 'basic/index#messages', 'Internal error'),
  timedOut: row(internal, 'LIFE-30', 'basic/lifecycle#timeouts', 'The request took too long'),
  interrupted: row(internal, 'RPC-07', 'basic/index#messages', 'The answer was cut off; ask again'),
  // the HTTP exchange
  foreignOrigin: row(request, 'SEC-01', `${transports}#security-warning`, 'This Origin may not use the server'),
  foreignHost: row(request, 'SEC-03', `${transports}#security-warning`, 'This Host is not the server'),
  wrongHttpMethod: row(request, 'HTTP-02', `${transports}#streamable-http`, 'The endpoint takes GET, POST and DELETE'),
  notAcceptable: row(request, 'HTTP-07', sending, 'Accept must allow application/json and text/event-stream'),
  notEventStream: row(
    request,
    'GET-02',
    `${transports}#listening-for-messages-from-the-server`,
    'Accept must allow text/event-stream'
  ),
  wrongMediaType: row(request, 'HTTP-09', sending, 'Content-Type must be application/json'),
  noSession: row(request, 'SESS-06', sessions, 'Mcp-Session-Id is missing'),
  unknownSession: row(request, 'SESS-09', sessions, 'There is no such session'),
  wrongRevision: row(request, 'VER-05', `${transports}#protocol-version-header`, 'Unsupported MCP-Protocol-Version'),
  unknownEvent: row(
    request,
    'RESUME-10',
    `${transports}#resumability-and-redelivery`,
    'Nothing can be resumed from this Last-Event-ID'
  ),
  streamOver: row(
    request,
    'GET-03',
    `${transports}#listening-for-messages-from-the-server`,
    'The stream of that event is complete'
  ),
  // authorization
  unauthorized: row(request, 'AUTH-23', `${authorization}#authorization-server-location`, 'Authorization is required'),
  malformedAuthorization: row(
    request,
    'AUTH-45',
    `${authorization}#token-requirements`,
    (why) => `Malformed authorization: ${why}`
  ),
  invalidToken: row(request, 'AUTH-49', `${authorization}#token-handling`, 'The access token is not valid here'),
  insufficientScope: row(
    request,
    'AUTH-54',
    `${authorization}#error-handling`,
    (scopes) => `This needs the scope ${scopes}`
  ),
  cannotVerify: row(
    busy,
    'AUTH-46',
    `${authorization}#token-handling`,
    'Access tokens cannot be verified at the moment'
  ),
  malformedRequest: row(request, 'HTTP-14', sending, 'Malformed HTTP request'),
  // limits
  tooLarge: row(request, 'RPC-15', 'basic/index#messages', 'The message is too large'),
  tooManyRequests: row(busy, 'RPC-15', 'basic/index#messages', 'Too many requests are running in this session'),
  tooManyStreams: row(
    busy,
    'MULTI-01',
    `${transports}#multiple-connections`,
    'Too many streams are open in this session'
  ),
  tooManySessions: row(busy, 'SESS-08', sessions, 'Too many sessions are open'),
  tooManySubscriptions: row(busy, 'RES-15', 'server/resources#subscriptions', 'Too many resources are subscribed to'),
  closing: row(busy, 'LIFE-29', 'basic/lifecycle#shutdown', 'The server is closing')
} satisfies Record<string, ErrorRow>

export type ErrorName = keyof typeof errorTable

/** What a refusal may add to its row of the table. */
export interface ErrorDetail {
  /** What the message is about: a name, or the fault in words. */
  subject?: string
  /** What the peer should have sent. */
  expected?: string
  /** What came instead; shortened to 200 characters on the wire. */
  received?: unknown
  /** The scopes that are needed, of insufficientScope. */
  scopes?: readonly string[]
  /** Members of `error.data` that belong to the error itself, as `uri` does to a missing resource. */
  data?: Record<string, unknown>
}

/**
 * The peer's fault: answered on the wire with its row of the error table. Handlers may throw it too.
 * `new ProtocolError('resourceNotFound', { data: { uri } })`
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly kind: ErrorName
  readonly detail: ErrorDetail

  constructor(kind: ErrorName, detail: ErrorDetail = {}) {
    super(errorTable[kind].message(detail.subject ?? detail.scopes?.join(' ') ?? ''))
    this.kind = kind
    this.detail = detail
  }

  /** Id of the requirement that was broken. */
  get requirement(): string {
    return errorTable[this.kind].requirement
  }

  get code(): number {
    return errorTable[this.kind].code
  }

  /** The JSON-RPC error object. With `teach` its data cites the requirement, the section, what was expected and what came. */
  body(teach: boolean): { code: number; message: string; data?: Record<string, unknown> } {
    const { requirement, section, code } = errorTable[this.kind]
    // what a handler gives may have a ring in it, or a BigInt
    const data: Record<string, unknown> = printable(this.detail.data) === undefined ? {} : { ...this.detail.data }
    if (teach) {
      data['requirement'] = requirement
      data['specification'] = `${specification}/${section}`
      if (this.detail.expected !== undefined) data['expected'] = this.detail.expected
      if (this.detail.received !== undefined) data['received'] = shorten(this.detail.received)
    }
    return Object.keys(data).length === 0 ? { code, message: this.message } : { code, message: this.message, data }
  }
}

function shorten(value: unknown): unknown {
  const text = typeof value === 'string' ? value : printable(value)
  if (text === undefined) return 'something nested too deep to print'
  if (text.length <= 200) return value
  // a pair of surrogates is not cut in two
  return `${text.slice(0, 200).replace(/[\ud800-\udbff]$/, '')}…`
}

/** What a ToolError keeps for the operator's log; nothing of it is sent. */
export interface ToolErrorDetail {
  /** What belongs to the failure: plain data. */
  data?: unknown
  /** What caused it. */
  cause?: unknown
}

/**
 * The tool's own failure: its message goes to the model in a result marked `isError` (TOOLS-36), its detail to the log alone.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import Fastify from 'fastify'
 * import handwire, { ToolError } from 'handwire'
 *
 * const app = Fastify()
 * await app.register(handwire, { name: 'acme', version: '1.0.0' })
 * app.mcp.tool('print', {}, () => {
 *   throw new ToolError('The printer is out of paper.', { data: { printer: 'upstairs' } })
 * })
 *
 * const client = await app.mcp.test()
 * assert.deepEqual(await client.call('print'), {
 *   content: [{ type: 'text', text: 'The printer is out of paper.' }],
 *   isError: true
 * })
 * await app.close()
 * ```
 */
export class ToolError extends Error {
  override readonly name: string = 'ToolError'
  /** For the log alone. */
  readonly data: unknown

  constructor(message: string, { data, cause }: ToolErrorDetail = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.data = data
  }
}

/** What is known of an upstream's answer: the `Response` of a fetch, an answer of undici or axios, or its status alone. */
export type Upstream = number | { readonly status: number; readonly headers?: unknown }

/** What a model can make of a status; other statuses speak for their class. */
const upstreamWords: Readonly<Record<number, string>> = {
  400: 'it did not understand the request',
  401: 'it did not accept the credentials of this server',
  403: 'it does not allow this',
  404: 'it has no such thing',
  408: 'it took too long',
  409: 'it is in a state that does not allow this',
  410: 'it has no such thing any more',
  422: 'it did not accept the values',
  429: 'it gets too many requests',
  503: 'it is not available at the moment',
  504: 'it took too long'
}

/**
 * A ToolError for an upstream that answered with a failure: the model reads its status and what that means, and when to try
 * again where the upstream said so. Neither the upstream's address nor anything it wrote is in the message.
 *
 * @param name how the upstream is called in the message; `The upstream service` by default
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { upstreamError } from 'handwire'
 *
 * const response = new Response('', { status: 429, headers: { 'retry-after': '5' } }) // what a fetch answered
 * assert.equal(
 *   upstreamError(response, 'The weather service').message,
 *   'The weather service answered with status 429: it gets too many requests. It asks to try again in 5 s.'
 * )
 * ```
 */
export function upstreamError(
  upstream: Upstream,
  name = 'The upstream service',
  detail: ToolErrorDetail = {}
): ToolError {
  const status = typeof upstream === 'number' ? upstream : upstream.status
  const words = upstreamWords[status] ?? (status >= 500 ? 'it failed' : 'it refused the request')
  const after = typeof upstream === 'number' ? undefined : retryAfter(upstream.headers)
  const again = after === undefined ? '' : ` It asks to try again in ${after} s.`
  return new ToolError(`${name} answered with status ${status}: ${words}.${again}`, detail)
}

/** Seconds of a Retry-After header, from Headers or a plain object; a date is left out. */
function retryAfter(headers: unknown): number | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { get?: unknown }
  const value = typeof get === 'function' ? get.call(headers, 'retry-after') : Reflect.get(headers, 'retry-after')
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

/** Why a question to the client brought no answer. */
export type AskFailure = 'unsupported' | 'unreachable' | 'refused' | 'invalid' | 'timeout' | 'cancelled'

/** A question to the client failed; a tool that does not catch it fails with this message. */
export class AskError extends ToolError {
  override readonly name = 'AskError'
  readonly reason: AskFailure

  constructor(reason: AskFailure, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Our user's fault at boot: a declaration that cannot work, with a stable code and the mend. */
export class DeclarationError extends Error {
  override readonly name = 'DeclarationError'
  readonly code: string

  constructor(code: string, message: string) {
    super(`${message} [${code}]`)
    this.code = code
  }
}

/**
 * For resource handlers: ends the call with -32002, naming the URI that was asked for.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { notFound, ProtocolError } from 'handwire'
 *
 * const lists = new Map([['home', 'sweep']])
 * const read = (list: string) => lists.get(list) ?? notFound()
 * assert.equal(read('home'), 'sweep')
 * assert.throws(() => read('work'), ProtocolError)
 * ```
 */
export function notFound(): never {
  throw new ProtocolError('resourceNotFound')
}

/**
 * JSON text, or undefined for what has none: a ring, and what is nested deeper than this version of Node prints.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { printable } from 'handwire/protocol'
 *
 * const ring: Record<string, unknown> = {}
 * ring['ring'] = ring
 * assert.equal(printable(ring), undefined)
 * assert.equal(printable({ a: 1 }), '{"a":1}')
 * ```
 */
export function printable(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    // the only way for what came as JSON not to go as JSON: the stack is too short for it
    return undefined
  }
}
