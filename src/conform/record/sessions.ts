/**
 * The sessions of a capture: one case is about one, so a recording of several is several captures.
 *
 * Rules of this file:
 * - a session begins with an `initialize` that is granted; to it belong the requests that carry its id, and those that carry
 *   none, or one that was never given, until the next begins. What came before the first belongs to the first;
 * - sessions in which nothing happened but their opening (a client that looked whether anybody is there) count for nothing
 *   beside one in which something did; a capture keeps them all the same.
 */
import { at, readJson } from '../json.ts'
import { bufferOf, type Capture, type CaptureEvent, type HeaderList, type HttpEvent, isHttpEvent } from './capture.ts'

interface Session {
  exchanges: Set<number>
  /** Whether anything was asked beyond the opening. */
  matters: boolean
}

const openings: unknown[] = ['initialize', 'notifications/initialized']

/** The captures of each session of a capture that matters, in order; what does not matter stays with the first. */
export function sessionsOf(capture: Capture): Capture[] {
  const all = sessionsIn(capture.events)
  const matter = all.filter(({ matters }) => matters)
  if (matter.length < 2) return [capture]
  const [first, ...others] = matter
  const elsewhere = new Set(others.flatMap(({ exchanges }) => [...exchanges]))
  const parts = [...all.filter(({ matters }) => !matters), first!].flatMap(({ exchanges }) => [...exchanges])
  const events = (numbers: Set<number>): CaptureEvent[] =>
    capture.events.filter((event) => isHttpEvent(event) && numbers.has(event.exchange))
  const beginning = new Set(parts.filter((exchange) => !elsewhere.has(exchange)))
  return [beginning, ...others.map(({ exchanges }) => exchanges)].map((numbers) => ({
    recording: capture.recording,
    events: events(numbers)
  }))
}

/** The capture of the one session a case is about. Throws when there are several. */
export function mainSession(capture: Capture): Capture {
  const all = sessionsIn(capture.events)
  if (all.length < 2) return capture
  const matter = all.filter(({ matters }) => matters)
  if (matter.length > 1) throw new Error('a recording holds one session')
  const { exchanges } = matter[0] ?? all[0]!
  return {
    ...capture,
    events: capture.events.filter((event) => isHttpEvent(event) && exchanges.has(event.exchange))
  }
}

function sessionsIn(events: CaptureEvent[]): Session[] {
  const http = events.filter(isHttpEvent)
  const sessions: Session[] = []
  const byId = new Map<string, Session>()
  const early = new Set<number>()
  for (const event of http) {
    if (!('request' in event)) continue
    const { exchange, request } = event
    const granted = request.method === 'POST' && methodOf(event) === 'initialize' ? grantOf(http, exchange) : undefined
    if (granted !== undefined) {
      const session = { exchanges: new Set(sessions.length === 0 ? early : []), matters: false }
      sessions.push(session)
      if (granted !== '') byId.set(granted, session)
    }
    const known = byId.get(headerOf(request.headers, 'mcp-session-id') ?? '')
    const session = known ?? sessions.at(-1)
    if (session === undefined) early.add(exchange)
    else {
      session.exchanges.add(exchange)
      session.matters ||= asksMore(event)
    }
  }
  return sessions
}

/** The session id that an `initialize` was granted, empty for none; undefined when it was refused. */
function grantOf(events: HttpEvent[], exchange: number): string | undefined {
  const answer = events.find((event) => event.exchange === exchange && 'answer' in event)
  if (answer === undefined || !('answer' in answer) || answer.answer.status >= 300) return undefined
  return headerOf(answer.answer.headers, 'mcp-session-id') ?? ''
}

function asksMore(event: HttpEvent): boolean {
  if (!('request' in event)) return false
  const { method, headers } = event.request
  if (method === 'GET') return headerOf(headers, 'last-event-id') !== undefined
  return method !== 'DELETE' && method !== 'OPTIONS' && !openings.includes(methodOf(event))
}

function methodOf(event: HttpEvent): unknown {
  if (!('request' in event) || event.request.body === undefined) return undefined
  return at('/method', readJson(bufferOf(event.request.body).toString('utf8')))
}

function headerOf(headers: HeaderList, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1]
}
