/**
 * The verbs that handle connections and lines: http, listen, drop and end on HTTP; line, eof and exit on stdio; open and wait
 * everywhere (format page, 3).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Captures, fill, fillText, PatternError } from './captures.ts'
import { httpUrl, isNear, wellKnown } from './elsewhere.ts'
import type {
  DropStep,
  EndStep,
  EofStep,
  ExitStep,
  HttpStep,
  LineStep,
  ListenStep,
  OpenStep,
  RawRequest,
  WaitStep
} from './fixture.ts'
import { isEventStream } from './http-peer.ts'
import type { Arrival, Stream } from './inbox.ts'
import { at, type Json, readJson } from './json.ts'
import { type Mismatch, match } from './matcher.ts'
import { answerValue } from './message-verbs.ts'
import { help } from './needs-help.ts'
import type { HttpSide, Peer, RawHeaders, RawHttp, StdioSide } from './peer.ts'
import { deadline, failure, judge, NotOfferedError, type Stage, type Verb } from './stage.ts'

/** What a listen without `expect` asks. */
const eventStream = { status: 200, headers: { 'content-type': { $re: '^text/event-stream' } } }

export const http: Verb<HttpStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const { method, body, raw } = step.http
  const side = httpSide(peer)
  const address = addressOf(step.http, stage)
  if ('message' in address) return address
  const text =
    raw !== undefined
      ? fillText(raw, stage.captures)
      : body === undefined
        ? undefined
        : JSON.stringify(fill(body, stage.captures))
  const sent = text === undefined ? undefined : readJson(text)
  const stream = await side.exchange(
    {
      method,
      ...address,
      headers: headersOf(step.http, stage.captures),
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

/**
 * Where a raw exchange goes: nowhere said, so the endpoint, a path of its server, or a URL. Returns a mismatch where the server
 * named what is no URL. Throws a NotOfferedError where only the user could allow it.
 */
function addressOf(
  { path, url, wellKnown: document }: RawRequest,
  stage: Stage
): Pick<RawHttp, 'path' | 'url'> | Mismatch {
  const { captures } = stage
  const endpoint = captures.get('endpoint')
  if (typeof endpoint !== 'string') {
    if (path === undefined && url === undefined && document === undefined) return {}
    throw new NotOfferedError('the case needs the address of the server')
  }
  if (url === undefined && document === undefined) {
    if (path === undefined) return {}
    const filled = fillText(path, captures)
    // what a user gave for one server goes to no other
    if (!isOn(filled, endpoint)) throw new PatternError(`the path "${filled}" leaves the server`)
    return { path: filled }
  }
  const text = url === undefined ? endpoint : fillText(url, captures)
  const found = httpUrl(text)
  if (found === undefined)
    return failure('the server named what is no absolute URL of http or https', url ?? null, text)
  if (!stage.follows && !isNear(found, endpoint))
    throw new NotOfferedError(help(`it would ask ${found.origin}, which is not under test; --follow allows it`))
  return { url: document === undefined ? found.href : wellKnown(text, document) }
}

function isOn(path: string, endpoint: string): boolean {
  return URL.canParse(path, endpoint) && new URL(path, endpoint).origin === new URL(endpoint).origin
}

function headersOf({ headers = {}, url, wellKnown: document }: RawRequest, captures: Captures): RawHeaders {
  const textOf = (value: Json): string => {
    const filled = fill(value, captures)
    return typeof filled === 'string' ? filled : JSON.stringify(filled)
  }
  const own = Object.entries(headers).map(([name, value]): [string, string | string[] | null] => {
    if (value === null) return [name, null]
    return [name, Array.isArray(value) ? value.map(textOf) : textOf(value)]
  })
  const bare = url !== undefined || document !== undefined
  const accept = bare && !own.some(([name]) => name.toLowerCase() === 'accept')
  return { ...(accept ? { accept: 'application/json' } : {}), ...Object.fromEntries(own) }
}

function httpSide(peer: Peer): HttpSide {
  if (peer.http === undefined) throw new NotOfferedError('the case needs HTTP')
  return peer.http
}

function stdioSide(peer: Peer): StdioSide {
  if (peer.stdio === undefined) throw new NotOfferedError('the case needs a process on stdio')
  return peer.stdio
}
