/** One JSON-RPC message to the endpoint, as clients send it, and the message that answers it. */
import { SseParser } from '../../http/sse.ts'
import { isObject } from '../../protocol/frame.ts'
import { isFailure, mediaType, type Visit } from './visit.ts'
import type { Answer, Reply } from './wire.ts'

export interface Spoken {
  reply: Reply
  /** The answer to the message, or the error that the whole request earned. */
  message: Told | undefined
}

export interface Told {
  id: unknown
  result?: Record<string, unknown>
  error?: { code: unknown; message: string }
}

export interface SpeakOptions {
  /** Whether the token goes along; by default it does where there is one. */
  token?: string | false
  session?: string | undefined
  revision?: string | undefined
  headers?: Readonly<Record<string, string>>
  url?: URL
}

/** The revision that is asked for. */
export const revision = '2025-06-18'

let ids = 0

export function request(method: string, params?: object): { id: number; method: string; params?: object } {
  ids += 1
  return params === undefined ? { id: ids, method } : { id: ids, method, params }
}

export function initialize(protocolVersion = revision): { id: number; method: string; params?: object } {
  const clientInfo = { name: 'handwire-doctor', version: '1' }
  return request('initialize', { protocolVersion, capabilities: {}, clientInfo })
}

/** The headers of every request to the endpoint. */
export function headersFor(visit: Visit, { token, session, revision: spoken, headers }: SpeakOptions): Headers {
  const bearer = token === false ? undefined : (token ?? visit.token)
  return {
    ...visit.headers,
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
    ...(spoken === undefined ? {} : { 'mcp-protocol-version': spoken }),
    ...headers
  }
}

type Headers = Record<string, string>

/** POSTs a message; a stream is read until the answer is in it. */
export async function speak(
  visit: Visit,
  message: { id?: number; method: string },
  options: SpeakOptions = {}
): Promise<Spoken> {
  const { id } = message
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headersFor(visit, options)
  }
  const enough = (text: string): boolean => id !== undefined && fromEvents(text, id) !== undefined
  const body = JSON.stringify({ jsonrpc: '2.0', ...message })
  const reply = await visit.wire.ask({ method: 'POST', url: options.url ?? visit.url, headers, body, enough })
  if (isFailure(reply)) return { reply, message: undefined }
  // whoever has the id of a session may take it over
  const opened = reply.headers['mcp-session-id']
  if (opened !== undefined) visit.secrets.add(opened)
  return { reply, message: messageIn(reply, id) }
}

/** Ends a session that was opened on the way. What comes of it is not asked here. */
export async function leave(visit: Visit, { reply }: Spoken, options: SpeakOptions = {}): Promise<void> {
  const session = isFailure(reply) ? undefined : reply.headers['mcp-session-id']
  if (session === undefined) return
  const headers = headersFor(visit, { ...options, session, revision })
  await visit.wire.ask({ method: 'DELETE', url: options.url ?? visit.url, headers })
}

/** The message in an answer's body. */
function messageIn(answer: Answer, id: number | undefined): Told | undefined {
  if (mediaType(answer) === 'text/event-stream') return id === undefined ? undefined : fromEvents(answer.text, id)
  return toldIn(answer.text)
}

/** The message with an id in the text of an event stream. */
function fromEvents(text: string, id: number): Told | undefined {
  // most of what comes is no stream
  if (!text.includes('data')) return undefined
  for (const { data } of new SseParser().push(text)) {
    const told = toldIn(data ?? '')
    if (told !== undefined && told.id === id) return told
  }
  return undefined
}

function toldIn(text: string): Told | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // no message
    return undefined
  }
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return undefined
  const { id, result, error } = value
  if (isObject(result)) return { id, result }
  if (!isObject(error)) return undefined
  return { id, error: { code: error['code'], message: String(error['message'] ?? '') } }
}
