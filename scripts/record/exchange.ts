/**
 * The exchange: one HTTP request and its answer, put together from the events of a capture (format page, 8, rules 1 to 3).
 *
 * Rules of this file:
 * - only the headers of the table count, under lower-case names; of a content type only the media type and the charset;
 * - chunks are joined, an event stream is read by the full grammar: where chunks end, comments and keep-alives do not count;
 * - a body or frame that is JSON becomes a message; one with a member twice is refused.
 */

import type { Json } from '../../src/conform/json.ts'
import { type SseEvent, SseParser } from '../../src/http/sse.ts'
import { isObject } from '../../src/protocol/frame.ts'
import { bufferOf, type CaptureEvent, type HeaderList } from './capture.ts'
import { parseStrictly } from './strict-json.ts'

export type Headers = Record<string, string>

/** A frame of a stream, or a whole body. `at` is the event that completed it. */
export interface Part {
  at: number
  sse?: Omit<SseEvent, 'data'>
  message?: Json
  /** What was there in place of a message. */
  text?: string
}

export interface Exchange {
  /** The events it began and ended with, by their place in the capture. */
  from: number
  to: number
  request: { method: string; target: string; headers: Headers; message?: Json; text?: string; paused?: true }
  answer?: { status: number; headers: Headers }
  parts: Part[]
  /** Who ended it; undefined when the capture ends first. */
  end?: 'server' | 'client' | 'broken'
}

const keptHeaders = [
  'accept',
  'allow',
  'cache-control',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'origin',
  'www-authenticate'
]
const pauseMs = 1000

/** The exchanges of a capture, in the order they began. Throws for a message with a member twice. */
export function readExchanges(events: CaptureEvent[]): Exchange[] {
  const exchanges = new Map<number, Exchange>()
  const readers = new Map<number, (chunk: Buffer | undefined, at: number) => Part[]>()
  let before = 0
  for (const [at, event] of events.entries()) {
    const late = event.ms !== undefined && event.ms - before > pauseMs
    before = event.ms ?? before
    if ('request' in event) {
      const { method, target, headers, body, paused } = event.request
      const content = body === undefined ? {} : contentOf(bufferOf(body).toString('utf8'))
      const pause = late || paused ? { paused: true as const } : {}
      const request = { method, target, headers: kept(headers), ...content, ...pause }
      exchanges.set(event.exchange, { from: at, to: Number.POSITIVE_INFINITY, request, parts: [] })
      continue
    }
    const exchange = exchanges.get(event.exchange)
    if (exchange === undefined) throw new Error(`exchange ${event.exchange} has no request`)
    if ('answer' in event) {
      exchange.answer = { status: event.answer.status, headers: kept(event.answer.headers) }
      const streams = exchange.answer.headers['content-type']?.startsWith('text/event-stream') === true
      readers.set(event.exchange, streams ? frameReader() : bodyReader())
    } else if ('chunk' in event) {
      exchange.parts.push(...readers.get(event.exchange)!(bufferOf(event.chunk), at))
    } else {
      exchange.to = at
      exchange.end = 'end' in event ? 'server' : event.abort === 'client' ? 'client' : 'broken'
      exchange.parts.push(...(readers.get(event.exchange)?.(undefined, at) ?? []))
    }
  }
  return [...exchanges.values()]
}

/** What a message is to JSON-RPC; undefined for anything else. */
export function kindOf(message: Json | undefined): 'request' | 'notification' | 'response' | undefined {
  if (!isObject(message)) return undefined
  if (typeof message['method'] === 'string') return 'id' in message ? 'request' : 'notification'
  return 'result' in message || 'error' in message ? 'response' : undefined
}

function frameReader(): (chunk: Buffer | undefined, at: number) => Part[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const parser = new SseParser()
  return (chunk, at) =>
    parser.push(chunk === undefined ? '' : decoder.decode(chunk, { stream: true })).map(({ data, ...sse }) => {
      return { at, sse, ...(data === undefined ? {} : contentOf(data)) }
    })
}

function bodyReader(): (chunk: Buffer | undefined, at: number) => Part[] {
  const chunks: Buffer[] = []
  return (chunk, at) => {
    if (chunk !== undefined) {
      chunks.push(chunk)
      return []
    }
    const text = Buffer.concat(chunks).toString('utf8')
    return text === '' ? [] : [{ at, ...contentOf(text) }]
  }
}

function contentOf(text: string): { message: Json } | { text: string } {
  try {
    JSON.parse(text)
  } catch {
    return { text }
  }
  return { message: parseStrictly(text) }
}

function kept(headers: HeaderList): Headers {
  const lower = headers.map(([name, value]): [string, string] => [name.toLowerCase(), value])
  const found = keptHeaders.flatMap((name) => {
    const values = lower.filter(([other]) => other === name).map(([, value]) => value)
    return values.length === 0 ? [] : [[name, name === 'content-type' ? mediaType(values[0]!) : values.join(', ')]]
  })
  return Object.fromEntries(found) as Headers
}

function mediaType(value: string): string {
  const [type = '', ...parameters] = value.split(';').map((part) => part.trim().toLowerCase())
  return [type, ...parameters.filter((parameter) => parameter.startsWith('charset='))].join('; ')
}
