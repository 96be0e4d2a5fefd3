/** The talk: the moments of one session, asked for by the exchange they belong to. */
import { type Exchange, kindOf, type Part } from './exchange.ts'
import type { Moment } from './order.ts'

export class Talk {
  readonly moments: Moment[]
  readonly requests: { exchange: number; request: Exchange['request'] }[]

  constructor(moments: Moment[]) {
    this.moments = moments
    this.requests = moments.filter((moment) => 'request' in moment)
  }

  parts(exchange: number): Part[] {
    return this.moments.flatMap((moment) => (moment.exchange === exchange && 'part' in moment ? [moment.part] : []))
  }

  /** The response that came on an exchange, whatever came before it. */
  response(exchange: number): Part | undefined {
    return this.parts(exchange).find(isResponse)
  }

  answer(exchange: number): Exchange['answer'] {
    return this.moments.flatMap((moment) =>
      moment.exchange === exchange && 'answer' in moment ? [moment.answer] : []
    )[0]
  }

  end(exchange: number): Exchange['end'] {
    return this.moments.flatMap((moment) => (moment.exchange === exchange && 'end' in moment ? [moment.end] : []))[0]
  }

  requestOf(exchange: number): Exchange['request'] {
    return this.requests.find((one) => one.exchange === exchange)!.request
  }
}

export function isResponse(part: Part): boolean {
  return kindOf(part.message) === 'response'
}
