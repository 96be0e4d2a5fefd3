/**
 * The order of a conversation: what the exchanges of a capture say, one after the other, so that what raced on the wire
 * comes out the same every time (format page, 8, rules 7 and 8).
 *
 * Rules of this file:
 * - exchanges keep the order they began in; requests that overlap are ordered by their id, and all of them are sent before
 *   the answer of one is told;
 * - what an open exchange had brought when the client sent a notification stands before that notification;
 * - the standalone stream (the first GET that resumes nothing; on stdio all that nobody asked for) opens right after
 *   `notifications/initialized`. What it carries stands in the exchange that was open when it came (of several in the
 *   one that is told to its end first), before that one's response, else after the last one begun. What comes right
 *   after the opening races with the first request, and stands in that. So with every other stream the client listens to;
 * - the client's answer to a request of the server stands right after that request; one that answers nothing stands where it was sent;
 * - how the standalone stream ended is told before the farewell or before the client listens again, if it was over by then,
 *   and at the end if it was the server that ended it: when both sides leave at once, who was first says nothing.
 */
import { at, equal, type Json } from '../json.ts'
import { type Exchange, kindOf, type Part, pipe } from './exchange.ts'

/** One step of the conversation; `exchange` counts from 1 in the order of this list. */
export type Moment = { exchange: number } & Happening

type Happening =
  | { request: Exchange['request'] }
  | { answer: NonNullable<Exchange['answer']> }
  | { part: Part }
  | { end: NonNullable<Exchange['end']> }
  | { exit: NonNullable<Exchange['exit']> }

/** Exchanges in any order to moments in theirs. */
export function ordered(exchanges: Exchange[]): Moment[] {
  const teller = new Teller(exchanges)
  const { main } = teller
  let open: Exchange[] = []
  for (const [index, exchange] of main.entries()) {
    teller.begin(exchange, index)
    open.push(exchange)
    const next = main[index + 1]
    const over = open.filter(({ to }) => next === undefined || to < next.from)
    if (next !== undefined && kindOf(next.request.message) === 'notification')
      for (const other of open) if (!over.includes(other)) teller.tellUntil(other, next.from)
    for (const other of over) teller.finish(other, next)
    open = open.filter((other) => !over.includes(other))
  }
  return teller.moments
}

class Teller {
  readonly moments: Moment[] = []
  readonly main: Exchange[]
  readonly #standalone: Exchange | undefined
  readonly #opener: Exchange | undefined
  /** Before these it is told whether the standalone stream was over. */
  readonly #turns: Set<Exchange>
  /** The streams on which the server may say anything at any time. */
  readonly #listening: Set<Exchange>
  /** What came on them, in the order it came, and the exchange that was open then: of several the one told to its end first. */
  readonly #unasked: { stream: Exchange; part: Part; during: Exchange | undefined }[]
  /** The client's answers, by the requests of the server. */
  readonly #replies: Map<Part, Exchange>
  readonly #numbers = new Map<Exchange, number>()
  readonly #told = new Set<Part>()
  readonly #ended = new Set<Exchange>()

