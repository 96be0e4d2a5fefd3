/**
 * The order of a conversation: what the exchanges of a capture say, one after the other, so that what raced on the wire
 * comes out the same every time (format page, 8, rules 7 and 8).
 *
 * Rules of this file:
 * - exchanges keep the order they began in; requests that overlap are ordered by their id, and all of them are sent before
 *   the answer of one is told;
 * - what an open exchange had brought when the client sent a notification stands before that notification;
 * - the standalone stream (the first GET that resumes nothing) opens right after `notifications/initialized`. What it
 *   carries stands in the exchange that was open when it came, before that one's response, else after the last one begun;
 * - the client's answer to a request of the server stands right after that request;
 * - how a stream ended that outlived the DELETE of its session is not told: both sides leave at once.
 */
import { at, equal, type Json } from '../../src/conform/json.ts'
import { type Exchange, kindOf, type Part } from './exchange.ts'

/** One step of the conversation; `exchange` counts from 1 in the order of this list. */
export type Moment = { exchange: number } & Happening

type Happening =
  | { request: Exchange['request'] }
  | { answer: NonNullable<Exchange['answer']> }
  | { part: Part }
  | { end: NonNullable<Exchange['end']> }

/** Exchanges in any order to moments in theirs. Throws when a response of the client answers nothing. */
export function ordered(exchanges: Exchange[]): Moment[] {
  const teller = new Teller(exchanges)
  const { main } = teller
  let open: Exchange[] = []
  for (const [index, exchange] of main.entries()) {
    teller.begin(exchange, index)
    open.push(exchange)
    const next = main[index + 1]
    if (next !== undefined && kindOf(next.request.message) === 'notification')
      for (const other of open) teller.tellUntil(other, next.from)
    const over = open.filter(({ to }) => next === undefined || to < next.from)
    for (const other of over) teller.finish(other, next)
    open = open.filter((other) => !over.includes(other))
  }
  teller.check()
  return teller.moments
}

class Teller {
  readonly moments: Moment[] = []
  readonly main: Exchange[]
  readonly #standalone: Exchange | undefined
  readonly #opener: Exchange | undefined
  readonly #farewell: Exchange | undefined
  readonly #answers: Exchange[]
  readonly #numbers = new Map<Exchange, number>()
  readonly #told = new Set<Part>()
  readonly #answered = new Set<Exchange>()
  readonly #ended = new Set<Exchange>()

  constructor(exchanges: Exchange[]) {
    this.#standalone = exchanges.length > 1 ? exchanges.find(isStandalone) : undefined
    this.#answers = exchanges.filter(({ request }) => kindOf(request.message) === 'response')
    this.main = byId(exchanges.filter((exchange) => exchange !== this.#standalone && !this.#answers.includes(exchange)))
    const initialized = ({ request }: Exchange): boolean =>
      at('/method', request.message) === 'notifications/initialized'
    this.#opener = this.main.find(initialized) ?? this.main[0]
    this.#farewell = this.main.find(({ request }) => request.method === 'DELETE')
  }

  begin(exchange: Exchange, index = -1): void {
    const standalone = this.#standalone
    if (standalone !== undefined && exchange === this.#farewell && standalone.to < exchange.from) this.#end(standalone)
    this.#numbers.set(exchange, this.#numbers.size + 1)
    this.#say(exchange, { request: exchange.request })
    if (exchange.answer !== undefined) this.#say(exchange, { answer: exchange.answer })
    if (standalone !== undefined && index >= 0 && exchange === this.#opener) this.begin(standalone)
  }

  /** Tells what an exchange brought before a place in the capture. */
  tellUntil(exchange: Exchange, place: number): void {
    for (const part of exchange.parts) if (part.at < place) this.#tell(exchange, part)
  }

  /** Tells the rest of an exchange, and what the standalone stream brought meanwhile. */
  finish(exchange: Exchange, next: Exchange | undefined): void {
    const isResponse = (part: Part): boolean => kindOf(part.message) === 'response'
    for (const part of exchange.parts) if (!isResponse(part)) this.#tell(exchange, part)
    for (const part of this.#meanwhile(exchange)) this.#tell(this.#standalone!, part)
    for (const part of exchange.parts) if (isResponse(part)) this.#tell(exchange, part)
    this.#end(exchange)
    const later = this.#standalone?.parts.filter((part) => next === undefined || part.at < next.from) ?? []
    for (const part of later) if (this.#openAt(part) === undefined) this.#tell(this.#standalone!, part)
    if (next === undefined && this.#standalone !== undefined && this.#farewell === undefined)
      this.#end(this.#standalone)
  }

  check(): void {
    const lost = this.#answers.find((reply) => !this.#answered.has(reply))
    if (lost !== undefined) throw new Error(`a response answers nothing: ${JSON.stringify(lost.request.message)}`)
  }

  #tell(exchange: Exchange, part: Part): void {
    if (this.#told.has(part)) return
    this.#told.add(part)
    this.#say(exchange, { part })
    if (kindOf(part.message) !== 'request') return
    const id = at('/id', part.message) as Json
    const reply = this.#answers.find(({ request }) => equal(at('/id', request.message) as Json, id))
    if (reply === undefined || this.#answered.has(reply)) return
    this.#answered.add(reply)
    this.begin(reply)
    for (const inner of reply.parts) this.#tell(reply, inner)
    this.#end(reply)
  }

  #end(exchange: Exchange): void {
    if (exchange.end === undefined || this.#ended.has(exchange)) return
    this.#ended.add(exchange)
    this.#say(exchange, { end: exchange.end })
  }

  #meanwhile(exchange: Exchange): Part[] {
    return this.#standalone?.parts.filter((part) => this.#openAt(part) === exchange) ?? []
  }

  /** The exchange that was open when a part of the standalone stream came; of several the last one begun. */
  #openAt(part: Part): Exchange | undefined {
    return this.main.findLast(({ from, to }) => from < part.at && part.at < to)
  }

  #say(exchange: Exchange, what: Happening): void {
    this.moments.push({ exchange: this.#numbers.get(exchange)!, ...what })
  }
}

function isStandalone({ request }: Exchange): boolean {
  return request.method === 'GET' && request.headers['last-event-id'] === undefined
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
