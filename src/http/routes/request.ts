/** One call of a route: an HTTP request that goes through the whole API in process, and its answer, read up to a bound. */
import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { ProtocolError, ToolError } from '../../protocol/errors.ts'
import { isObject } from '../../protocol/frame.ts'
import type { Context } from '../../protocol/handler.ts'

/** What of a route its requests are made of. */
export interface Target {
  readonly method: string
  readonly credentials: 'caller' | 'none'
  /** Headers of every request, in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly answerBytes: number
}

/** What a route answered. */
export interface Answer {
  status: number
  /** `404 Not Found` */
  statusLine: string
  headers: Readonly<Record<string, string | undefined>>
  /** Media type in lower case, without parameters; empty where there is none. */
  type: string
  body: Buffer
}

/** Headers that a caller's credentials travel in. */
const credentialHeaders = ['authorization', 'cookie'] as const

/**
 * Calls a route, through its hooks, validation and serializer. The caller's address is passed on, so that what a route
 * grants or limits by address holds; of the caller's headers nothing, unless the route asked for credentials.
 * Throws a ToolError for an answer that is too large, a stream of events, or broken off.
 */
export async function request(
  app: FastifyInstance,
  target: Target,
  url: string,
  body: unknown,
  context: Context
): Promise<Answer> {
  const { signal } = context
  signal.throwIfAborted()
  const caller = context.request as FastifyRequest | undefined
  const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const payload = text === undefined ? undefined : payloadOf(text)
  const abort = (): void => void payload?.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const response = await app.inject({
      method: target.method as HTTPMethods,
      url,
      headers: { ...ownHeaders(app, caller, text), ...credentials(target, caller), ...target.headers },
      // an address that is not known, as of a connection that is gone, must not become that of this machine
      ...(caller === undefined ? {} : { remoteAddress: caller.ip ?? '0.0.0.0' }),
      ...(payload === undefined ? {} : { payload }),
      payloadAsStream: true,
      signal
    })
    const stream = response.stream()
    const headers = response.headers as Record<string, string | undefined>
    const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    const statusLine = `${response.statusCode} ${STATUS_CODES[response.statusCode] ?? ''}`.trim()
    try {
      if (type === 'text/event-stream')
        throw new ToolError('The route answers with a stream of events, which a call cannot wait for.')
      const bytes = await read(stream, target.answerBytes)
      return { status: response.statusCode, statusLine, headers, type, body: bytes }
    } finally {
      // the route, which may still be writing, learns that nobody reads
      if (!stream.readableEnded) {
        stream.on('error', () => undefined).destroy()
        response.raw.res.destroy()
      }
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const code = (error as { code?: string }).code
    if (code === 'FST_ERR_REOPENED_CLOSE_SERVER') throw new ProtocolError('closing')
    if (code === 'LIGHT_ECONNRESET') throw new ToolError('The route broke off its answer.')
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/**
 * A body whose failure reaches the request even after the route has read all of it, as a lost connection would: the signal
 * given to inject does nothing any more by then.
 */
function payloadOf(text: Buffer): Readable {
  const payload = new Readable({ autoDestroy: false, read: () => undefined })
  payload.push(text)
  payload.push(null)
  return payload
}

function ownHeaders(
  app: FastifyInstance,
  caller: FastifyRequest | undefined,
  body: Buffer | undefined
): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json, */*;q=0.5',
    // nobody is here to decode another
    'accept-encoding': 'identity',
    'user-agent': 'handwire'
  }
  if (body !== undefined) {
    headers['content-type'] = 'application/json'
    headers['content-length'] = String(body.length)
  }
  if (caller !== undefined) {
    // where the API takes request ids from a header, both requests are logged under one
    const { requestIdHeader } = app.initialConfig as { requestIdHeader?: string | false }
    headers[requestIdHeader || 'x-request-id'] = caller.id
  }
  return headers
}

function credentials(target: Target, caller: FastifyRequest | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  if (target.credentials !== 'caller' || caller === undefined) return headers
  for (const name of credentialHeaders) {
    const value = caller.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

async function read(stream: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytes) throw new ToolError(`The route's answer is longer than the ${bytes} bytes that are taken.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The query as text, with its `?`; empty where there is none. Lists repeat their name. Throws invalidArguments for objects. */
export function queryText(query: Readonly<Record<string, unknown>>): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (isObject(one) || Array.isArray(one))
        throw new ProtocolError('invalidArguments', {
          subject: `/${name} must be a text, a number, a boolean or a list of them: it stands in a query`,
          expected: 'values that a query can carry',
          received: value
        })
      // nothing says null in a query but leaving it out
      if (one !== undefined && one !== null) pairs.append(name, String(one))
    }
  }
  const text = pairs.toString()
  return text === '' ? '' : `?${text}`
}