  constructor(exchanges: Exchange[]) {
    this.#standalone = exchanges.length > 1 ? standaloneOf(exchanges) : undefined
    this.#replies = repliesOf(exchanges)
    const apart = new Set([this.#standalone, ...this.#replies.values()])
    this.main = byId(exchanges.filter((exchange) => !apart.has(exchange)))
    const initialized = ({ request }: Exchange): boolean =>
      at('/method', request.message) === 'notifications/initialized'
    this.#opener = this.main.find(initialized) ?? this.main[0]
    const listening = this.main.filter(({ request }) => request.method === 'GET')
    this.#turns = new Set([...listening, ...this.main.filter(({ request }) => farewells.includes(request.method))])
    this.#listening = new Set(this.#standalone === undefined ? listening : [this.#standalone, ...listening])
    const answering = this.main.filter((exchange) => !this.#listening.has(exchange))
    this.#unasked = [...this.#listening]
      .flatMap((stream) => stream.parts.map((part) => ({ stream, part })))
      .sort((one, other) => one.part.at - other.part.at)
      .map(({ stream, part }) => {
        const open = answering.filter(({ from, to }) => from < part.at && part.at < to)
        return { stream, part, during: this.#early(part, answering) ?? firstOver(open, this.main) }
      })
  }

  /** For what came after the opening and before anything was asked, the first that was asked then and answered. */
  #early(part: Part, answering: Exchange[]): Exchange | undefined {
    if (this.#opener === undefined || part.at < this.#opener.from) return undefined
    const place = answering.indexOf(this.#opener)
    const first = answering.slice(place + 1).find(({ request }) => kindOf(request.message) === 'request')
    return first !== undefined && part.at < first.from && first.to < Number.POSITIVE_INFINITY ? first : undefined
  }

  begin(exchange: Exchange, index = -1): void {
    const standalone = this.#standalone
    if (standalone !== undefined && this.#turns.has(exchange) && standalone.to < exchange.from) this.#end(standalone)
    this.#open(exchange)
    if (standalone !== undefined && index >= 0 && exchange === this.#opener) this.#open(standalone)
  }

  /** Tells what an exchange, and meanwhile the listening streams, had brought before a place in the capture. */
  tellUntil(exchange: Exchange, place: number): void {
    const [responses, others] = [true, false].map((wanted) =>
      exchange.parts.filter((part) => part.at < place && (kindOf(part.message) === 'response') === wanted)
    )
    for (const part of others!) this.#tell(exchange, part)
    for (const { stream, part, during } of this.#unasked)
      if (during === exchange && part.at < place) this.#tell(stream, part)
    for (const part of responses!) this.#tell(exchange, part)
  }

  /** Tells the rest of an exchange. */
  finish(exchange: Exchange, next: Exchange | undefined): void {
    this.tellUntil(exchange, Number.POSITIVE_INFINITY)
    this.#end(exchange)
    for (const { stream, part, during } of this.#unasked)
      if (during === undefined && (next === undefined || part.at < next.from)) this.#tell(stream, part)
    if (next !== undefined || this.#standalone === undefined || this.#bidsFarewell()) return
    if (this.#standalone.end !== 'client') this.#end(this.#standalone)
  }

  #bidsFarewell(): boolean {
    return this.main.some(({ request }) => farewells.includes(request.method))
  }

  #open(exchange: Exchange): void {
    if (this.#numbers.has(exchange)) return
    this.#numbers.set(exchange, this.#numbers.size + 1)
    this.#say(exchange, { request: exchange.request })
    if (exchange.answer !== undefined) this.#say(exchange, { answer: exchange.answer })
    if (exchange.exit !== undefined) this.#say(exchange, { exit: exchange.exit })
  }

  #tell(exchange: Exchange, part: Part): void {
    if (this.#told.has(part)) return
    this.#told.add(part)
    this.#open(exchange)
    this.#say(exchange, { part })
    const reply = this.#replies.get(part)
    if (reply === undefined) return
    this.#open(reply)
    for (const inner of reply.parts) this.#tell(reply, inner)
    this.#end(reply)
  }

  #end(exchange: Exchange): void {
    if (exchange.end === undefined || this.#ended.has(exchange)) return
    this.#open(exchange)
    this.#ended.add(exchange)
    this.#say(exchange, { end: exchange.end })
  }

  #say(exchange: Exchange, what: Happening): void {
    this.moments.push({ exchange: this.#numbers.get(exchange)!, ...what })
  }
}

const farewells: string[] = ['DELETE', pipe.eof, pipe.signal]

/** The first stream that resumes nothing; one that the server granted, if there is one. */
function standaloneOf(exchanges: Exchange[]): Exchange | undefined {
  const all = exchanges.filter(
    ({ request: { method, headers } }) =>
      method === pipe.listening || (method === 'GET' && headers['last-event-id'] === undefined)
  )
  return all.find(({ answer }) => answer?.status === 200) ?? all[0]
}

/** Of several exchanges the one that is over before most others begin; of two alike the one that comes first. */
function firstOver(exchanges: Exchange[], main: Exchange[]): Exchange | undefined {
  if (exchanges.length < 2) return exchanges[0]
  const place = ({ to }: Exchange): number => {
    const after = main.findIndex(({ from }) => from > to)
    return after < 0 ? main.length : after
  }
  return exchanges.reduce((best, one) => (place(one) < place(best) ? one : best))
}

/** Each request of the server that was answered, with the answer: the first after it with its id that answers nothing else. */
function repliesOf(exchanges: Exchange[]): Map<Part, Exchange> {
  const replies = new Map<Part, Exchange>()
  const left = new Set(exchanges.filter(({ request }) => kindOf(request.message) === 'response'))
  const asked = exchanges.flatMap(({ parts }) => parts).filter(({ message }) => kindOf(message) === 'request')
  for (const part of asked.sort((one, other) => one.at - other.at)) {
    const id = at('/id', part.message) as Json
    const reply = [...left].find(
      ({ from, request }) => from > part.at && equal((at('/id', request.message) ?? null) as Json, id)
    )
    if (reply === undefined) continue
    replies.set(part, reply)
    left.delete(reply)
  }
  return replies
}

/** Neighbours that overlap change places until their ids rise. */
function byId(exchanges: Exchange[]): Exchange[] {
  const list = [...exchanges]
  for (let end = list.length - 1; end > 0; end--) {
    for (let index = 0; index < end; index++) {
      const [one, other] = [list[index]!, list[index + 1]!]
      if (other.from < one.to && wrong(one, other)) list.splice(index, 2, other, one)
    }
  }
  return list
}

function wrong(one: Exchange, other: Exchange): boolean {
  const ids = [one, other].map(({ request }) =>
    kindOf(request.message) === 'request' ? at('/id', request.message) : null
  )
  if (typeof ids[0] === 'number' && typeof ids[1] === 'number') return ids[0] > ids[1]
  const [first, second] = ids
  return typeof first === 'string' && typeof second === 'string' && naturally.compare(first, second) > 0
}

const naturally = new Intl.Collator('en', { numeric: true })
