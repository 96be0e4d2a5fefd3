/** What any answer must be, whatever was thrown: told from the frame and the HTTP answer alone. */
import { SseParser } from '../../src/http/sse.ts'

/** One HTTP answer as it crossed. */
export interface Answer {
  status: number
  type: string | undefined
  body: string
}

type Members = Record<string, unknown>

/** What a frame is by JSON-RPC, and its id where it has one that can be answered. */
export interface Thrown {
  is: 'request' | 'notification' | 'response' | 'nothing'
  id: string | number | undefined
}

const statuses = [200, 202, 400, 403, 404, 405, 406, 413, 415, 429, 503]

/** Reads a frame that was thrown. */
export function readThrown(frame: string): Thrown {
  const value = objectOf(frame)
  if (value === undefined) return { is: 'nothing', id: undefined }
  const { method, params } = value
  const own = isId(value['id']) ? value['id'] : undefined
  const named = params === undefined || isObject(params)
  const answers = 'result' in value || 'error' in value
  // the id of a response is another's: it is never refused under it
  const id = method === undefined && answers ? undefined : own
  if (value['jsonrpc'] !== '2.0') return { is: 'nothing', id }
  if (typeof method === 'string' && named && !answers) {
    if (id !== undefined) return { is: 'request', id }
    return { is: 'id' in value ? 'nothing' : 'notification', id }
  }
  if (method === undefined && own !== undefined && (isResult(value) || isError(value))) return { is: 'response', id }
  return { is: 'nothing', id }
}

/** The fault of an answer to a POST, or undefined. */
export function faultOf(frame: string, answer: Answer): string | undefined {
  const { status, type, body } = answer
  const thrown = readThrown(frame)
  if (!statuses.includes(status)) return `status ${status}`
  if (status === 202) {
    if (thrown.is === 'request' || thrown.is === 'nothing') return `202 for a ${thrown.is}`
    return body === '' ? undefined : '202 with a body'
  }
  if (status === 200) {
    if (thrown.is !== 'request') return `200 for a ${thrown.is}`
    if (type === 'text/event-stream') return faultOfStream(body, thrown.id)
    if (type !== 'application/json') return `200 with type ${type}`
    return faultOfResponse(body, thrown.id)
  }
  if (type !== 'application/json') return `${status} with type ${type}`
  const refusal = objectOf(body)
  if (refusal === undefined || !isError(refusal)) return `${status} without a JSON-RPC error`
  if (!('id' in refusal)) return undefined
  if (thrown.is === 'notification') return 'a JSON-RPC reply to a notification'
  return refusal['id'] === thrown.id ? undefined : 'a refusal with the id of something else'
}

/** The fault of one response to a request, or undefined. */
export function faultOfResponse(text: string, id: unknown): string | undefined {
  const message = objectOf(text)
  if (message === undefined) return 'a response that is no JSON object'
  if (message['id'] !== id) return `a response with id ${JSON.stringify(message['id'])}`
  return isResult(message) || isError(message) ? undefined : 'a response that is neither result nor error'
}

/** The fault of a line of a stdio server, or undefined. */
export function faultOfLine(text: string): string | undefined {
  const message = objectOf(text)
  if (message === undefined) return 'a line that is no JSON object'
  if (typeof message['method'] === 'string') {
    return message['jsonrpc'] === '2.0' ? undefined : 'a call without jsonrpc'
  }
  if (isError(message)) return undefined
  return isResult(message) && isId(message['id']) ? undefined : 'a line that is no message'
}

/** Each event is a message, the ids differ, and the response comes once and last. */
function faultOfStream(body: string, id: unknown): string | undefined {
  const events = new SseParser().push(body)
  if (new Set(events.map((event) => event.id)).size < events.length) return 'an event id twice'
  for (const [place, event] of events.entries()) {
    const fault = faultOfLine(event.data ?? '')
    if (fault !== undefined) return `${fault} in a stream`
    const last = place === events.length - 1
    const responds = objectOf(event.data ?? '')?.['method'] === undefined
    if (responds !== last) return last ? 'a stream without a response' : 'a response before the end of its stream'
  }
  return events.length === 0 ? 'a stream without a response' : faultOfResponse(events.at(-1)?.data ?? '', id)
}

function isResult(message: Members): boolean {
  return message['jsonrpc'] === '2.0' && isObject(message['result']) && !('error' in message)
}

function isError(message: Members): boolean {
  const { jsonrpc, error } = message
  if (jsonrpc !== '2.0' || !isObject(error) || 'result' in message) return false
  return Number.isInteger(error['code']) && typeof error['message'] === 'string'
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || Number.isSafeInteger(value)
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
