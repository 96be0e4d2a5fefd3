/**
 * The lines of a capture of stdio as exchanges, so that the rest reads them like those of HTTP (format page, 8).
 *
 * Rules of this file:
 * - a line of the client begins an exchange; a request is over when it is answered, everything else at once;
 * - to an exchange belong the response with its id, the progress of its token, and, for a line that is no message, an error
 *   without an id;
 * - what else the server says came unasked, as on the standalone stream of HTTP;
 * - closing stdin, or the first signal, is the client's farewell; a request that a process leaves unanswered by itself is broken off.
 */
import { at, equal, type Json } from '../json.ts'
import { bufferOf, type PipeEvent, type Side } from './capture.ts'
import { contentOf, type Exchange, kindOf, type Part, pauseMs, pipe } from './exchange.ts'

interface Line {
  at: number
  from: Side
  text: string
  paused: boolean
}

const linesAtMost = 2 ** 30

/** The exchanges of a capture of stdio, in the order they began. Throws for a message with a member twice. */
export function readLines(events: PipeEvent[]): Exchange[] {
  const unasked: Exchange = { from: -1, to: Number.POSITIVE_INFINITY, request: asked(pipe.listening), parts: [] }
  const exchanges: Exchange[] = []
  for (const { at: place, from, text, paused } of linesOf(events)) {
    const content = contentOf(text)
    if (from === 'server') {
      answer({ at: place, ...content }, exchanges, unasked)
      continue
    }
    const isRequest = 'message' in content && kindOf(content.message) === 'request'
    const request = { ...asked(pipe.line), ...content, ...(paused ? { paused: true as const } : {}) }
    exchanges.push({
      from: place,
      to: isRequest ? Number.POSITIVE_INFINITY : place,
      request,
      parts: [],
      ...(isRequest ? {} : { end: 'server' })
    })
  }
  const farewell = farewellOf(events)
  if (farewell === undefined && events.some((event) => 'exit' in event))
    for (const exchange of exchanges) if (exchange.to === Number.POSITIVE_INFINITY) exchange.end = 'broken'
  if (exchanges.length > 0 || unasked.parts.length > 0) exchanges.push(unasked)
  return farewell === undefined ? exchanges : [...exchanges, farewell]
}

function asked(method: string): Exchange['request'] {
  return { method, target: '', headers: {} }
}

function linesOf(events: PipeEvent[]): Line[] {
  const lines: Line[] = []
  const rest: Record<Side, Buffer> = { client: Buffer.alloc(0), server: Buffer.alloc(0) }
  let before = 0
  const add = (from: Side, place: number, bytes: Buffer, paused: boolean): void => {
    const text = bytes.toString('utf8').replace(/\r$/, '')
    // lines of one event come one after the other, too
    if (text !== '') lines.push({ at: place + lines.length / linesAtMost, from, text, paused })
  }
  for (const [place, event] of events.entries()) {
    const late = event.ms !== undefined && event.ms - before > pauseMs
    before = event.ms ?? before
    if (!('chunk' in event)) continue
    let paused = late || event.paused === true
    let bytes = Buffer.concat([rest[event.from], bufferOf(event.chunk)])
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      add(event.from, place, bytes.subarray(0, end), paused)
      paused = false
      bytes = bytes.subarray(end + 1)
    }
    rest[event.from] = bytes
  }
  for (const from of ['client', 'server'] as const) add(from, events.length, rest[from], false)
  return lines
}

function answer(part: Part, exchanges: Exchange[], unasked: Exchange): void {
  const owner = ownerOf(part, exchanges) ?? unasked
  owner.parts.push(part)
  if (kindOf(part.message) !== 'response' || owner === unasked) return
  owner.to = part.at
  owner.end = 'server'
}

function ownerOf({ message }: Part, exchanges: Exchange[]): Exchange | undefined {
  const asks = ({ request }: Exchange): boolean => kindOf(request.message) === 'request'
  if (kindOf(message) === 'response') {
    const id = at('/id', message) ?? null
    const isOwn = (exchange: Exchange): boolean =>
      asks(exchange) && exchange.end === undefined && equal(at('/id', exchange.request.message) as Json, id)
    const found = exchanges.find(isOwn)
    if (found !== undefined || id !== null) return found
    const isBad = (exchange: Exchange): boolean =>
      kindOf(exchange.request.message) === undefined && exchange.parts.length === 0
    return exchanges.findLast(isBad)
  }
  if (at('/method', message) !== 'notifications/progress') return undefined
  const token = at('/params/progressToken', message)
  if (token === undefined) return undefined
  return exchanges.findLast((exchange) => {
    const own = at('/params/_meta/progressToken', exchange.request.message)
    return asks(exchange) && own !== undefined && equal(own, token)
  })
}

function farewellOf(events: PipeEvent[]): Exchange | undefined {
  const from = events.findIndex((event) => ('end' in event && event.from === 'client') || 'signal' in event)
  const exited = events.findIndex((event) => 'exit' in event)
  if (from < 0 || (exited >= 0 && exited < from)) return undefined
  const event = events[from]!
  const request = 'signal' in event ? { ...asked(pipe.signal), text: event.signal } : asked(pipe.eof)
  const left = events[exited]
  const exit = left === undefined || !('exit' in left) ? {} : { exit: left.exit }
  return { from, to: exited < 0 ? Number.POSITIVE_INFINITY : exited, request, parts: [], end: 'server', ...exit }
}
