/**
 * The verbs that speak in messages, and so run on every transport: request, notify, respond, expect, never, pages; collect
 * has a file of its own
 * (format page, 3).
 *
 * Rules of this file:
 * - `expect` and the answer to a `request` take the message they match: no later step finds it again;
 * - `never` looks at what no step has taken, received before or within its window;
 */
import { fill } from './captures.ts'
import type {
  AnswerPatterns,
  ExpectStep,
  NeverStep,
  NotifyStep,
  PagesStep,
  RequestStep,
  RespondStep,
  Selector
} from './fixture.ts'
import { isEventStream } from './http-peer.ts'
import type { Arrival, Stream } from './inbox.ts'
import { at, equal, type Json } from './json.ts'
import { type MatchContext, type Mismatch, match } from './matcher.ts'
import { listFields } from './needs.ts'
import type { Peer } from './peer.ts'
import { deadline, failure, judge, type Stage, trial, type Verb } from './stage.ts'

const defaultForMs = 250
const pagesAtMost = 100

export const request: Verb<RequestStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const message = rpc(step.request, stage)
  const stream = await peer.send(message, step.as)
  const mismatch = await answered(step.http, stage, peer, stream, limit.left())
  if (mismatch !== undefined || (step.expect === undefined && step.accept === undefined)) return mismatch
  const answer = await answerTo(at('/id', message) as Json, peer, stream, limit.left(), limit.ms)
  if ('path' in answer) return answer
  answer.consumed = true
  return judge(step.expect, step.accept, answer.message, stage)
}

export const notify: Verb<NotifyStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const stream = await peer.send(rpc(step.notify, stage), step.as)
  if (step.http === undefined && peer.http !== undefined)
    await peer.inbox.until(() => stream.head ?? stream.ended, limit.left())
  return answered(step.http, stage, peer, stream, limit.left())
}

export const respond: Verb<RespondStep> = (step, stage, peer) => {
  const { respond: message, ...rest } = step
  return notify({ ...rest, notify: message }, stage, peer)
}

export const expect: Verb<ExpectStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage)
  const on = streamOf(step.expect, peer)
  const found = await peer.inbox.until(
    () => first(step.expect, stage, peer) ?? (over(on, peer) && 'over'),
    limit.left()
  )
  if (typeof found === 'object') {
    found.consumed = true
    const mismatch = judge(undefined, step.accept, found.message, stage)
    return mismatch === undefined ? undefined : { ...mismatch, firm: true }
  }
  const when = found === 'over' ? `before ${on === undefined ? 'all streams' : on.name} ended` : `within ${limit.ms} ms`
  return nearest(step.expect, stage, peer, when)
}

export const never: Verb<NeverStep> = async (step, stage, peer) => {
  const selector =
    step.never.message === undefined && step.never.sse === undefined ? { ...step.never, message: {} } : step.never
  const on = streamOf(selector, peer)
  const found = await peer.inbox.until(
    () => first(selector, trial(stage), peer) ?? (over(on, peer) && 'over'),
    step.forMs ?? defaultForMs
  )
  if (typeof found !== 'object') return undefined
  return failure('a message came that never should', { $not: patternOf(selector) }, shown(found))
}

export const pages: Verb<PagesStep> = async (step, stage, peer) => {
  const { method, limit: most = pagesAtMost } = step.pages
  const field = step.pages.field ?? listFields.get(method)
  if (field === undefined) return failure(`pages needs a field for ${method}`)
  const given = fill(step.pages.params ?? {}, stage.captures) as Record<string, Json>
  const items: Json[] = []
  const cursors: Json[] = []
  for (let page = 1; ; page++) {
    const limit = deadline(step, stage)
    const cursor = cursors.at(-1)
    const params = cursor === undefined ? given : { ...given, cursor }
    const id = stage.nextId()
    const stream = await peer.send({ jsonrpc: '2.0', id, method, params })
    const answer = await answerTo(id, peer, stream, limit.left(), limit.ms)
    if ('path' in answer) return answer
    answer.consumed = true
    const list = at(`/result/${field}`, answer.message)
    if (!Array.isArray(list))
      return failure(`page ${page} has no array of ${field}`, { result: { [field]: { $is: 'array' } } }, answer.message)
    items.push(...list)
    const next = at('/result/nextCursor', answer.message)
    if (next === undefined) return judge(step.match, step.accept, items, stage)
    if (typeof next !== 'string') return failure(`nextCursor of page ${page} is no string`, { $is: 'string' }, next)
    if (cursors.includes(next)) return failure(`nextCursor of page ${page} was given before`, { $not: next }, next)
    if (page === most) return failure(`the list goes on after ${most} pages`, { $absent: true }, next)
    cursors.push(next)
  }
}

