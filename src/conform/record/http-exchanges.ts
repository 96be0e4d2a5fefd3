/**
 * The exchanges of a capture of HTTP, put together from its events (format page, 8, rules 1 to 3).
 *
 * Rules of this file:
 * - only the headers of the table count, under lower-case names; of a content type only the media type and the charset;
 * - chunks are joined, an event stream is read by the full grammar: where chunks end, comments and keep-alives do not count;
 * - a body or frame that is JSON becomes a message; one with a member twice is refused.
 */
import { SseParser } from '../../http/sse.ts'
import { type Bytes, bufferOf, type HeaderList, type HttpEvent } from './capture.ts'
import { contentOf, type Exchange, type Headers, type Part, pauseMs } from './exchange.ts'

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

/** The exchanges in the order they began. Throws for a message with a member twice, and for bytes nobody can read. */
export function readHttp(events: HttpEvent[]): Exchange[] {
  const exchanges = new Map<number, Exchange>()
  const readers = new Map<number, (chunk: Buffer | undefined, at: number) => Part[]>()
  let before = 0
  for (const [at, event] of events.entries()) {
    const late = event.ms !== undefined && event.ms - before > pauseMs
    before = event.ms ?? before
    if ('request' in event) {
      const { method, target, headers, body, paused } = event.request
      const content = body === undefined ? {} : contentOf(textOf(body))
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
      exchange.parts.push(...readers.get(event.exchange)!(readable(event.chunk), at))
    } else {
      exchange.to = at
      exchange.end = 'end' in event ? 'server' : event.abort === 'client' ? 'client' : 'broken'
      exchange.parts.push(...(readers.get(event.exchange)?.(undefined, at) ?? []))
    }
  }
  return [...exchanges.values()]
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

function readable(bytes: Bytes): Buffer {
  if (typeof bytes === 'object' && 'unread' in bytes)
    throw new Error(
      'a body is in an encoding that cannot be read here: let the client ask for none of it (Accept-Encoding)'
    )
  return bufferOf(bytes)
}

/** The text of a request's body. A case can only send text. */
function textOf(body: Bytes): string {
  const bytes = readable(body)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new Error('a request whose body is no UTF-8 cannot become a case')
  return text
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
