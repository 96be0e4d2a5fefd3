/**
 * The blanking of what was heard, before anything of it is kept in a file (format page, 8, rule 6).
 *
 * Rules of this file:
 * - a body, an event stream, the whole of one side of stdio is searched as one text, wherever its chunks end, and after its
 *   content encoding is taken off; each chunk then keeps what is its own;
 * - what was secret in one place is blanked wherever else it stands, if it is 8 characters or more: a server may say a token again;
 * - a body in an encoding that cannot be read is left out: nobody can say what it holds.
 */
import { type Bytes, bytesOf, type CaptureEvent, type HeaderList } from './capture.ts'
import { decoded, encodingsOf } from './decode.ts'
import {
  apart,
  blank,
  blanked,
  isSecretHeader,
  replaced,
  type Shape,
  type Span,
  secretsIn,
  unescaped
} from './secrets.ts'
import type { Heard } from './tape.ts'

export interface Redacted {
  events: CaptureEvent[]
  /** How often something was blanked, by where it stood. */
  blankings: Map<string, number>
}

/** Bytes that are one text, in the pieces they came in; one byte is one character. */
interface Run {
  pieces: Buffer[]
  text: string
  spans: Span[]
  unread: boolean
  where: string
}

const echoFrom = 8
/** What stands under a secret name and is none: a revision, or a word that says that there is no secret. */
const isCommon = /^(\d{4}-\d\d-\d\d|undefined|anonymous|disabled|required|optional|password|\[redacted\])$/i

/** The events of a capture, in the order they were heard. */
export async function redacted(heard: Heard[]): Promise<Redacted> {
  const runs = await runsOf(heard)
  const blankings = new Map<string, number>()
  const known = new Set<string>()
  const count = (where: string): void => void blankings.set(where, (blankings.get(where) ?? 0) + 1)
  const found = (where: string, spans: Span[]): void => {
    for (const { values } of spans) {
      count(where)
      remember(values, known)
    }
  }
  for (const { where, spans } of runs.values()) found(where, spans)
  for (const event of heard) {
    if ('request' in event) found('an address', addressSpans(event.request.target))
    for (const [name, value] of headersIn(event)) {
      const where = `the header ${name.toLowerCase()}`
      if (!isSecretHeader(name)) found(where, secretsIn(value))
      else if (value !== '') {
        count(where)
        remember(credentialsOf(name, value), known)
      }
    }
  }
  const secrets = [...known]
  const texts = new Map([...runs].map(([key, run]) => [key, cut(run, secrets)]))
  const places = new Map<string, number>()
  const take = (key: string): Bytes => {
    const place = places.get(key) ?? 0
    places.set(key, place + 1)
    const run = runs.get(key)!
    return run.unread ? { unread: run.pieces[place]!.length } : bytesOf(texts.get(key)![place]!)
  }
  return { events: heard.map((event) => eventOf(event, take, secrets)), blankings }
}

function eventOf(heard: Heard, take: (key: string) => Bytes, secrets: string[]): CaptureEvent {
  const headers = (list: HeaderList): HeaderList =>
    list.map(([name, value]) => [name, isSecretHeader(name) ? blank : withoutEchoes(blanked(value), secrets)])
  if ('request' in heard) {
    const { body, target, headers: list, ...rest } = heard.request
    const address = withoutEchoes(replaced(target, addressSpans(target)), secrets)
    const request = { ...rest, target: address, headers: headers(list) }
    const text = body.length === 0 ? {} : { body: take(`${heard.exchange} request`) }
    return { exchange: heard.exchange, ms: heard.ms, request: { ...request, ...text } }
  }
  if ('answer' in heard) {
    const encodings = encodingsOf(headerOf(heard.answer.headers, 'content-encoding'))
    const shown = encodings.length === 0 ? {} : { decoded: encodings.join(', ') }
    return { ...heard, answer: { ...heard.answer, headers: headers(heard.answer.headers), ...shown } }
  }
  if ('chunk' in heard) return { ...heard, chunk: take(keyOf(heard)) } as CaptureEvent
  if ('trailers' in heard && heard.trailers !== undefined) return { ...heard, trailers: headers(heard.trailers) }
  return heard as CaptureEvent
}

