/**
 * The verbs that handle connections and lines: http, listen, drop and end on HTTP; line, eof and exit on stdio; open and wait
 * everywhere (format page, 3).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Captures, fill, fillText, PatternError } from './captures.ts'
import type {
  DropStep,
  EndStep,
  EofStep,
  ExitStep,
  HttpStep,
  LineStep,
  ListenStep,
  OpenStep,
  WaitStep
} from './fixture.ts'
import { isEventStream } from './http-peer.ts'
import type { Arrival, Stream } from './inbox.ts'
import { at, type Json, readJson } from './json.ts'
import { match } from './matcher.ts'
import { answerValue } from './message-verbs.ts'
import type { HttpSide, Peer, StdioSide } from './peer.ts'
import { deadline, failure, judge, NotOfferedError, type Verb } from './stage.ts'

/** What a listen without `expect` asks. */
const eventStream = { status: 200, headers: { 'content-type': { $re: '^text/event-stream' } } }

export const http: Verb<HttpStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const { method, path, body, raw } = step.http
  const text =
    raw !== undefined
      ? fillText(raw, stage.captures)
      : body === undefined
        ? undefined
        : JSON.stringify(fill(body, stage.captures))
  const sent = text === undefined ? undefined : readJson(text)
  const stream = await httpSide(peer).exchange(
    {
      method,
      ...(path === undefined ? {} : { path: fillText(path, stage.captures) }),
      headers: headersOf(step.http.headers ?? {}, stage.captures),
      ...(text === undefined ? {} : { body: text }),
      ...(sent === undefined ? {} : { message: sent })
    },
    step.as
  )
  const answer = (): Arrival | undefined => messageOf(stream, peer)
  const complete = (): boolean =>
    stream.ended !== undefined || (streaming(stream) && (method !== 'POST' || answer() !== undefined))
  await peer.inbox.until(() => complete(), limit.left())
  if (stream.head === undefined) return unanswered(stream, limit.ms)
  const arrival = answer()
  const mismatch = judge(step.expect, step.accept, whole(stream, arrival), stage)
  if (mismatch === undefined && arrival !== undefined && (step.expect ?? step.accept) !== undefined)
    arrival.consumed = true
  return mismatch
}

export const listen: Verb<ListenStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const last = step.lastEventId === undefined ? undefined : String(fill(step.lastEventId, stage.captures))
  const stream = await httpSide(peer).listen(step.listen, last)
  await peer.inbox.until(() => stream.ended ?? streaming(stream), limit.left())
  if (stream.head === undefined) return unanswered(stream, limit.ms)
  const pattern = step.expect === undefined && step.accept === undefined ? eventStream : step.expect
  return judge(pattern, step.accept, whole(stream, messageOf(stream, peer)), stage)
}

export const drop: Verb<DropStep> = async (step, _stage, peer) => {
  httpSide(peer)
  peer.inbox.stream(step.drop).abort()
  return undefined
}

export const end: Verb<EndStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  httpSide(peer)
  const stream = peer.inbox.stream(step.end)
  const ended = await peer.inbox.until(() => stream.ended, limit.left())
  if (ended === 'client') throw new PatternError(`the stream "${step.end}" was dropped by the case itself`)
  return ended === undefined
    ? failure(`the server did not end the stream ${step.end} within ${limit.ms} ms`)
    : undefined
}

export const open: Verb<OpenStep> = (step, stage) => stage.open(step.open, step.client ?? {})

export const line: Verb<LineStep> = async (step, stage, peer) => {
  stdioSide(peer).line(fillText(step.line, stage.captures))
  return undefined
}

export const eof: Verb<EofStep> = async (_step, _stage, peer) => {
  stdioSide(peer).eof()
  return undefined
}

export const exit: Verb<ExitStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const timer = new AbortController()
  const late = pause(limit.ms, undefined, { signal: timer.signal }).catch(() => undefined)
  const how = await Promise.race([stdioSide(peer).exited, late])
  timer.abort()
  if (how === undefined) return failure(`the process did not exit within ${limit.ms} ms`, step.exit)
  return match(step.exit, { code: how.code, signal: how.signal }, stage)
}

export const wait: Verb<WaitStep> = async (step) => {
  await pause(step.wait)
  return undefined
}

/** The JSON-RPC message of an answer: the response when there is one, else the first message. */
function messageOf(stream: Stream, peer: Peer): Arrival | undefined {
  const arrivals = peer.inbox.arrivals.filter((arrival) => arrival.stream === stream && arrival.message !== undefined)
  const response = arrivals.find(({ message }) => at('/method', message) === undefined)
  return response ?? (stream.ended === undefined ? undefined : arrivals[0])
}

/** Status, headers, body and message of an exchange; a body that is JSON is a message whatever its type says. */
function whole(stream: Stream, arrival: Arrival | undefined): Json | undefined {
  const message = arrival?.message ?? (stream.body === undefined ? undefined : readJson(stream.body))
  return { ...(answerValue(stream) as object), ...(message === undefined ? {} : { message }) }
}

function streaming(stream: Stream): boolean {
  return stream.head !== undefined && isEventStream(stream.head)
}

function unanswered(stream: Stream, ms: number): ReturnType<typeof failure> {
  return failure(
    stream.error === undefined ? `no HTTP answer within ${ms} ms` : `the connection broke: ${stream.error.message}`
  )
}

function headersOf(templates: Record<string, Json>, captures: Captures): Record<string, string | null> {
  const textOf = (value: Json): string | null => {
    if (value === null) return null
    const filled = fill(value, captures)
    return typeof filled === 'string' ? filled : JSON.stringify(filled)
  }
  return Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, textOf(value)]))
}

function httpSide(peer: Peer): HttpSide {
  if (peer.http === undefined) throw new NotOfferedError('the case needs HTTP')
  return peer.http
}

function stdioSide(peer: Peer): StdioSide {
  if (peer.stdio === undefined) throw new NotOfferedError('the case needs a process on stdio')
  return peer.stdio
}