/** Judges the HTTP answer of a message step; off HTTP there is none to judge. The body is awaited when a pattern asks for it, unless it is a stream. */
async function answered(
  patterns: AnswerPatterns | undefined,
  stage: Stage,
  peer: Peer,
  stream: Stream,
  ms: number
): Promise<Mismatch | undefined> {
  if (patterns === undefined || peer.http === undefined) return undefined
  const wanted = (): boolean => stream.head !== undefined && (patterns.body === undefined || isEventStream(stream.head))
  await peer.inbox.until(() => wanted() || stream.ended !== undefined, ms)
  return judge(patterns as Json, undefined, answerValue(stream), stage)
}

/** What patterns over an HTTP answer look at; undefined when there was no answer. */
export function answerValue(stream: Stream): Json | undefined {
  if (stream.head === undefined) return undefined
  return { ...stream.head, ...(stream.body === undefined ? {} : { body: stream.body }) }
}

/**
 * The answer to a request: the first untaken response with its id, wherever it comes; on HTTP also an error without an id
 * in the answer to that very POST. Or why there is none: the POST failed, or the time is over.
 */
async function answerTo(id: Json, peer: Peer, stream: Stream, left: number, ms: number): Promise<Arrival | Mismatch> {
  const isAnswer = ({ message, consumed, stream: from }: Arrival): boolean => {
    if (consumed || message === undefined || at('/method', message) !== undefined) return false
    const named = at('/id', message) ?? null
    if (equal(named, id)) return true
    return named === null && from === stream && stream.head !== undefined && at('/error', message) !== undefined
  }
  const inbox = peer.inbox
  const hopeless = (): boolean =>
    stream.ended === 'failed' || (stream.ended === 'server' && (stream.head?.status ?? 0) >= 300)
  const found = await inbox.until(() => inbox.arrivals.find(isAnswer) ?? (hopeless() && 'hopeless'), left)
  if (typeof found === 'object') return found
  const expected = { id }
  if (stream.ended === 'failed') return failure(`the connection broke: ${stream.error?.message}`, expected)
  if (found === 'hopeless')
    return failure(
      `HTTP ${stream.head?.status} without an answer to request ${JSON.stringify(id)}`,
      expected,
      answerValue(stream)
    )
  const others = inbox.arrivals.filter(({ consumed, message }) => !consumed && message !== undefined)
  return failure(`no answer to request ${JSON.stringify(id)} within ${ms} ms`, expected, others.map(shown))
}

function rpc(message: { [member: string]: Json }, stage: Stage): Json {
  return { jsonrpc: '2.0', ...(fill(message, stage.captures) as object) }
}

export function streamOf({ on }: Selector, peer: Peer): Stream | undefined {
  return on === undefined || peer.inbox.single ? undefined : peer.inbox.stream(on)
}

/** Whether nothing more can come: the stream has ended, or without one all have. */
function over(on: Stream | undefined, peer: Peer): boolean {
  return (on === undefined ? [...peer.inbox.streams.values()] : [on]).every(({ ended }) => ended !== undefined)
}

/** The first untaken arrival that a selector matches; its captures are kept. */
function first(selector: Selector, stage: MatchContext, peer: Peer): Arrival | undefined {
  const on = streamOf(selector, peer)
  return peer.inbox.arrivals.find(
    (arrival) =>
      !arrival.consumed &&
      (on === undefined || arrival.stream === on) &&
      mismatchOf(selector, arrival, stage) === undefined
  )
}

function mismatchOf(selector: Selector, arrival: Arrival, stage: MatchContext): Mismatch | undefined {
  return match(patternOf(selector), shown(arrival), stage)
}

function patternOf({ message, sse }: Selector): Json {
  return { ...(message === undefined ? {} : { message }), ...(sse === undefined ? {} : { sse }) }
}

/** Explains an expectation that was not met by what came closest: the untaken message whose mismatch lies deepest. */
function nearest(selector: Selector, stage: MatchContext, peer: Peer, when: string): Mismatch {
  const on = streamOf(selector, peer)
  const others = peer.inbox.arrivals.filter(
    (arrival) => !arrival.consumed && (on === undefined || arrival.stream === on)
  )
  const misfits = others.flatMap((arrival) => mismatchOf(selector, arrival, stage) ?? [])
  const depth = ({ path }: Mismatch): number => path.split('/').length
  const closest = misfits.reduce<Mismatch | undefined>(
    (best, one) => (best !== undefined && depth(best) >= depth(one) ? best : one),
    undefined
  )
  const pattern = patternOf(selector)
  const reason = closest === undefined ? '' : `; nearest of ${others.length}: ${closest.path || '/'} ${closest.message}`
  return failure(`nothing that matches came ${when}${reason}`, pattern, others.map(shown))
}

/** An arrival as patterns and reports see it. */
function shown(arrival: Arrival): Json {
  const sse = frame(arrival)
  return {
    ...(arrival.message === undefined ? {} : { message: arrival.message }),
    ...(sse === undefined ? {} : { sse })
  }
}

/** The frame a message came in, as patterns see it. */
export function frame(arrival: Arrival): Json | undefined {
  return arrival.sse === undefined ? undefined : { ...arrival.sse }
}
