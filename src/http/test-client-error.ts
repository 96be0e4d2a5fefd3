/** What a test client rejects with. */
import { STATUS_CODES } from 'node:http'
import type { RequestId } from '../protocol/types/index.ts'

/** One JSON-RPC message as it stood on the wire, unchecked: a server or an API around it may have sent anything. */
export interface WireMessage {
  jsonrpc?: string
  id?: RequestId | null
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: unknown }
}

/** The message in a text; undefined when it is no JSON object. */
export function wireMessage(text: string): WireMessage | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    // not JSON: the text itself is all there is
    return undefined
  }
}

/** The server answered with a JSON-RPC error, or the API around it refused the exchange. A failed tool is neither: its result says so. */
export class TestError extends Error {
  override readonly name = 'TestError'
  /** JSON-RPC code; undefined when the answer was no JSON-RPC error. */
  readonly code: number | undefined
  /** What the JSON-RPC error said beside its message. */
  readonly data: unknown
  /** HTTP status of the answer. */
  readonly status: number

  constructor(message: string, about: { status: number; code?: number; data?: unknown }) {
    super(message)
    this.code = about.code
    this.data = about.data
    this.status = about.status
  }
}

/** An HTTP answer that has come whole. */
export interface WholeAnswer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** The error for an HTTP answer that was not the one that was hoped for, with all that it said. `asked` is what it should have answered. */
export function refusal({ method, path, status, headers, text }: WholeAnswer, asked: string): TestError {
  const error = wireMessage(text)?.error
  const head = `${asked}: ${method} ${path} was answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  const missing = status < 300 ? ', which is no answer to it' : ''
  const challenge = headers['www-authenticate']
  const demanded = challenge === undefined ? '' : ` (WWW-Authenticate: ${challenge})`
  const said = error?.message ?? (text.length > 500 ? `${text.slice(0, 500)}…` : text)
  const about = error === undefined ? { status } : { status, code: error.code, data: error.data }
  return new TestError(`${head}${missing}${demanded}${said === '' ? '' : `: ${said}`}`, about)
}