/** The texts of everything heard, by whose they are. */
async function runsOf(heard: Heard[]): Promise<Map<string, Run>> {
  const pieces = new Map<string, Buffer[]>()
  const headers = new Map<string, HeaderList>()
  for (const event of heard) {
    if ('request' in event) {
      pieces.set(`${event.exchange} request`, [event.request.body])
      headers.set(`${event.exchange} request`, event.request.headers)
    } else if ('answer' in event) {
      headers.set(`${event.exchange} answer`, event.answer.headers)
    } else if ('chunk' in event) {
      const known = pieces.get(keyOf(event))
      if (known === undefined) pieces.set(keyOf(event), [event.chunk])
      else known.push(event.chunk)
    }
  }
  const runs = new Map<string, Run>()
  for (const [key, buffers] of pieces) {
    const list = headers.get(key) ?? []
    const readable = await decoded(buffers, encodingsOf(headerOf(list, 'content-encoding')))
    const text = Buffer.concat(readable ?? []).toString('latin1')
    const spans = secretsIn(text, headers.has(key) ? shapeOf(headerOf(list, 'content-type') ?? '') : 'lines')
    const where = headers.has(key) ? 'a body' : 'a line'
    runs.set(key, { pieces: readable ?? buffers, text, spans, unread: readable === undefined, where })
  }
  return runs
}

function shapeOf(type: string): Shape {
  if (/^text\/event-stream/i.test(type)) return 'events'
  return /^application\/x-www-form-urlencoded/i.test(type) ? 'form' : 'whole'
}

function keyOf(event: Extract<Heard, { chunk: Buffer }>): string {
  return 'exchange' in event ? `${event.exchange} answer` : event.from
}

/** The pieces of a run without its secrets and their echoes: what stands for one goes to the piece in which it began. */
function cut({ pieces, text, spans }: Run, secrets: string[]): Buffer[] {
  const all = apart([...spans, ...echoes(text, secrets)])
  const results: Buffer[] = []
  let start = 0
  let next = 0
  for (const { length } of pieces) {
    const end = start + length
    let at = start
    let kept = ''
    while (next < all.length && all[next]!.start < end) {
      const span = all[next]!
      if (span.start >= start) kept += text.slice(at, span.start) + span.text
      at = Math.min(span.end, end)
      if (span.end > end) break
      next++
    }
    results.push(Buffer.from(kept + text.slice(at, end), 'latin1'))
    start = end
  }
  return results
}

function echoes(text: string, secrets: string[]): Span[] {
  return secrets.flatMap((secret) => {
    const spans: Span[] = []
    for (let start = text.indexOf(secret); start >= 0; start = text.indexOf(secret, start + secret.length))
      spans.push({ start, end: start + secret.length, text: blank, values: [secret] })
    return spans
  })
}

function withoutEchoes(text: string, secrets: string[]): string {
  return replaced(text, apart(echoes(text, secrets)))
}

/** Remembers secrets in every form in which they may stand elsewhere: as they are, percent-encoded or not, and inside JSON. */
function remember(values: string[], known: Set<string>): void {
  for (const value of values)
    for (const form of [value, encodeURIComponent(value), unescaped(value), JSON.stringify(value).slice(1, -1)])
      if (form.length >= echoFrom && !isCommon.test(form)) known.add(form)
}

/** The credentials in a secret header: its value, what follows a scheme, the values of cookies. */
function credentialsOf(name: string, value: string): string[] {
  if (!/cookie/i.test(name)) return [value, ...value.split(/\s+/).slice(1)]
  const pairs = value.split(/;\s*/)
  // what follows the first pair of Set-Cookie are attributes
  const cookies = /^set-/i.test(name) ? pairs.slice(0, 1) : pairs
  return [value, ...cookies.map((pair) => pair.replace(/^[^=]*=/, ''))]
}

function headersIn(event: Heard): HeaderList {
  if ('request' in event) return event.request.headers
  if ('answer' in event) return event.answer.headers
  return 'trailers' in event ? (event.trailers ?? []) : []
}

function headerOf(list: HeaderList, name: string): string | undefined {
  const values = list.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

/** What is secret in an address: parameters by their names, and path segments that look like nothing but a key. */
function addressSpans(target: string): Span[] {
  const segments = [...target.matchAll(/(?<=\/)[A-Za-z0-9_-]{20,}(?=[/?#]|$)/g)].filter(({ 0: segment }) => {
    const numbers = segment.match(/\d+(?![\d]|$)/g) ?? []
    return numbers.length >= 2
  })
  const keys = segments.map(({ 0: value, index }) => ({
    start: index,
    end: index + value.length,
    text: blank,
    values: [value]
  }))
  return apart([...secretsIn(target), ...keys])
}
