/**
 * The exchange: which of a case's frames are its own, and a frame in words. A case begins with a handshake and ends with a
 * DELETE that nobody wrote down; beside what the case itself sent they only get in the way.
 */
import { firstOwnId, standalone } from '../handshake.ts'
import { at, type Json, readJson } from '../json.ts'
import type { Frame } from '../peer.ts'

/** A frame, and to what it belongs. */
export interface Told {
  frame: Frame
  part: 'handshake' | 'case' | 'leave'
}

/** Tells what each frame belongs to. */
export function told(frames: readonly Frame[]): Told[] {
  const opening = handshakeFrames(frames)
  const closing = closingFrames(frames.filter((frame) => !opening.has(frame)))
  return frames.map((frame) => ({
    frame,
    part: opening.has(frame) ? 'handshake' : closing.has(frame) ? 'leave' : 'case'
  }))
}

/** The frames that crossed until the case was decided, without the handshake unless nothing else was said. */
export function ownFrames(frames: readonly Frame[]): Frame[] {
  const all = told(frames)
  const own = all.filter(({ part }) => part === 'case')
  return (own.length > 0 ? own : all.filter(({ part }) => part !== 'leave')).map(({ frame }) => frame)
}

/** What of the introduction was seen in a session, and the streams that carry nothing else. */
interface Introduced {
  initialize: boolean
  initialized: boolean
  listening: boolean
  streams: Set<string>
}

function handshakeFrames(frames: readonly Frame[]): Set<Frame> {
  const sessions = new Map<string, Introduced>()
  return new Set(
    frames.filter((frame) => {
      const seen = sessions.get(frame.session) ?? {
        initialize: false,
        initialized: false,
        listening: false,
        streams: new Set()
      }
      sessions.set(frame.session, seen)
      return frame.from === 'client' ? introduces(frame, seen) : greets(frame, seen)
    })
  )
}

/** Whether the client says one of the three things by which the runner introduces itself, each once. */
function introduces({ stream, request, text }: Frame, seen: Introduced): boolean {
  if (text === undefined) {
    if (!seen.initialize || seen.listening || stream !== standalone || request?.method !== 'GET') return false
    seen.listening = true
    return true
  }
  const message = readJson(text)
  const method = at('/method', message)
  if (method === 'initialize' && at('/id', message) === firstOwnId) seen.initialize = true
  else if (method === 'notifications/initialized' && seen.initialize && !seen.initialized) seen.initialized = true
  else return false
  if (request !== undefined) seen.streams.add(stream)
  return true
}

/** Whether the server answers that: all of both POSTs, of the GET the head, on stdio the result. */
function greets({ stream, answer, text }: Frame, seen: Introduced): boolean {
  if (seen.streams.has(stream)) return true
  if (answer !== undefined) return seen.listening && stream === standalone
  if (text === undefined || !seen.initialize) return false
  const message = readJson(text)
  return at('/id', message) === firstOwnId && at('/method', message) === undefined
}

/** The DELETE by which the runner leaves: the last thing the client sent in a session, if it sent something before. */
function closingFrames(frames: readonly Frame[]): Set<Frame> {
  const found = new Set<Frame>()
  for (const session of new Set(frames.map((frame) => frame.session))) {
    const sent = frames.filter((frame) => frame.session === session && frame.from === 'client')
    const last = sent.at(-1)
    if (last?.request?.method !== 'DELETE' || last.text !== undefined || sent.length < 2) continue
    for (const frame of frames) if (frame.session === session && frame.stream === last.stream) found.add(frame)
  }
  return found
}

/** A frame in words: the head of an exchange and its headers in short, or what a stream carried. */
export interface Words {
  arrow: '→' | '←'
  /** `POST /mcp`, `200`, `event 17`; empty for a bare message. */
  head: string
  headers: string[]
  text?: string
}

/** Headers of answers that requirements are about. */
const telling = /^(content-type|mcp-session-id|mcp-protocol-version|www-authenticate|allow|location|retry-after)$/
/** What every answer carries and no requirement is about. */
const dull =
  /^(date|connection|keep-alive|content-length|transfer-encoding|vary|x-powered-by|server|etag|access-control-.*)$/

/** `few` leaves out the headers that are as they always are, `most` only the dull ones of answers, `all` none. */
export type Headers = 'few' | 'most' | 'all'

/** Says a frame. */
export function wordsOf(frame: Frame, which: Headers = 'few'): Words {
  const { from, request, answer, sse, text } = frame
  const head: string[] = []
  let headers: string[] = []
  if (request !== undefined) {
    head.push(request.method, pathOf(request.url))
    headers = requestHeaders(request, text !== undefined, which)
  }
  if (answer !== undefined) {
    head.push(String(answer.status))
    headers = Object.entries(answer.headers)
      .filter(([name]) => which === 'all' || (which === 'few' ? telling.test(name) : !dull.test(name)))
      .map(([name, value]) => `${name}: ${value}`)
  }
  if (sse !== undefined) head.push(eventOf(sse))
  const said: Words = { arrow: from === 'client' ? '→' : '←', head: head.join(' '), headers }
  return text === undefined ? said : { ...said, text }
}

/** A judged answer without the headers that are dull; any other value as it is. */
export function withoutDull(value: Json): Json {
  const headers = at('/headers', value)
  if (at('/status', value) === undefined || typeof headers !== 'object' || headers === null) return value
  const kept = Object.entries(headers).filter(([name]) => !dull.test(name))
  return { ...(value as { [member: string]: Json }), headers: Object.fromEntries(kept) as Json }
}

/** A header as it always is says nothing; that it is missing does. */
function requestHeaders(
  { method, headers }: NonNullable<Frame['request']>,
  hasBody: boolean,
  which: Headers
): string[] {
  const usual: [name: string, value: string | undefined][] = [
    ['accept', { POST: 'application/json, text/event-stream', GET: 'text/event-stream' }[method]],
    ['content-type', hasBody ? 'application/json' : undefined]
  ]
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const told = Object.entries(headers).filter(
    ([name, value]) =>
      which !== 'few' || !usual.some(([known, always]) => known === name.toLowerCase() && always === value)
  )
  const missing = usual.filter(([name, always]) => always !== undefined && !given.has(name))
  return [...told.map(([name, value]) => `${name}: ${value}`), ...missing.map(([name]) => `(no ${name})`)]
}

function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '') || '/'
}

function eventOf({ id, event, retry }: NonNullable<Frame['sse']>): string {
  const said: [string, Json | undefined][] = [
    ['id', id],
    ['event', event],
    ['retry', retry]
  ]
  const parts = said.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return ['event', ...(parts.length === 0 ? [] : [`(${parts.join(', ')})`])].join(' ')
}
