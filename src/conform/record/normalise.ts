/**
 * The normaliser: a capture made the same every time the same session is recorded (format page, 8, rules 1 to 8).
 * What it returns is a capture again, without times, and normalising that changes nothing.
 */
import type { SseEvent } from '../../http/sse.ts'
import {
  type Capture,
  type CaptureEvent,
  type HeaderList,
  isHttpEvent,
  type PipeEvent,
  printCapture,
  readCapture
} from './capture.ts'
import { type Exchange, type Part, pipe } from './exchange.ts'
import { readHttp } from './http-exchanges.ts'
import { readLines } from './line-exchanges.ts'
import { named } from './names.ts'
import { type Moment, ordered } from './order.ts'
import { refuseSecrets } from './secrets.ts'

/** Changes whenever a case would come out differently. */
export const normaliserVersion = '2'

/** The exchanges of a capture, in the order they began. Throws for a message with a member twice, and for bytes nobody can read. */
export function readExchanges(events: CaptureEvent[]): Exchange[] {
  const http = events.filter(isHttpEvent)
  if (http.length === 0) return readLines(events as PipeEvent[])
  if (http.length < events.length) throw new Error('a capture is of HTTP or of stdio')
  return readHttp(http)
}

/** The moments of a capture, ordered and named. Throws for what no fixture could be made of. */
export function momentsOf({ recording, events }: Capture): Moment[] {
  return named(ordered(readExchanges(events)), recording.date)
}

/** The text of a capture to its normal form. Throws when a secret is left in it. */
export function normalise(text: string): string {
  const capture = readCapture(text)
  const eventsOf = capture.recording.transport === 'stdio' ? pipeEvents : httpEvents
  const normal = printCapture({ recording: capture.recording, events: momentsOf(capture).flatMap(eventsOf) })
  refuseSecrets(normal, 'the recording')
  return normal
}

function httpEvents(moment: Moment): CaptureEvent[] {
  const { exchange } = moment
  if ('part' in moment) return [{ exchange, chunk: textOf(moment.part) }]
  if ('answer' in moment) return [{ exchange, answer: { ...moment.answer, headers: pairs(moment.answer.headers) } }]
  if ('end' in moment) {
    if (moment.end === 'server') return [{ exchange, end: true }]
    return [{ exchange, abort: moment.end === 'client' ? 'client' : 'server' }]
  }
  if (!('request' in moment)) return []
  const { headers, message, text: raw, ...rest } = moment.request
  const body = message === undefined ? raw : JSON.stringify(message)
  return [{ exchange, request: { ...rest, headers: pairs(headers), ...(body === undefined ? {} : { body }) } }]
}

function pipeEvents(moment: Moment): CaptureEvent[] {
  if ('part' in moment) return [{ from: 'server', chunk: `${textOf(moment.part)}\n` }]
  if ('exit' in moment) return [{ exit: moment.exit }]
  if (!('request' in moment)) return []
  const { method, message, text = '', paused } = moment.request
  if (method === pipe.eof) return [{ from: 'client', end: true }]
  if (method === pipe.signal) return [{ from: 'client', signal: text }]
  if (method === pipe.listening) return []
  const chunk = `${message === undefined ? text : JSON.stringify(message)}\n`
  return [{ from: 'client', chunk, ...(paused === undefined ? {} : { paused }) }]
}

/** Where two normal forms of one session part: line, and what each has there. What differs is volatile by proof. */
export function difference(one: string, other: string): { line: number; one: string; other: string } | undefined {
  const [first, second] = [one.split('\n'), other.split('\n')]
  const line = first.findIndex((text, index) => text !== second[index])
  if (line < 0 && first.length === second.length) return undefined
  const at = line < 0 ? first.length : line
  return { line: at + 1, one: first[at] ?? '', other: second[at] ?? '' }
}

function pairs(headers: Record<string, string>): HeaderList {
  return Object.entries(headers)
}

function textOf({ sse, message, text }: Part): string {
  const data = message === undefined ? text : JSON.stringify(message)
  return sse === undefined ? (data ?? '') : frameText({ ...sse, ...(data === undefined ? {} : { data }) })
}

function frameText({ id, event, retry, data }: SseEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
    ...(data === undefined ? [] : data.split('\n').map((line) => `data: ${line}`))
  ]
  return `${lines.join('\n')}\n\n`
}
