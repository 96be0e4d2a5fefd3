/** The talk: the moments of one session, asked for by the exchange they belong to. */
import { at, type Json } from '../json.ts'
import { type Asked, type Exchange, kindOf, type Part } from './exchange.ts'
import type { Moment } from './order.ts'

export interface Told {
  exchange: number
  request: Asked
  answer?: Exchange['answer']
  parts: Part[]
  end?: Exchange['end']
  exit?: Exchange['exit']
}

export class Talk {
  readonly moments: Moment[]
  /** What was told of each exchange, in the order they began. */
  readonly exchanges: Told[]
  /** The ids under which the server answered. */
  readonly answered: Set<Json | undefined>
  readonly #byNumber = new Map<number, Told>()
  readonly #asked = new Map<Json | undefined, Told>()

  constructor(moments: Moment[]) {
    this.moments = moments
    for (const { exchange, ...what } of moments) {
      if ('request' in what) this.#byNumber.set(exchange, { exchange, request: what.request, parts: [] })
      else if ('part' in what) this.of(exchange).parts.push(what.part)
      else Object.assign(this.of(exchange), what)
    }
    this.exchanges = [...this.#byNumber.values()]
    const responses = this.exchanges.flatMap(({ parts }) => parts.filter(isResponse))
    this.answered = new Set(responses.map(({ message }) => at('/id', message)))
    for (const told of this.exchanges)
      if (kindOf(told.request.message) === 'request') this.#asked.set(at('/id', told.request.message), told)
  }

  of(exchange: number): Told {
    const told = this.#byNumber.get(exchange)
    if (told === undefined) throw new Error(`exchange ${exchange} has no request`)
    return told
  }

  /** The request of the client that a response answers, if it was recorded; the last one with that id. */
  asked(id: Json | undefined): Told | undefined {
    return this.#asked.get(id)
  }
}

export function methodOf(told: Told): string {
  return String(at('/method', told.request.message) ?? '')
}

/** The response that came on an exchange, whatever came before it. */
export function responseOf({ parts }: Told): Part | undefined {
  return parts.find(isResponse)
}

export function isResponse(part: Part): boolean {
  return kindOf(part.message) === 'response'
}
