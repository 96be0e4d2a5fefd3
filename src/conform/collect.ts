/**
 * The verb collect: everything received so far that fits, taken or not, judged as one array (fixture format, steps). What it
 * gathered is taken once its `match` holds; texts are only looked at.
 */
import type { CollectStep } from './fixture.ts'
import type { Arrival, Stream } from './inbox.ts'
import type { Json } from './json.ts'
import { type MatchContext, match } from './matcher.ts'
import { frame, streamOf } from './message-verbs.ts'
import type { Peer } from './peer.ts'
import { deadline, judge, trial, type Verb } from './stage.ts'

/** An element of the array: what is judged, and what is taken with it. */
interface Gathered {
  value: Json | undefined
  arrival?: Arrival
}

export const collect: Verb<CollectStep> = async (step, stage, peer) => {
  const limit = deadline(step, stage, 0)
  const gathered = (): Gathered[] => gather(step, stage, peer)
  const values = (all: Gathered[]): Json[] => all.map(({ value }) => value as Json)
  const fits = (): boolean => judge(step.match, step.accept, values(gathered()), trial(stage)) === undefined
  if (limit.ms > 0) await peer.inbox.until(() => fits(), limit.left())
  const all = gathered()
  const mismatch = judge(step.match, step.accept, values(all), stage)
  if (mismatch !== undefined) return mismatch
  for (const { arrival } of all) if (arrival !== undefined) arrival.consumed = true
  return undefined
}

function gather({ collect }: CollectStep, context: MatchContext, peer: Peer): Gathered[] {
  const { field = 'message', where } = collect
  const on = streamOf(collect, peer)
  const { arrivals, streams } = peer.inbox
  const all: Gathered[] =
    field === 'text'
      ? [...streams.values()].filter((stream) => within(stream, on)).map((stream) => ({ value: textOf(stream, peer) }))
      : arrivals
          .filter(({ stream }) => within(stream, on))
          .map((arrival) => ({ arrival, value: field === 'sse' ? frame(arrival) : arrival.message }))
  const wanted = where ?? (field === 'text' ? { $is: 'any' } : {})
  return all.filter(({ value }) => match(wanted, value, trial(context)) === undefined)
}

function within(stream: Stream, on: Stream | undefined): boolean {
  return on === undefined || stream === on
}

/** All that came on a stream, as it stood; undefined when nothing did. On a message channel a line for each message. */
function textOf(stream: Stream, peer: Peer): string | undefined {
  if (peer.http !== undefined) return stream.text ?? stream.body
  const lines = peer.inbox.arrivals.filter((arrival) => arrival.stream === stream)
  return lines.map(({ text }) => `${text}\n`).join('')
}
